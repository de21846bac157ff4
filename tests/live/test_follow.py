"""`ctx.subscribe` and `ctx.unsubscribe`: what code does on behalf of the connection that asked."""

from __future__ import annotations

from typing import Any

import pytest

from binding_schema.conf import settings as current
from binding_schema.consumers import SyncConsumer
from binding_schema.declare.context import Context
from binding_schema.errors import InvalidData, UnknownStream
from binding_schema.resolve.authentication import Fixed
from binding_schema.testing import Reply, RestClient, WebSocketClient
from helpdesk.models import Ticket
from tests.conftest import Demo

from .talk import TICKET, brief, done, told, ws

pytestmark = pytest.mark.django_db(transaction=True)
FOLLOW = "tests.Line.follow"


async def follow(client: WebSocketClient, **data: Any) -> list[Reply]:
    """The frames that answer the action: its own, and what it asked for on the client's behalf."""
    await client.send_frame({"event": FOLLOW, "data": data})
    frames = [await client.receive()]
    while not any(frame.event == FOLLOW or frame.data.get("event") == FOLLOW for frame in frames):
        frames.append(await client.receive())
    frames += await client.settled()
    return sorted(frames, key=lambda frame: frame.event != FOLLOW)


def touch(ticket: Ticket) -> Any:
    return done(lambda: Ticket.objects.get(pk=ticket.pk).save())


async def test_a_list(demo: Demo) -> None:
    mine, other = demo.of(demo.network)[0], demo.of(demo.hardware)[0]
    async with ws(demo.alice) as alice:
        answer, said = await follow(alice, stream=TICKET, hash="l")
        assert answer.data == {"success": True}
        assert (said.event, said.data) == (f"{TICKET}.subscribe#l", {"success": True})
        assert len(said.meta["seq"]) == 16
        await touch(mine)
        await touch(other)
        assert await told(alice) == [("Ticket.retrieve#l", mine.pk, "enter")]
        answer, said = await follow(alice, stream=TICKET, hash="l", end=True)
        assert (said.event, said.data) == (f"{TICKET}.unsubscribe#l", {"success": True})
        await touch(mine)
        assert await told(alice) == []


async def test_an_object_with_a_snapshot(demo: Demo) -> None:
    first, second = demo.of(demo.network)[:2]
    async with ws(demo.alice) as alice:
        _, said = await follow(alice, stream=TICKET, id=first.pk, snapshot=True)
        assert (said.event, said.data["id"], said.data["title"]) == (f"{TICKET}.subscribe", first.pk, first.title)
        await touch(second)
        await touch(first)
        assert await told(alice) == [("Ticket.retrieve", first.pk, "update")]


async def test_the_same_twice_in_a_row_is_once(demo: Demo) -> None:
    ctx = Context(Fixed(demo.alice), TICKET, connection="c")
    for number in (1, 1, 2, 1):
        ctx.subscribe(id=number)
    ctx.unsubscribe("auth.User", hash="h")
    assert [(item.event, item.data) for item in ctx.follow_ups] == [
        (f"{TICKET}.subscribe", {"id": 1}),
        (f"{TICKET}.subscribe", {"id": 2}),
        (f"{TICKET}.subscribe", {"id": 1}),
        ("auth.User.unsubscribe#h", {}),
    ]


async def test_what_may_not_be_is_told_as_to_the_client_itself(demo: Demo) -> None:
    other = demo.of(demo.hardware)[0]
    async with ws(demo.alice) as alice:
        answer, said = await follow(alice, stream=TICKET, id=other.pk)
        assert answer.ok
        assert (said.code, said.data["event"]) == ("not_found", f"{TICKET}.subscribe")
        answer, said = await follow(alice, stream=TICKET, hash="f", filters={"title": "x"})
        assert (said.code, said.data["event"]) == ("invalid_filter", f"{TICKET}.subscribe#f")


async def test_too_many(demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {**settings.BINDING_SCHEMA, "MAX_INTERESTS": 1}
    assert current().MAX_INTERESTS == 1
    async with ws(demo.alice) as alice:
        assert (await follow(alice, stream=TICKET, hash="a"))[1].ok
        assert (await follow(alice, stream=TICKET, hash="b"))[1].code == "rate_limited"


async def test_what_is_wrong_at_once_is_the_codes_own_error(demo: Demo) -> None:
    async with ws(demo.alice) as alice:
        for data, code in (
            ({"stream": "nothing.There"}, "unknown_stream"),
            ({"stream": TICKET, "hash": "two words"}, "invalid_data"),
            ({"stream": TICKET, "colour": "red"}, "invalid_data"),
        ):
            (refused,) = await follow(alice, **data)
            assert (refused.code, refused.data["event"]) == (code, FOLLOW), data
    ctx = Context(Fixed(demo.alice), TICKET, connection="c")
    with pytest.raises(InvalidData):
        ctx.subscribe(filters={"title": object()})
    with pytest.raises(UnknownStream):
        ctx.unsubscribe("nothing.There")


async def test_not_after_a_request_that_failed(demo: Demo) -> None:
    async with ws(demo.alice) as alice:
        (refused,) = await follow(alice, stream=TICKET, fails=True)
        assert refused.code == "conflict"
        await touch(demo.of(demo.network)[0])
        assert await told(alice) == []


async def test_nothing_over_http(demo: Demo) -> None:
    async with RestClient(demo.alice) as client:
        assert (await client.send(FOLLOW, stream=TICKET)).data == {"success": True}
        assert (await client.send(FOLLOW, stream="nothing.There")).code == "unknown_stream"


async def test_from_a_sync_consumer(demo: Demo) -> None:
    ticket = demo.of(demo.network)[0]
    async with WebSocketClient(SyncConsumer.as_asgi(), demo.alice) as alice:
        _, said = await follow(alice, stream=TICKET, hash="l")
        assert said.ok
        await touch(ticket)
        assert brief(await alice.settled()) == [("Ticket.retrieve#l", ticket.pk, "enter")]


async def test_an_event_with_the_hash_of_the_request(demo: Demo) -> None:
    async with ws(demo.alice) as alice:
        for hash in ("", "#7", "#a.b"):
            await alice.send_frame({"event": f"tests.Line.reply{hash}", "data": {"word": "yes"}})
            frames = [await alice.receive(), *await alice.settled()]
            assert {frame.event: frame.data for frame in frames} == {
                f"tests.Line.reply{hash}": {"success": True},
                f"tests.Line.said{hash}": {"word": "yes"},
            }
    with pytest.raises(InvalidData, match="is no event"):
        Context(Fixed(demo.alice), TICKET, connection="c").reflect("said#two words", {})
