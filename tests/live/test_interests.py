"""Interests: what registers one, what replaces it, how many there may be, and how they end."""

from __future__ import annotations

from typing import Any

import pytest

from binding_schema.live.hub import _all
from binding_schema.testing import WebSocketClient
from helpdesk.models import Label, Ticket
from tests.conftest import Demo

from .talk import TICKET, ask, done, told, ws

pytestmark = pytest.mark.django_db(transaction=True)


def touch(*items: Any) -> Any:
    def work() -> None:
        for item in items:
            type(item).objects.get(pk=item.pk).save()

    return done(work)


def slots(user: Any) -> list[Any]:
    (found,) = [session.interests for hub in _all() for session in hub.sessions if session.user_key == user.pk]
    return list(found)


async def events(client: WebSocketClient) -> list[str]:
    return sorted(item[0] for item in await told(client))


async def test_reading_and_writing_register(demo: Demo) -> None:
    rows = demo.of(demo.network)
    async with ws(demo.alice) as alice:
        await ask(alice, f"{TICKET}.retrieve#1", id=rows[0].pk)
        await ask(alice, f"{TICKET}.retrieve#2", ids=[row.pk for row in rows[:3]])
        await ask(alice, f"{TICKET}.list#3", filters={"priority": rows[0].priority})
        await ask(alice, f"{TICKET}.search#4", limit=100)
        await touch(rows[0])
        assert await events(alice) == [f"Ticket.retrieve#{hash}" for hash in "1234"]
        made = await ask(alice, f"{TICKET}.create#5", title="new", team=demo.network.pk)
        await alice.settled()
        await ask(alice, f"{TICKET}.save#6", rows=[{"title": "newer", "team": demo.network.pk}, {"id": rows[1].pk}])
        await alice.settled()
        await ask(alice, f"{TICKET}.update#7", id=rows[2].pk, title="other")
        await alice.settled()
        await touch(Ticket(pk=made.data["id"]), rows[1], rows[2])
        found = await events(alice)
        assert {"Ticket.retrieve#5", "Ticket.retrieve#6", "Ticket.retrieve#7"} <= set(found)
        assert found.count("Ticket.retrieve#5") == 1


async def test_without_a_hash_an_object_is_told_once(demo: Demo) -> None:
    rows = demo.of(demo.network)
    async with ws(demo.alice) as alice:
        await ask(alice, f"{TICKET}.retrieve", id=rows[0].pk)
        await ask(alice, f"{TICKET}.retrieve", id=rows[1].pk)
        await ask(alice, f"{TICKET}.search")
        await ask(alice, f"{TICKET}.list")
        assert len(slots(demo.alice)) == 4
        await touch(rows[0], rows[1])
        assert await events(alice) == ["Ticket.retrieve"] * 2
        await ask(alice, f"{TICKET}.list", filters={"title__icontains": "nowhere"})
        await ask(alice, f"{TICKET}.search", filters={"title__icontains": "nowhere"})
        assert len(slots(demo.alice)) == 4
        await touch(rows[2])
        assert await told(alice) == [], "the lists were replaced"


async def test_one_of_two_lists_without_a_hash_that_an_object_leaves(demo: Demo) -> None:
    """Their rows are one set to the receiver: it is gone once no list has it."""
    row = demo.of(demo.network)[0]
    await done(lambda: Ticket.objects.filter(pk=row.pk).update(status="open", priority=4))
    async with ws(demo.alice) as alice:
        await ask(alice, f"{TICKET}.list", filters={"status": "open"})
        await ask(alice, f"{TICKET}.search", filters={"priority": 4})
        await done(
            lambda: Ticket(pk=row.pk, team=demo.network, status="closed", priority=4, created_at=row.created_at).save()
        )
        assert await told(alice) == [("Ticket.retrieve", row.pk, "update")]
        await done(
            lambda: Ticket(pk=row.pk, team=demo.network, status="closed", priority=1, created_at=row.created_at).save()
        )
        assert await told(alice) == [("Ticket.delete", row.pk, "leave")]


async def test_a_hash_has_one_interest_for_each_stream(demo: Demo) -> None:
    row, label = demo.of(demo.network)[3], demo.labels[0]
    async with ws(demo.alice) as alice:
        await ask(alice, f"{TICKET}.subscribe#x", snapshot=True)
        await ask(alice, "helpdesk.Label.subscribe#x", snapshot=True)
        await ask(alice, f"{TICKET}.retrieve#x", id=row.pk)
        assert len(slots(demo.alice)) == 2
        await touch(demo.of(demo.network)[0], row, label)
        assert [item for item in await events(alice) if item.startswith("Label")] == ["Label.retrieve#x"]
        await ask(alice, f"{TICKET}.subscribe#x", filters={"status": ["closed"]}, snapshot=True)
        await ask(alice, "helpdesk.Label.unsubscribe#x")
        await touch(label)
        assert not [item for item in await events(alice) if item.startswith("Label")]


async def test_switched_off(demo: Demo) -> None:
    row = demo.of(demo.network)[0]
    async with ws(demo.alice) as alice:
        await ask(alice, f"{TICKET}.list#l", meta={"subscribe": False})
        await ask(alice, f"{TICKET}.retrieve#r", meta={"subscribe": False}, id=row.pk)
        await ask(alice, f"{TICKET}.update#u", meta={"subscribe": False}, id=row.pk, title="quiet")
        await touch(row)
        assert (slots(demo.alice), await told(alice)) == ([], [])


async def test_what_fails_registers_nothing(demo: Demo) -> None:
    others = demo.of(demo.billing)[0]
    async with ws(demo.alice) as alice:
        for event, data in (
            ("retrieve#1", {"id": others.pk}), ("subscribe#2", {"id": others.pk}), ("list#3", {"filters": {"cost": 1}}),
            ("subscribe#4", {"filters": {"cost": 1}}), ("subscribe#5", {"id": others.pk, "filters": {}}),
            ("create#6", {"title": ""}), ("subscribe#7", {"since": "never"}), ("update#8", {"id": others.pk}),
        ):  # fmt: skip
            assert not (await ask(alice, f"{TICKET}.{event}", **data)).ok, event
        assert slots(demo.alice) == []


async def test_unsubscribe(demo: Demo) -> None:
    rows = demo.of(demo.network)
    async with ws(demo.alice) as alice:
        await ask(alice, f"{TICKET}.subscribe#l", snapshot=True)
        await ask(alice, f"{TICKET}.subscribe", id=rows[0].pk)
        await ask(alice, f"{TICKET}.list")
        for data, left in (({"id": rows[0].pk}, 2), ({}, 1), ({"id": rows[5].pk}, 1)):
            assert (await ask(alice, f"{TICKET}.unsubscribe", **data)).data == {"success": True}
            assert len(slots(demo.alice)) == left
        assert (await ask(alice, f"{TICKET}.unsubscribe#other")).ok
        assert (await ask(alice, f"{TICKET}.unsubscribe#l")).ok
        await touch(rows[0])
        assert (slots(demo.alice), await told(alice)) == ([], [])
        assert (await ask(alice, "helpdesk.Nothing.unsubscribe#l")).code == "unknown_stream"


async def test_the_oldest_automatic_ones_make_room(demo: Demo) -> None:
    first, second = demo.of(demo.network)[:2]
    async with ws(demo.alice) as alice:
        await ask(alice, f"{TICKET}.subscribe#kept", id=first.pk)
        await ask(alice, f"{TICKET}.retrieve#first", id=first.pk)
        for number in range(199):
            await ask(alice, f"{TICKET}.retrieve#{number}", id=second.pk)
        await touch(first)
        assert await events(alice) == ["Ticket.retrieve#first", "Ticket.retrieve#kept"]
        await ask(alice, f"{TICKET}.retrieve#199", id=second.pk)
        await touch(first)
        assert await events(alice) == ["Ticket.retrieve#kept"]
        assert len(slots(demo.alice)) == 201


async def test_one_subscription_too_many(demo: Demo) -> None:
    row = demo.of(demo.network)[0]
    async with ws(demo.alice) as alice:
        for number in range(100):
            assert (await ask(alice, f"{TICKET}.subscribe#{number}", id=row.pk)).ok
        refused = await ask(alice, f"{TICKET}.subscribe#100", id=row.pk)
        assert (refused.code, refused.data["retry_after"]) == ("rate_limited", 1)
        assert (await ask(alice, f"{TICKET}.subscribe#99", id=row.pk)).ok, "it replaces one"
        assert (await ask(alice, f"{TICKET}.retrieve#r", id=row.pk)).ok
        await ask(alice, f"{TICKET}.unsubscribe#0")
        assert (await ask(alice, f"{TICKET}.subscribe#100", id=row.pk)).ok
        await touch(row)
        assert len(await told(alice)) == 101


async def test_a_connection_leaves_nothing(demo: Demo) -> None:
    async with ws(demo.bob) as bob:
        async with ws(demo.alice) as alice:
            await ask(alice, f"{TICKET}.subscribe#l", snapshot=True)
            await ask(alice, "helpdesk.Label.list")
        await ask(bob, f"{TICKET}.unsubscribe#none")
        (engine,) = [hub for hub in _all() if hub.sessions]
        assert not engine.register
        assert not +engine._wanted


async def test_live_off(demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"LIVE": False}
    async with ws(demo.alice) as alice:
        assert (await ask(alice, f"{TICKET}.list#l")).ok
        assert (await ask(alice, f"{TICKET}.subscribe#l")).code == "unsupported"
        assert await done(Label.objects.count) == 3


async def test_a_key_of_two_columns_that_is_none(demo: Demo) -> None:
    """What Django's own fields complain of in a part of it is the client's mistake, and none of the server's."""
    async with ws(demo.alice) as alice:
        for wrong in ("A,", "A,one", "A", "A,1,2", 5):
            for verb in ("subscribe", "retrieve"):
                assert (await ask(alice, f"app.Seat.{verb}", id=wrong)).code == "invalid_data", wrong
