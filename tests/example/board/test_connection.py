"""A connection that is lost, refused or over: nothing has to be loaded anew."""

from __future__ import annotations

import json
from typing import Any

from asgiref.sync import sync_to_async
from django.core.management import call_command

from helpdesk.models import Comment, Ticket
from tests.conftest import Demo, Server, StartServer

from .conftest import Visit
from .steps import (
    DIALOG,
    LIVE,
    SAVE,
    away,
    back,
    card,
    change,
    equals_database,
    first,
    now,
    open_ticket,
    restart,
    says,
)


async def test_after_a_restart_both_boards_show_what_was_changed_meanwhile(
    visit: Visit, demo: Demo, server: Server, uvicorn_server: StartServer
) -> None:
    changed, moved, closed, deleted, *_ = [t for t in demo.of(demo.network) if t.status != "closed"]
    asked: list[str] = []
    alice, bob = await visit("alice"), await visit("bob")
    await open_ticket(alice, changed)
    await away(server, alice, bob)
    assert await alice.is_visible(f"{DIALOG} [data-role=offline]")
    await change(changed, title="Changed while nobody listened")
    await change(moved, team=demo.billing)
    await change(closed, status="closed")
    await Ticket.objects.acreate(title="New meanwhile", team=demo.network)
    await deleted.adelete()
    await Comment.objects.acreate(ticket=changed, author=demo.carol, body="Written meanwhile")
    # A write that was asked for meanwhile waits for the connection.
    await alice.fill("#comment-body", "Sent while nobody listened")
    await alice.click("button:text-is('Comment')")
    alice.on("websocket", lambda socket: socket.on("framesent", lambda text: asked.append(text)))
    restart(server, uvicorn_server)
    await back(alice)
    await back(bob)
    await equals_database(alice, demo.network)
    await equals_database(bob, demo.billing)
    # Each list is resumed with what it holds, not read anew.
    resumed = [frame["data"] for frame in frames(asked) if "since" in frame["data"]]
    lists = {data["filters"]["status"]: data for data in resumed if "status" in data.get("filters", {})}
    assert set(lists) == set(Ticket.Status.values)
    assert changed.pk in lists[changed.status]["have"]
    await says(alice, f"{DIALOG} h2", "Changed while nobody listened")
    await says(alice, ".comment", "Written meanwhile")
    await says(alice, ".comment", "Sent while nobody listened")
    assert await Comment.objects.filter(body="Sent while nobody listened").acount() == 1
    assert not await alice.is_visible(f"{DIALOG} [data-role=offline]")
    # And it goes on from there.
    await change(changed, title="Changed afterwards")
    await says(alice, card(changed), "Changed afterwards")


def frames(texts: list[str]) -> list[dict[str, Any]]:
    """A text is a frame, or several."""
    found = [json.loads(text) for text in texts]
    return [frame for each in found for frame in (each if isinstance(each, list) else [each])]


async def test_where_the_log_does_not_reach_back_the_board_is_read_anew(
    visit: Visit, demo: Demo, server: Server, uvicorn_server: StartServer, settings: Any
) -> None:
    ticket, gone = demo.of(demo.network)[:2]
    received: list[str] = []

    async def listen(page: Any) -> None:
        page.on("websocket", lambda socket: socket.on("framereceived", lambda text: received.append(text)))

    alice = await visit("alice", prepare=listen)
    await away(server, alice)
    await change(ticket, title="Changed while nobody listened")
    await change(gone, team=demo.billing)
    await change(ticket, priority=4)
    settings.BINDING_SCHEMA = {"LIVE_LOG_MAX_ROWS": 1}
    await sync_to_async(call_command)("binding_schema", "prune", verbosity=0)
    restart(server, uvicorn_server)
    await back(alice)
    await equals_database(alice, demo.network)
    assert any(frame["event"].startswith("helpdesk.Ticket.resync") for frame in frames(received))


async def test_who_logs_out_elsewhere_or_is_deactivated_is_told_no_more(
    visit: Visit, demo: Demo, server: Server
) -> None:
    alice, carol = await visit("alice"), await visit("carol")
    tab = await alice.context.new_page()
    await tab.goto(f"{server.url}/about/")
    await tab.click("button:has-text('Log out')")
    await alice.wait_for_selector('[data-role=status][data-state="logged-out"]')
    link = alice.locator("#board [data-role=logged-out] a")
    assert await link.get_attribute("href") == "/accounts/login/?next=/"
    opened: list[str] = []
    alice.on("websocket", lambda socket: opened.append(socket.url))
    await alice.wait_for_timeout(1_500)
    assert opened == []  # it is no use to try again
    await link.click()
    await alice.fill("#id_username", "alice")
    await alice.fill("#id_password", "alice")
    await alice.click("main button")
    await alice.wait_for_selector(LIVE)

    ticket = first(demo, demo.network, "open")
    await open_ticket(alice, ticket)
    await type(demo.alice).objects.filter(pk=demo.alice.pk).aupdate(is_active=False)
    await open_ticket(carol, ticket)
    await carol.fill("#edit-title", "Not for alice any more")
    await carol.click(SAVE)
    await says(carol, "[data-role=message]", "Saved.")
    await alice.wait_for_selector('[data-role=status][data-state="logged-out"]', state="attached")
    await says(alice, f"{DIALOG} [data-role=logged-out]", "You are logged out")
    assert "Not for alice any more" not in await alice.content()


async def test_a_lost_connection_is_tried_again_and_at_once_when_asked(
    visit: Visit, demo: Demo, server: Server, uvicorn_server: StartServer
) -> None:
    alice = await visit("alice")
    tries: list[str] = []
    alice.on("websocket", lambda socket: tries.append(socket.url))
    await away(server, alice)
    await alice.wait_for_timeout(4_000)
    # Backing off: 0.5, 1, 2, 4 s, each shortened by chance.
    assert 2 <= len(tries) <= 6
    restart(server, uvicorn_server)
    await alice.click("button:has-text('Try now')", timeout=3_000)
    await back(alice)
    # A browser that knows that it has no network says so.
    await alice.context.set_offline(True)
    await says(alice, "[data-role=status]", "Offline")
    await alice.context.set_offline(False)
    await back(alice)


async def test_too_many_requests_are_asked_again_after_a_while(visit: Visit, demo: Demo) -> None:
    """The server's refusal stands in between: a real one takes 400 requests at once."""
    refused: list[str] = []

    async def prepare(page: Any) -> None:
        def between(route: Any) -> None:
            server = route.connect_to_server()

            def asked(text: str) -> None:
                frame = json.loads(text)
                event = "" if isinstance(frame, list) else frame["event"]
                if event not in refused and event.startswith("helpdesk.Ticket."):
                    refused.append(event)
                    data = {"code": "rate_limited", "message": "Slower.", "retry_after": 0.2, "event": event}
                    route.send(json.dumps({"event": "error", "data": data}))
                else:
                    server.send(text)

            route.on_message(asked)

        await page.route_web_socket("**/ws/", between)

    alice = await visit("alice", prepare=prepare)
    assert len([event for event in refused if event.startswith("helpdesk.Ticket.subscribe#")]) >= 3
    ticket = first(demo, demo.network, "open")
    await open_ticket(alice, ticket)
    await alice.fill("#edit-title", "Said twice, done once")
    await alice.press("#edit-title", "Enter")
    await says(alice, "[data-role=message]", "Saved.")
    assert any(".update#" in event for event in refused)
    assert (await now(ticket)).title == "Said twice, done once"
