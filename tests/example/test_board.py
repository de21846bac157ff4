"""The live board: real browsers, a real server."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.management import call_command
from django.utils import timezone

from helpdesk.models import Comment, Ticket
from tests.conftest import Demo, Server, StartServer

ENVIRONMENT = {"DJANGO_SETTINGS_MODULE": "tests.example.server_settings"}
LIVE = '[data-role=status][data-state="open"]'
DIALOG = "#ticket-dialog"
SHOWN = f'{DIALOG}[data-state="shown"]'
#: What a browser itself says of a server that is away.
AWAY = re.compile(r"WebSocket connection to .* failed|ERR_CONNECTION_REFUSED")

Visit = Callable[..., Awaitable[Any]]


@pytest.fixture
def demo(demo: Demo) -> Demo:
    """With tickets of every status in each team."""
    for team in (demo.network, demo.billing, demo.hardware):
        for number, ticket in enumerate(demo.of(team)):
            ticket.status = Ticket.Status.values[number % 3]
    Ticket.objects.bulk_update(demo.tickets, ["status"])
    return demo


@pytest.fixture
def server(demo: Demo, uvicorn_server: StartServer) -> Server:
    return uvicorn_server("config.asgi:application", **ENVIRONMENT)


@pytest.fixture
async def visit(server: Server, browser: Any) -> AsyncIterator[Visit]:
    """`visit("alice")` logs in through the login page, in a browser profile of its own, and opens the board.

    An error in a page, or on its console, fails the test.
    """
    errors: list[str] = []

    async def visit(name: str, path: str = "/", prepare: Any = None, **options: Any) -> Any:
        context = await browser.new_context(**options)
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(f"{name}: {error}"))
        page.on("dialog", lambda dialog: errors.append(f"{name}: dialog {dialog.message}"))
        page.on("console", lambda said: errors.append(f"{name}: {said.text}") if said.type == "error" else None)
        if prepare is not None:
            await prepare(page)
        await page.goto(f"{server.url}/accounts/login/?next={path}")
        await page.fill("#id_username", name)
        await page.fill("#id_password", name)
        await page.click("main button")
        await page.wait_for_selector(LIVE)
        await page.wait_for_function("document.querySelectorAll('.tickets[aria-busy=\"false\"]').length === 3")
        return page

    yield visit
    assert [error for error in errors if not AWAY.search(error)] == []


def card(ticket: Ticket, status: str = "") -> str:
    column = f'.lane[data-status="{status}"] ' if status else ""
    return f'{column}.ticket[data-ticket="{ticket.pk}"]'


async def open_ticket(page: Any, ticket: Ticket) -> None:
    await page.click(f"{card(ticket)} button")
    await page.wait_for_selector(SHOWN)


async def says(page: Any, selector: str, text: str) -> None:
    """Wait until an element holds a text."""
    await page.locator(selector).filter(has_text=text).first.wait_for()


async def shown(page: Any, selector: str) -> list[str]:
    return [text.strip() for text in await page.locator(selector).all_inner_texts()]


@sync_to_async
def change(ticket: Ticket, **values: Any) -> None:
    """Outside of any browser: as the admin, a task or another process would."""
    found = Ticket.objects.get(pk=ticket.pk)
    for name, value in values.items():
        setattr(found, name, value)
    found.save()


@sync_to_async
def now(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("team", "assignee").get(pk=ticket.pk)


def first(demo: Demo, team: Any, status: str) -> Ticket:
    return next(ticket for ticket in demo.of(team) if ticket.status == status)


# What others do -------------------------------------------------------------------------------------------------------------


async def test_a_change_in_one_browser_is_seen_in_the_other(visit: Visit, demo: Demo) -> None:
    ticket = first(demo, demo.network, "open")
    alice, carol = await visit("alice"), await visit("carol")
    assert len(await shown(alice, ".ticket")) == len(demo.of(demo.network))
    assert len(await shown(carol, ".ticket")) == len(demo.of(demo.network, demo.billing))
    await open_ticket(carol, ticket)
    await carol.fill("#edit-title", "The <b>Wi-Fi</b> is back")
    await carol.select_option("#edit-priority", "4")
    await carol.select_option("#edit-status", "pending")
    await carol.click("[data-role=edit] button:has-text('Save')")
    await says(carol, "[data-role=message]", "Saved.")
    await says(alice, card(ticket, "pending"), "The <b>Wi-Fi</b> is back")
    await says(alice, f"{card(ticket)} .priority", "Urgent")
    assert await alice.locator(card(ticket, "open")).count() == 0
    # It came to the top of its column, stood out, and was told to who does not see it; not to her who did it.
    assert "fresh" in (await alice.get_attribute(card(ticket), "class") or "")
    assert await alice.locator(".lane[data-status=pending] .ticket").first.get_attribute("data-ticket") == str(
        ticket.pk
    )
    await says(alice, "[data-role=news]", "“The <b>Wi-Fi</b> is back” was changed; it is Pending.")
    await carol.wait_for_selector(card(ticket, "pending"))
    assert "fresh" not in (await carol.get_attribute(card(ticket), "class") or "")
    assert await carol.inner_text("[data-role=news]") == ""
    assert (await now(ticket)).priority == 4


async def test_a_ticket_that_moves_to_another_team_leaves_one_board_and_comes_to_the_other(
    visit: Visit, demo: Demo
) -> None:
    ticket = first(demo, demo.network, "open")
    alice, bob, carol = await visit("alice"), await visit("bob"), await visit("carol")
    assert await bob.locator(card(ticket)).count() == 0
    await open_ticket(alice, ticket)
    await open_ticket(carol, ticket)
    await carol.select_option("#edit-team", str(demo.billing.pk))
    await carol.press("#edit-title", "Enter")
    await bob.wait_for_selector(card(ticket, "open"))
    await alice.wait_for_selector(card(ticket), state="detached")
    await says(alice, f"{DIALOG} [data-role=gone]", "You cannot see this ticket")
    assert not await alice.is_visible("#edit-title")
    await says(carol, card(ticket, "open"), "Billing")
    assert (await now(ticket)).team_id == demo.billing.pk
    await alice.keyboard.press("Escape")
    await alice.wait_for_function("document.activeElement.className === 'ticket-title'")


async def test_a_ticket_is_created_closed_and_commented(visit: Visit, demo: Demo) -> None:
    alice, bob, carol = await visit("alice"), await visit("bob"), await visit("carol")
    await alice.click("[data-role=new]")
    await alice.fill("#new-title", "The coffee machine is offline")
    await alice.fill("#new-body", "It says <i>no network</i>.")
    await alice.click("#new-dialog button:has-text('Create')")
    await alice.wait_for_selector(SHOWN)
    assert await alice.inner_text("[data-role=body]") == "It says <i>no network</i>."
    ticket = await Ticket.objects.aget(title="The coffee machine is offline")
    assert (ticket.team_id, ticket.status, ticket.priority) == (demo.network.pk, "open", 2)
    await says(carol, card(ticket, "open"), "The coffee machine is offline")

    await open_ticket(carol, ticket)
    await carol.fill("#comment-body", "I had a look: the cable is loose.")
    await carol.click("button:text-is('Comment')")
    await says(alice, ".comment", "I had a look: the cable is loose.")
    assert await carol.input_value("#comment-body") == ""

    await alice.click("button:has-text('Assign to me')")
    await says(carol, "[data-role=facts]", "alice")
    await says(carol, "[data-role=message]", "Someone else has just changed this ticket.")
    await alice.fill("#close-reason", "Solved: the cable is in.")
    await alice.click("button:has-text('Close ticket')")
    await says(alice, "[data-role=message]", "Closed.")
    for page in (alice, carol):
        await page.wait_for_selector(card(ticket, "closed"), state="attached")
        await page.wait_for_selector(card(ticket, "open"), state="detached")
        await says(page, ".comment", "Solved: the cable is in.")
        assert not await page.is_visible("[data-role=close-form]")
    assert await bob.locator(card(ticket)).count() == 0
    found = await now(ticket)
    assert (found.status, found.assignee_id) == ("closed", demo.alice.pk)
    bodies = [each.body async for each in Comment.objects.filter(ticket=ticket).order_by("id")]
    assert bodies == ["I had a look: the cable is loose.", "Solved: the cable is in."]


async def test_what_is_wrong_is_said_at_its_field(visit: Visit, demo: Demo) -> None:
    before = await Ticket.objects.acount()
    alice = await visit("alice")
    await alice.click("[data-role=new]")
    await alice.fill("#new-due", "2020-01-01")
    await alice.click("#new-dialog button:has-text('Create')")
    await says(alice, "#new-title-error", "This field cannot be blank.")
    await says(alice, "#new-due-error", "Not before ")
    assert await alice.get_attribute("#new-due", "aria-invalid") == "true"
    assert "new-title-error" in (await alice.get_attribute("#new-title", "aria-describedby") or "")
    assert await alice.evaluate("document.activeElement.id") == "new-title"
    await alice.fill("#new-title", "With a title")
    assert await alice.get_attribute("#new-title", "aria-invalid") is None
    assert await alice.inner_text("#new-title-error") == ""
    assert await Ticket.objects.acount() == before
    await alice.keyboard.press("Escape")

    ticket = first(demo, demo.network, "open")
    await open_ticket(alice, ticket)
    await alice.fill("#edit-title", "x" * 201)
    await alice.click("[data-role=edit] button:has-text('Save')")
    await says(alice, "#edit-title-error", "at most 200 characters")
    await alice.click("button:has-text('Close ticket')")
    await alice.wait_for_selector("#close-reason[aria-invalid]")
    assert await alice.inner_text("#close-reason-error") != ""
    assert (await now(ticket)).status == "open"


async def test_what_one_types_stays_when_another_changes_the_same_field(visit: Visit, demo: Demo) -> None:
    ticket = first(demo, demo.network, "open")
    alice = await visit("alice")
    await open_ticket(alice, ticket)
    await alice.fill("#edit-title", "As alice wants it")
    await change(ticket, title="As carol wants it", priority=4)
    await says(alice, "#edit-title-note", "Meanwhile changed to: As carol wants it")
    assert await alice.input_value("#edit-title") == "As alice wants it"
    assert await alice.input_value("#edit-priority") == "4"
    await alice.click("[data-role=edit] button:has-text('Save')")
    await says(alice, f"{DIALOG} [data-role=title]", "As alice wants it")
    found = await now(ticket)
    assert (found.title, found.priority) == ("As alice wants it", 4)
    assert await alice.inner_text("#edit-title-note") == ""


async def test_markup_stays_text_wherever_it_appears(visit: Visit, demo: Demo) -> None:
    trap = "<img src=x onerror=alert(1)>"
    ticket = first(demo, demo.network, "open")
    await change(ticket, title=trap, body=trap)
    await Comment.objects.acreate(ticket=ticket, author=demo.carol, body=trap)
    await type(demo.network).objects.filter(pk=demo.network.pk).aupdate(name=trap)
    await type(demo.labels[0]).objects.filter(pk=demo.labels[0].pk).aupdate(name=trap)
    await sync_to_async(ticket.labels.set)(demo.labels[:1])
    alice = await visit("alice")
    # The address names the ticket that is open.
    await alice.goto(f"{alice.url}#ticket-{ticket.pk}")
    await alice.reload()
    await says(alice, ".comment", trap)
    for selector in (card(ticket), "[data-role=body]", "[data-role=facts]", "#edit-team option", f"{DIALOG} h2"):
        assert trap in await alice.locator(selector).first.text_content(), selector
    assert await alice.locator("main img").count() == 0


# Filters --------------------------------------------------------------------------------------------------------------------


async def test_the_filters_choose_and_what_comes_to_match_enters(visit: Visit, demo: Demo) -> None:
    carol = await visit("carol")

    async def holds(expected: list[Ticket]) -> None:
        await carol.wait_for_function(
            "(ids) => JSON.stringify([...document.querySelectorAll('.ticket')].map((one) => Number(one.dataset.ticket))"
            ".sort((a, b) => a - b)) === JSON.stringify(ids)",
            arg=sorted(ticket.pk for ticket in expected),
        )

    await carol.select_option("#filter-team", str(demo.billing.pk))
    await holds(demo.of(demo.billing))
    await carol.select_option("#filter-priority", "3")
    urgent = [ticket for ticket in demo.of(demo.billing) if ticket.priority >= 3]
    await holds(urgent)
    await carol.fill("#filter-query", urgent[0].title)
    named = [ticket for ticket in urgent if urgent[0].title in ticket.title]
    await holds(named)
    # The filters are in the address: a reload keeps them.
    await carol.reload()
    await holds(named)
    assert await carol.input_value("#filter-team") == str(demo.billing.pk)
    other = next(ticket for ticket in demo.of(demo.network) if ticket.priority >= 3)
    await change(other, title=f"{urgent[0].title} again", team=demo.billing)
    await holds([*named, other])
    await change(other, priority=1)
    await holds(named)
    await carol.click("button:has-text('Show all')")
    await holds(demo.of(demo.network, demo.billing))
    assert "?" not in carol.url
    await carol.select_option("#filter-assignee", "nobody")
    await holds([ticket for ticket in demo.of(demo.network, demo.billing) if ticket.assignee_id is None])


async def test_a_long_column_shows_the_latest_and_more_when_asked(visit: Visit, demo: Demo) -> None:
    tickets = [Ticket(title=f"Many {number}", team=demo.network, status="pending") for number in range(60)]
    await Ticket.objects.abulk_create(tickets)
    alice = await visit("alice")
    column = ".lane[data-status=pending]"
    assert await alice.locator(f"{column} .ticket").count() == 50
    assert await alice.inner_text(f"{column} .lane-head .count") == "50+"
    # What is changed comes to the top, and pushes the last one out.
    old = first(demo, demo.network, "pending")
    assert await alice.locator(card(old)).count() == 0
    await change(old, title="Changed at last")
    await says(alice, f"{column} .ticket >> nth=0", "Changed at last")
    await alice.wait_for_function(f"document.querySelectorAll('{column} .ticket').length === 50")
    await alice.click(f"{column} button:has-text('Show more')")
    await alice.wait_for_function(f"document.querySelectorAll('{column} .ticket').length > 60")
    assert not await alice.is_visible(f"{column} button:has-text('Show more')")


# The connection -------------------------------------------------------------------------------------------------------------


def restart(server: Server, start: StartServer) -> Server:
    port = server.url.rpartition(":")[2]
    return start("config.asgi:application", "--port", port, **ENVIRONMENT)


async def away(server: Server, page: Any) -> None:
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    await page.wait_for_selector('[data-role=status][data-state="waiting"]')
    await page.evaluate("window.sameAsBefore = true")


async def back(page: Any) -> None:
    await page.wait_for_selector(LIVE, timeout=20_000)
    assert await page.evaluate("window.sameAsBefore")  # it was not reloaded


async def test_after_a_restart_the_board_shows_what_was_changed_meanwhile(
    visit: Visit, demo: Demo, server: Server, uvicorn_server: StartServer
) -> None:
    changed, moved, closed, deleted, *_ = [t for t in demo.of(demo.network) if t.status != "closed"]
    asked: list[str] = []
    alice, bob = await visit("alice"), await visit("bob")
    await open_ticket(alice, changed)
    await away(server, alice)
    assert await alice.is_visible(f"{DIALOG} [data-role=offline]")
    await change(changed, title="Changed while nobody listened")
    await change(moved, team=demo.billing)
    await change(closed, status="closed")
    new = await Ticket.objects.acreate(title="New meanwhile", team=demo.network)
    gone = deleted.pk
    await deleted.adelete()
    await Comment.objects.acreate(ticket=changed, author=demo.carol, body="Written meanwhile")
    # A write that was asked for meanwhile waits for the connection.
    await alice.fill("#comment-body", "Sent while nobody listened")
    await alice.click("button:text-is('Comment')")
    alice.on("websocket", lambda socket: socket.on("framesent", lambda text: asked.append(text)))
    restart(server, uvicorn_server)
    await back(alice)
    # Each list is resumed with what it holds, not read anew.
    resumed = {frame["event"]: frame["data"] for frame in map(json.loads, asked) if "since" in frame["data"]}
    lists = {f"helpdesk.Ticket.subscribe#board-{status}" for status in Ticket.Status.values}
    assert lists | {f"helpdesk.{name}.subscribe#ticket-{changed.pk}" for name in ("Ticket", "Comment")} <= set(resumed)
    assert changed.pk in resumed[f"helpdesk.Ticket.subscribe#board-{changed.status}"]["have"]
    await says(alice, card(changed), "Changed while nobody listened")
    await says(alice, card(new, "open"), "New meanwhile")
    await alice.wait_for_selector(card(closed, "closed"), state="attached")
    await alice.wait_for_selector(card(moved), state="detached")
    await alice.wait_for_selector(f'[data-ticket="{gone}"]', state="detached")
    await bob.wait_for_selector(card(moved))
    await says(alice, f"{DIALOG} h2", "Changed while nobody listened")
    await says(alice, ".comment", "Written meanwhile")
    await says(alice, ".comment", "Sent while nobody listened")
    assert await Comment.objects.filter(body="Sent while nobody listened").acount() == 1
    assert not await alice.is_visible(f"{DIALOG} [data-role=offline]")
    # And it goes on from there.
    await change(changed, title="Changed afterwards")
    await says(alice, card(changed), "Changed afterwards")


async def test_where_the_log_does_not_reach_back_the_board_is_read_anew(
    visit: Visit, demo: Demo, server: Server, uvicorn_server: StartServer, settings: Any
) -> None:
    ticket, gone = demo.of(demo.network)[:2]
    frames: list[str] = []
    alice = await visit("alice", prepare=lambda page: listen(page, frames))
    await away(server, alice)
    await change(ticket, title="Changed while nobody listened")
    await change(gone, team=demo.billing)
    await change(ticket, priority=4)
    settings.BINDING_SCHEMA = {"LIVE_LOG_MAX_ROWS": 1}
    await sync_to_async(call_command)("binding_schema", "prune", verbosity=0)
    restart(server, uvicorn_server)
    await back(alice)
    await says(alice, card(ticket), "Changed while nobody listened")
    await alice.wait_for_selector(card(gone), state="detached")
    assert any(json.loads(frame)["event"] == "helpdesk.Ticket.resync#board-open" for frame in frames)


async def listen(page: Any, frames: list[str]) -> None:
    page.on("websocket", lambda socket: socket.on("framereceived", lambda text: frames.append(text)))


async def test_who_logs_out_elsewhere_is_asked_to_log_in_again(visit: Visit, demo: Demo, server: Server) -> None:
    alice = await visit("alice")
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


async def test_a_lost_connection_is_tried_again_and_at_once_when_asked(
    visit: Visit, demo: Demo, server: Server, uvicorn_server: StartServer
) -> None:
    alice = await visit("alice")
    tries: list[str] = []
    alice.on("websocket", lambda socket: tries.append(socket.url))
    await away(server, alice)
    await alice.wait_for_timeout(4_000)
    # Backing off: 0.5, 1, 2, 4 s, each halved by chance at most.
    assert 2 <= len(tries) <= 5
    restart(server, uvicorn_server)
    await alice.click("button:has-text('Try now')", timeout=3_000)
    await back(alice)


async def test_too_many_requests_are_asked_again_after_a_while(visit: Visit, demo: Demo) -> None:
    """The server's refusal stands in between: a real one takes 400 requests at once."""
    refused: list[str] = []

    async def prepare(page: Any) -> None:
        def between(route: Any) -> None:
            server = route.connect_to_server()

            def asked(text: str) -> None:
                event = json.loads(text)["event"]
                if event not in refused and event.startswith("helpdesk.Ticket."):
                    refused.append(event)
                    data = {"code": "rate_limited", "message": "Slower.", "retry_after": 0.2, "event": event}
                    route.send(json.dumps({"event": "error", "data": data}))
                else:
                    server.send(text)

            route.on_message(asked)

        await page.route_web_socket("**/ws/", between)

    alice = await visit("alice", prepare=prepare)
    assert {f"helpdesk.Ticket.subscribe#board-{status}" for status in Ticket.Status.values} <= set(refused)
    ticket = first(demo, demo.network, "open")
    await open_ticket(alice, ticket)
    await alice.fill("#edit-title", "Said twice, done once")
    await alice.press("#edit-title", "Enter")
    await says(alice, "[data-role=message]", "Saved.")
    assert any(".update#" in event for event in refused)
    assert (await now(ticket)).title == "Said twice, done once"


# Who uses it, and with what -------------------------------------------------------------------------------------------------


async def test_it_works_by_keyboard(visit: Visit, demo: Demo) -> None:
    alice = await visit("alice")
    focused = "document.activeElement.closest('.ticket')?.dataset.ticket"
    buttons = await alice.evaluate(
        "[...document.querySelectorAll('.lane')].map((lane) => [...lane.querySelectorAll('.ticket')]"
        ".map((one) => one.dataset.ticket))"
    )
    # One stop for each column.
    assert await alice.locator(".ticket button[tabindex='0']").count() == 3
    await alice.focus("#filter-assignee")
    await alice.keyboard.press("Tab")
    assert await alice.evaluate(focused) == buttons[0][0]
    await alice.keyboard.press("ArrowDown")
    assert await alice.evaluate(focused) == buttons[0][1]
    await alice.keyboard.press("ArrowRight")
    assert await alice.evaluate(focused) == buttons[1][1]
    await alice.keyboard.press("Home")
    assert await alice.evaluate(focused) == buttons[1][0]
    await alice.keyboard.press("End")
    assert await alice.evaluate(focused) == buttons[1][-1]
    await alice.keyboard.press("Enter")
    await alice.wait_for_selector(SHOWN)
    assert await alice.evaluate("document.activeElement.id") == "ticket-title"
    # The dialog keeps the focus: Tab walks round in it, and the page behind is out of reach.
    await alice.keyboard.press("Tab")
    assert await alice.evaluate("document.activeElement.closest('dialog')?.id") == "ticket-dialog"
    await alice.focus("#board .ticket button")
    assert await alice.evaluate("document.activeElement.closest('dialog')?.id") == "ticket-dialog"
    await alice.keyboard.press("Escape")
    await alice.wait_for_function(f"{focused} === '{buttons[1][-1]}'")


async def test_the_focus_is_not_lost_with_the_card_that_leaves(visit: Visit, demo: Demo) -> None:
    alice = await visit("alice")
    ids = await alice.eval_on_selector_all(
        ".lane[data-status=open] .ticket", "(all) => all.map((one) => Number(one.dataset.ticket))"
    )
    await alice.focus(f'[data-ticket="{ids[1]}"] button')
    await change(await Ticket.objects.aget(pk=ids[1]), team=demo.billing)
    await alice.wait_for_selector(f'[data-ticket="{ids[1]}"]', state="detached")
    focused = "Number(document.activeElement.closest('.ticket')?.dataset.ticket)"
    assert await alice.evaluate(focused) == ids[2]
    # One that only changes its place keeps it.
    await change(await Ticket.objects.aget(pk=ids[2]), title="Now on top")
    await says(alice, ".lane[data-status=open] .ticket >> nth=0", "Now on top")
    assert await alice.evaluate(focused) == ids[2]


async def test_every_field_and_region_has_a_name(visit: Visit, demo: Demo) -> None:
    admin = await visit("admin")
    nameless = await admin.evaluate(
        "[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]"
        ".filter((field) => !field.labels.length).map((field) => field.id || field.name)"
    )
    assert nameless == []
    dangling = await admin.evaluate(
        "[...document.querySelectorAll('[aria-labelledby], [aria-describedby]')].flatMap((one) =>"
        " `${one.getAttribute('aria-labelledby') ?? ''} ${one.getAttribute('aria-describedby') ?? ''}`.trim().split(/ +/))"
        ".filter((id) => !document.getElementById(id))"
    )
    assert dangling == []
    assert await admin.evaluate("document.querySelectorAll('[id]').length === new Set([...document.querySelectorAll('[id]')]"
                                ".map((one) => one.id)).size")  # fmt: skip


async def test_it_fits_a_phone(visit: Visit, demo: Demo) -> None:
    ticket = first(demo, demo.network, "pending")
    await change(ticket, title="W" * 200, body="w" * 500)
    await Comment.objects.acreate(ticket=ticket, author=demo.carol, body="w" * 500)
    alice = await visit("alice", viewport={"width": 360, "height": 740})
    width = "Math.max(...[...document.querySelectorAll('html, dialog[open]')].map((one) => one.scrollWidth))"
    assert await alice.evaluate(width) <= 360
    assert not await alice.is_visible(card(ticket))
    await alice.click("[data-role=show-pending]")
    assert await alice.is_visible(card(ticket))
    assert not await alice.is_visible(".lane[data-status=open]")
    assert await alice.evaluate(width) <= 360
    await open_ticket(alice, ticket)
    await says(alice, ".comment", "w" * 500)
    assert await alice.evaluate(width) <= 360
    await alice.click(f"{DIALOG} [data-role=dismiss]")
    await alice.click("[data-role=new]")
    assert await alice.evaluate(width) <= 360


@pytest.mark.parametrize("motion, animation", [("reduce", "none"), ("no-preference", "fresh")])
async def test_motion_is_for_who_wants_it(visit: Visit, demo: Demo, motion: str, animation: str) -> None:
    ticket = first(demo, demo.network, "open")
    alice = await visit("alice", reduced_motion=motion)
    await change(ticket, title="Look here")
    await alice.wait_for_selector(f"{card(ticket)}.fresh")
    assert await alice.eval_on_selector(card(ticket), "(one) => getComputedStyle(one).animationName") == animation
    await alice.wait_for_selector(f"{card(ticket)}.fresh", state="detached")


async def test_staff_see_costs_and_write_internal_comments_and_agents_do_not(visit: Visit, demo: Demo) -> None:
    ticket = next(t for t in demo.of(demo.network) if t.cost)
    alice, admin = await visit("alice"), await visit("admin")
    await open_ticket(alice, ticket)
    await open_ticket(admin, ticket)
    assert f"€ {ticket.cost}" in await admin.inner_text("[data-role=facts]")
    assert "Cost" not in await alice.inner_text("[data-role=facts]")
    await admin.fill("#comment-body", "Between us")
    await admin.check("[name=internal]")
    await admin.click("button:text-is('Comment')")
    await says(admin, ".comment", "Between us")
    await admin.fill("#comment-body", "For everyone")
    await admin.uncheck("[name=internal]")
    await admin.click("button:text-is('Comment')")
    await says(alice, ".comment", "For everyone")
    assert "Between us" not in " ".join(await shown(alice, ".comment"))
    assert await alice.locator("[name=internal]").count() == 0


async def test_in_dark_mode_the_page_is_dark(visit: Visit, demo: Demo) -> None:
    brightness = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"
    dark = await visit("alice", color_scheme="dark")
    assert max(await dark.evaluate(brightness)) < 60
    light = await visit("alice", color_scheme="light")
    assert min(await light.evaluate(brightness)) > 200


async def test_ages_are_told_in_words(visit: Visit, demo: Demo) -> None:
    ticket = first(demo, demo.network, "open")
    await Ticket.objects.filter(pk=ticket.pk).aupdate(created_at=timezone.now() - timezone.timedelta(hours=26))
    alice = await visit("alice")
    assert "1 day old" in await alice.inner_text(card(ticket))
    assert "just now" in await alice.inner_text(card(demo.of(demo.network)[1]))
