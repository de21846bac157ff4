"""Subscriptions: what the live engine tells, with the rights of whoever subscribed."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction
from django.test import override_settings
from typing_extensions import TypedDict

from binding_schema import Binding, Context, Event, IsAuthenticated, action, auto
from binding_schema.live import api, hub
from helpdesk.models import Comment, Ticket

from .own import ask, codes, run, serve, subscribed

ONE = "subscription($id: ID!, $since: String) { ticketChanged(id: $id, since: $since) { cause id seq object { title } reason } }"
MANY = """subscription($filters: TicketFilters, $since: String, $have: [ID!], $snapshot: Boolean, $limit: Int) {
  ticketsChanged(filters: $filters, since: $since, have: $have, snapshot: $snapshot, limit: $limit, order: [ID]) {
    cause id seq reason object { id title status cost team { name } } rows { id title } } }"""


async def save(ticket: Any, **values: Any) -> None:
    for name, value in values.items():
        setattr(ticket, name, value)
    await sync_to_async(ticket.save)()


async def listening(number: int) -> None:
    """Until so many subscriptions stand: one without a snapshot says nothing when it begins."""
    for _ in range(200):
        if len(hub.hub().register.sessions()) >= number:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("The subscription did not begin.")


async def settled(feed: Any, ticket: Any, title: str = "Ready") -> Any:
    """The first change that comes: a subscription begins when it is first asked for its results."""
    waiting = asyncio.ensure_future(feed.next())
    await listening(1)
    await save(ticket, title=title)
    return await waiting


@pytest.fixture
def own(demo: Any) -> list[Any]:
    return demo.of(demo.network)


# One object ---------------------------------------------------------------------------------------------------------------


async def test_one_object(demo: Any, own: list[Any]) -> None:
    ticket, other = own[:2]
    async with subscribed(demo.alice, ONE, id=ticket.pk) as feed:
        first = await settled(feed, ticket)
        assert (first["cause"], first["id"], first["object"]) == ("UPDATE", str(ticket.pk), {"title": "Ready"})
        assert first["seq"]
        await save(other, title="Not asked for")
        await save(ticket, title="Again")
        second = await feed.next()
        assert second["object"] == {"title": "Again"}
        assert second["seq"] >= first["seq"]  # what is open elsewhere holds the point up
        await ticket.adelete()
        last = await feed.next()
        assert (last["cause"], last["object"]) == ("DELETE", None)
        # Nothing more can come of it.
        assert await feed.ended()


async def test_a_snapshot_of_one_object(demo: Any, own: list[Any]) -> None:
    query = "subscription($id: ID!) { ticketChanged(id: $id, snapshot: true) { cause id seq object { title team { name } } } }"
    async with subscribed(demo.alice, query, id=own[0].pk) as feed:
        found = await feed.next()
        assert (found["cause"], found["id"]) == ("SNAPSHOT", str(own[0].pk))
        assert found["object"] == {"title": own[0].title, "team": {"name": "Network"}}
        assert found["seq"]


async def test_what_one_may_not_see(demo: Any) -> None:
    hidden, gone = demo.of(demo.billing)[0].pk, demo.tickets[-1].pk + 1000
    for key in (hidden, gone):
        async with subscribed(demo.alice, ONE, id=key) as feed:
            assert await feed.error() == "not_found"
            assert await feed.ended()
    async with subscribed(None, ONE, id=demo.tickets[0].pk) as feed:
        assert await feed.error() == "unauthenticated"


async def test_one_that_leaves_ones_sight(demo: Any, own: list[Any]) -> None:
    async with subscribed(demo.alice, ONE, id=own[0].pk) as feed:
        await settled(feed, own[0])
        await save(own[0], team=demo.billing)
        last = await feed.next()
        assert (last["cause"], last["id"], last["object"]) == ("LEAVE", str(own[0].pk), None)
        assert await feed.ended()


# Lists --------------------------------------------------------------------------------------------------------------------


async def test_a_list_with_a_filter(demo: Any, own: list[Any]) -> None:
    await Ticket.objects.all().aupdate(status="open")
    for ticket in own:
        ticket.status = "open"
    async with subscribed(demo.alice, MANY, filters={"status": "OPEN", "priorityGte": 1}, snapshot=True) as feed:
        first = await feed.next()
        assert first["cause"] == "SNAPSHOT"
        assert [row["id"] for row in first["rows"]] == [str(ticket.pk) for ticket in own]
        assert first["object"] is None
        await save(own[0], title="Changed")
        told = await feed.next()
        assert (told["cause"], told["object"]["title"], told["rows"]) == ("UPDATE", "Changed", None)
        await save(own[0], status="closed")
        assert (await feed.next())["cause"] == "LEAVE"
        await save(own[0], title="Unheard")
        await save(own[0], status="open")
        told = await feed.next()
        assert (told["cause"], told["object"]["title"]) == ("ENTER", "Unheard")
        new = await Ticket.objects.acreate(title="New", team=demo.network)
        while (told := await feed.next())["id"] == str(own[0].pk):
            pass  # a change may be told twice
        assert (told["cause"], told["id"], told["object"]["team"]) == ("CREATE", str(new.pk), {"name": "Network"})
        await Ticket.objects.acreate(title="Another team's", team=demo.billing)
        await new.adelete()
        assert (await feed.next())["cause"] == "DELETE"


async def test_each_sees_what_is_hers(demo: Any) -> None:
    """The same change: with its cost for the admin, without for alice, and not at all for bob."""
    ticket = next(item for item in demo.of(demo.network) if item.cost is not None)
    async with AsyncExitStack() as stack:
        feeds = [
            await stack.enter_async_context(subscribed(user, MANY, snapshot=True))
            for user in (demo.admin, demo.alice, demo.bob)
        ]
        for feed in feeds:
            await feed.next()
        await save(ticket, title="Told")
        mark = demo.of(demo.billing)[0]
        admin, alice = [await feed.next() for feed in feeds[:2]]
        assert admin["object"]["cost"] == f"{ticket.cost:.2f}"
        assert alice["object"]["cost"] is None
        assert {**admin["object"], "cost": None} == alice["object"]
        await save(mark, title="Mark")
        assert (await feeds[2].next())["id"] == str(mark.pk)


async def test_losing_a_right(demo: Any, own: list[Any]) -> None:
    async with subscribed(demo.alice, MANY, snapshot=True) as feed:
        await feed.next()
        await demo.network.members.aremove(demo.alice)
        told = {(item["cause"], item["id"]) for item in [await feed.next() for _ in own]}
        assert told == {("LEAVE", str(ticket.pk)) for ticket in own}
        await save(own[0], title="Secret")
        await demo.network.members.aadd(demo.alice)
        await save(own[1], title="Hers again")
        found = await feed.next()
        while found["id"] != str(own[1].pk):
            assert found["object"]["title"] != "Ticket 0"
            found = await feed.next()


async def test_what_is_rolled_back_is_never_told(demo: Any, own: list[Any]) -> None:
    def work() -> None:
        with transaction.atomic():
            own[0].title = "Kept"
            own[0].save()
            try:
                with transaction.atomic():
                    own[1].title = "Lost"
                    own[1].save()
                    raise ValueError
            except ValueError:
                pass

    async with subscribed(demo.alice, MANY, snapshot=True) as feed:
        await feed.next()
        await sync_to_async(work)()
        assert (await feed.next())["object"]["title"] == "Kept"
        await save(own[2], title="Mark")
        assert (await feed.next())["object"]["title"] == "Mark"


async def test_a_nested_object_that_changes(demo: Any, own: list[Any]) -> None:
    async with subscribed(demo.alice, MANY, snapshot=True, filters={"titleIcontains": own[0].title}) as feed:
        first = await feed.next()
        demo.network.name = "Nets"
        await demo.network.asave()
        told = [await feed.next() for _ in first["rows"]]
        assert {item["object"]["team"]["name"] for item in told} == {"Nets"}


async def test_wrong_arguments(demo: Any) -> None:
    for variables, code in (
        ({"since": "nonsense"}, "invalid_data"),
        ({"filters": {"or": []}}, "invalid_filter"),
        ({"limit": 0}, "invalid_data"),
        ({"limit": 10_001}, "invalid_data"),
        ({"limit": 10**6}, "too_large"),
        ({"have": ["x"], "since": "0"}, "invalid_data"),
    ):
        async with subscribed(demo.alice, MANY, **variables) as feed:
            assert await feed.error() == code, variables
            assert await feed.ended()


# Resuming -----------------------------------------------------------------------------------------------------------------


async def test_a_list_goes_on_where_it_was(demo: Any, own: list[Any]) -> None:
    async with subscribed(demo.alice, MANY, snapshot=True) as feed:
        first = await feed.next()
    seq, have = first["seq"], [row["id"] for row in first["rows"]]
    await save(own[0], title="Meanwhile")
    gone = own[1].pk
    await own[1].adelete()
    await save(own[2], team=demo.billing)
    new = await Ticket.objects.acreate(title="New", team=demo.network)
    async with subscribed(demo.alice, MANY, since=seq, have=have) as feed:
        told = [await feed.next() for _ in range(4)]
        assert {(item["cause"], item["id"]) for item in told} == {
            ("UPDATE", str(own[0].pk)), ("LEAVE", str(gone)), ("LEAVE", str(own[2].pk)), ("CREATE", str(new.pk)),
        }  # fmt: skip
        # The point to go on from stands on the last of them alone.
        assert [bool(item["seq"]) for item in told] == [False, False, False, True]
        await save(own[3], title="Later")
        found = await feed.next()
        assert (found["object"]["title"], found["seq"] >= told[-1]["seq"]) == ("Later", True)


async def test_one_object_goes_on_where_it_was(demo: Any, own: list[Any]) -> None:
    async with subscribed(demo.alice, ONE, id=own[0].pk) as feed:
        seq = (await settled(feed, own[0]))["seq"]
    await save(own[0], title="Meanwhile")
    async with subscribed(demo.alice, ONE, id=own[0].pk, since=seq) as feed:
        found = await feed.next()
        assert (found["cause"], found["object"]["title"]) == ("UPDATE", "Meanwhile")
    key = own[0].pk
    await own[0].adelete()
    async with subscribed(demo.alice, ONE, id=key, since=seq) as feed:
        assert (await feed.next())["cause"] == "LEAVE"
        assert await feed.ended()


async def test_what_cannot_be_replayed_is_told_anew(demo: Any, own: list[Any]) -> None:
    async with subscribed(demo.alice, MANY, since="0000000000000000", limit=3) as feed:
        first, second = await feed.next(), await feed.next()
        assert (first["cause"], first["reason"], first["rows"]) == ("RESYNC", "unknown", None)
        assert (second["cause"], second["reason"]) == ("SNAPSHOT", None)
        assert [row["id"] for row in second["rows"]] == [str(ticket.pk) for ticket in own[:3]]
        assert second["seq"]


# Several, and their ends --------------------------------------------------------------------------------------------------


async def test_several_never_end_one_another(demo: Any, own: list[Any]) -> None:
    async with AsyncExitStack() as stack:
        same = [await stack.enter_async_context(subscribed(demo.alice, MANY, snapshot=True)) for _ in range(3)]
        for feed in same:
            await feed.next()
        async with subscribed(demo.alice, MANY, snapshot=True) as other:
            await other.next()
        await save(own[0], title="Still told")
        for feed in same:
            assert (await feed.next())["object"]["title"] == "Still told"
        await same[0].results.aclose()
        await save(own[0], title="To the others")
        for feed in same[1:]:
            assert (await feed.next())["object"]["title"] == "To the others"


async def test_nothing_is_left_of_one_that_ended(demo: Any, own: list[Any]) -> None:
    async with subscribed(demo.alice, MANY, snapshot=True) as feed:
        await feed.next()
        assert len(hub.hub().register.sessions()) == 1
    assert not hub.hub().register
    results = subscribed(demo.alice, ONE, id=0)
    async with results as feed:
        assert await feed.error() == "not_found"
    gc.collect()
    assert not hub.hub().register
    assert not hub.hub().sessions


async def test_one_whose_user_is_no_longer_active(demo: Any, own: list[Any]) -> None:
    async with subscribed(demo.alice, MANY, snapshot=True) as feed:
        await feed.next()
        demo.alice.is_active = False
        await demo.alice.asave()
        await save(own[0], title="Secret")
        assert await feed.error() == "unauthenticated"
        assert await feed.ended()


async def test_a_client_that_does_not_read(demo: Any, own: list[Any]) -> None:
    """It is held for no more than the bound, holds up nobody, and is told anew where it fell behind."""
    with override_settings(BINDING_SCHEMA={"MAX_QUEUED_FRAMES": 5}):
        async with (
            subscribed(demo.alice, MANY, snapshot=True) as slow,
            subscribed(demo.alice, MANY, snapshot=True) as fast,
        ):
            await slow.next()
            await fast.next()
            for number in range(3):
                for ticket in own:
                    await save(ticket, title=f"{ticket.pk} {number}")
                    assert (await fast.next())["object"]["title"] == f"{ticket.pk} {number}"
            causes, rows = [], None
            while rows is None:
                found = await slow.next()
                causes.append((found["cause"], found["reason"]))
                rows = found["rows"]
            assert causes[-2:] == [("RESYNC", "overflow"), ("SNAPSHOT", None)]
            assert len(causes) <= 5 + 1 + 2
            assert [row["title"] for row in rows] == [f"{ticket.pk} 2" for ticket in own]
            await save(own[0], title="And on")
            assert (await slow.next())["object"]["title"] == "And on"


# Events -------------------------------------------------------------------------------------------------------------------


class Knock(TypedDict):
    who: str


class Heard:
    """Another binding of the served stream, under its key, so that the live engine takes the one for the other."""

    class TicketBinding(Binding[Ticket]):
        stream = "helpdesk.Ticket"
        graphql_name = "Room"
        permissions = [IsAuthenticated]

        id: auto
        title: auto
        team: auto

        knocked = Event(Knock, help="Someone is at the door.")

        @action
        def knock(self, ctx: Context, ticket: Ticket, who: str) -> None:
            ctx.dispatch("helpdesk.Ticket.knocked", {"who": who}, obj=ticket)
            if who == "nobody":
                raise ValueError("taken back")


@pytest.fixture
def rooms(monkeypatch: pytest.MonkeyPatch) -> Any:
    return serve(monkeypatch, Heard.TicketBinding)


async def test_events(demo: Any, own: list[Any], rooms: Any, taken: Callable[[], list[str]]) -> None:
    query = "subscription { roomKnocked { who } }"
    async with subscribed(demo.alice, query, rooms) as feed, subscribed(demo.bob, query, rooms) as other:
        waiting = [asyncio.ensure_future(item.next(20)) for item in (feed, other)]
        await listening(2)
        taken()
        # A change of an object is no event, and is not even looked up for those who hear events alone.
        await save(own[0], title="Unheard")
        await asyncio.sleep(0.3)
        assert not [sql for sql in taken() if sql.startswith("SELECT") and 'FROM "helpdesk_ticket"' in sql]
        await sync_to_async(api.dispatch)("helpdesk.Ticket.knocked", {"who": "ann"}, obj=own[0])
        assert await waiting[0] == {"who": "ann"}
        # Of a ticket of her team's, for bob to hear.
        await sync_to_async(api.dispatch)("helpdesk.Ticket.knocked", {"who": "ben"}, obj=demo.of(demo.billing)[0])
        assert await waiting[1] == {"who": "ben"}


async def test_an_event_of_an_action_that_fails_is_not_told(demo: Any, own: list[Any], rooms: Any) -> None:
    async with subscribed(demo.alice, "subscription { roomKnocked { who } }", rooms) as feed:
        waiting = asyncio.ensure_future(feed.next(20))
        await listening(1)
        knock = "mutation($id: ID!, $who: String!) { roomKnock(id: $id, who: $who) { success } }"
        assert codes(await ask(demo.alice, knock, rooms, id=own[0].pk, who="nobody")) == ["internal"]
        await run(demo.alice, knock, rooms, id=own[0].pk, who="somebody")
        assert await waiting == {"who": "somebody"}


async def test_events_take_the_right_to_read_the_stream(demo: Any, rooms: Any) -> None:
    async with subscribed(None, "subscription { roomKnocked { who } }", rooms) as feed:
        assert await feed.error() == "unauthenticated"


async def test_comments_of_a_stream_with_rules_of_its_own(demo: Any, own: list[Any]) -> None:
    """Internal comments are for staff: the same subscription tells one and not the other."""
    query = "subscription { commentsChanged(snapshot: true, limit: 500) { cause object { body } } }"
    async with subscribed(demo.alice, query) as feed, subscribed(demo.admin, query) as all_of_them:
        await feed.next()
        await all_of_them.next()
        for body, internal in (("Hidden", True), ("Open", False)):
            await Comment.objects.acreate(ticket=own[0], author=demo.admin, body=body, internal=internal)
        assert (await feed.next())["object"] == {"body": "Open"}
        assert [(await all_of_them.next())["object"]["body"] for _ in range(2)] == ["Hidden", "Open"]


async def test_switched_off(demo: Any) -> None:
    with override_settings(BINDING_SCHEMA={"LIVE": False}):
        async with subscribed(demo.alice, MANY) as feed:
            assert await feed.error() == "unsupported"
