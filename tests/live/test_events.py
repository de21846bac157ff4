"""Custom events: to whom they go, what they may hold, and that they stand or fall with their transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction

from binding_schema import Binding, Context, Event, action, live
from binding_schema.compile import current
from binding_schema.compile.build import compile_schema
from binding_schema.errors import InvalidData
from binding_schema.resolve.authentication import Fixed
from binding_schema.testing import Reply, WebSocketClient
from tests.conftest import Demo

from .talk import TICKET, ask, done, ws
from .world import abandon

pytestmark = pytest.mark.django_db(transaction=True)
NOISE = f"{TICKET}.noise"


async def joined(*clients: WebSocketClient) -> None:
    """Wait for the ends of their handshakes."""
    for client in clients:
        await ask(client, f"{TICKET}.unsubscribe#none")


def heard(frames: list[Reply]) -> list[tuple[str, dict[str, Any]]]:
    return [(frame.event, frame.data) for frame in frames]


async def test_to_a_user(demo: Demo) -> None:
    """Also to connections that are interested in nothing, and to each of them once."""
    async with ws(demo.alice) as one, ws(demo.alice) as two, ws(demo.bob) as bob:
        await joined(one, two, bob)
        await done(lambda: live.send_to_user(demo.alice, NOISE, {"n": 1}))
        await done(lambda: live.send_to_user(demo.alice.pk, NOISE, {"n": 2}))
        for client in (one, two):
            assert heard(await client.settled()) == [(NOISE, {"n": 1}), (NOISE, {"n": 2})]
        assert await bob.settled() == []


async def test_to_all(demo: Demo) -> None:
    async with ws(demo.alice) as alice, ws(demo.dave) as dave:
        await joined(alice, dave)
        await done(lambda: live.broadcast("tests.Clock.tick", {}))
        for client in (alice, dave):
            (frame,) = await client.settled()
            assert (frame.event, frame.data, frame.meta) == ("tests.Clock.tick", {}, {})


async def test_to_a_stream(demo: Demo) -> None:
    ticket = demo.of(demo.network)[0]
    async with ws(demo.alice) as alice, ws(demo.bob) as bob, ws(demo.dave) as dave:
        await joined(dave)
        for client in (alice, bob):
            await ask(client, f"{TICKET}.subscribe#l", snapshot=True)
        await done(lambda: live.dispatch(NOISE, {"to": "all"}))
        await done(lambda: live.dispatch(NOISE, {"to": "some"}, obj=ticket))
        assert heard(await alice.settled()) == [(NOISE, {"to": "all"}), (NOISE, {"to": "some"})]
        assert heard(await bob.settled()) == [(NOISE, {"to": "all"})], "the object is not in sight"
        assert await dave.settled() == [], "has no interest in the stream"
        await done(lambda: demo.network.members.remove(demo.alice))
        await alice.settled()
        await done(lambda: live.dispatch(NOISE, {}, obj=ticket))
        assert await alice.settled() == []


async def test_to_a_stream_without_a_model(demo: Demo) -> None:
    async with ws(demo.alice) as alice, ws(demo.bob) as bob:
        assert (await ask(alice, "tests.Clock.subscribe#c")).data == {"success": True}
        assert (await ask(bob, "tests.Clock.subscribe#c", filters={})).code == "invalid_data"
        await done(lambda: live.dispatch("tests.Clock.tick", {"n": 1}))
        assert heard(await alice.settled()) == [("tests.Clock.tick", {"n": 1})]
        assert await bob.settled() == []
        await ask(alice, "tests.Clock.unsubscribe#c")
        await done(lambda: live.dispatch("tests.Clock.tick", {"n": 2}))
        assert await alice.settled() == []


async def test_from_a_context(demo: Demo) -> None:
    async with ws(demo.alice) as alice, ws(demo.bob) as bob:
        await ask(alice, f"{TICKET}.subscribe#l", snapshot=True)
        await ask(bob, f"{TICKET}.subscribe#l", snapshot=True)
        connection = await done(lambda: connection_of(demo.alice))
        ctx = Context(Fixed(demo.alice), TICKET, connection=connection)
        await done(lambda: ctx.reflect("noise", {"n": 1}))
        await done(lambda: ctx.dispatch("noise", {"n": 2}, obj=demo.of(demo.network)[0]))
        await done(lambda: ctx.broadcast("tests.Clock.tick", {"n": 3}))
        await done(lambda: Context(Fixed(demo.alice), TICKET).reflect("noise", {"n": "nowhere"}))
        assert heard(await alice.settled()) == [(NOISE, {"n": 1}), (NOISE, {"n": 2}), ("tests.Clock.tick", {"n": 3})]
        assert heard(await bob.settled()) == [("tests.Clock.tick", {"n": 3})]


def connection_of(user: Any) -> str:
    from binding_schema.live.hub import _all  # noqa: PLC0415 - there is no public way to a connection's id but a request

    (found,) = [session.id for hub in _all() for session in hub.sessions if session.user_key == user.pk]
    return found


@pytest.mark.parametrize("savepoint", [True, False])
async def test_rolled_back(demo: Demo, savepoint: bool) -> None:
    def work() -> None:
        lost = lambda: live.broadcast(NOISE, {"lost": True})  # noqa: E731
        if savepoint:
            with transaction.atomic():
                abandon(lost, outer=True)
                live.broadcast(NOISE, {"lost": False})
        else:
            abandon(lost)

    async with ws(demo.alice) as alice:
        await joined(alice)
        await done(work)
        assert heard(await alice.settled()) == ([(NOISE, {"lost": False})] if savepoint else [])


async def test_at_once(demo: Demo) -> None:
    async with ws(demo.alice) as alice:
        await joined(alice)
        await done(lambda: abandon(lambda: live.broadcast(NOISE, {"n": 1}, after_commit=False)))
        assert heard([await alice.receive()]) == [(NOISE, {"n": 1})]


async def test_an_event_follows_what_was_written_before_it(demo: Demo) -> None:
    ticket = demo.of(demo.network)[0]

    def work() -> None:
        with transaction.atomic():
            ticket.save()
            live.dispatch(NOISE, {}, obj=ticket)

    async with ws(demo.alice) as alice:
        await ask(alice, f"{TICKET}.subscribe#l", snapshot=True)
        await done(work)
        assert [frame.event for frame in await alice.settled()] == [f"{TICKET}.retrieve#l", NOISE]


@pytest.mark.parametrize(
    "event, data",
    [
        (NOISE, [1]),
        (NOISE, "text"),
        (NOISE, None),
        ("noise", {}),
        ("", {}),
        ("helpdesk..noise", {}),
        (f"{TICKET}.no ise", {}),
        (f"{TICKET}.noise#hash", {}),
        (NOISE, {"text": "x" * 70_000}),
    ],
)
def test_what_is_no_event(transactional_db: None, event: str, data: Any) -> None:
    with pytest.raises(InvalidData):
        live.broadcast(event, data)


def test_an_object_of_another_model(demo: Demo) -> None:
    with pytest.raises(InvalidData):
        live.dispatch(NOISE, {}, obj=demo.alice)
    with pytest.raises(InvalidData):
        live.dispatch("tests.Nothing.noise", {})


@dataclass
class Ring:
    times: int


class BellBinding(Binding[Any]):
    stream = "tests.Bell"
    rung = Event(Ring, help="It rang.")

    @action(read=True)
    def ring(self, ctx: Context) -> None:
        ctx.reflect("rung", {"times": 1})


async def test_declared(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    schema, problems = compile_schema([BellBinding])
    assert not problems.found, problems.text()
    streams = current.schema().streams
    monkeypatch.setitem(streams, "tests.Bell", schema.streams["tests.Bell"])  # type: ignore[arg-type]
    for wrong in ({"times": "often"}, {}, {"time": 1}):
        with pytest.raises(InvalidData):
            await done(lambda data=wrong: live.broadcast("tests.Bell.rung", data))
    async with ws(demo.alice) as alice:
        await joined(alice)
        await done(lambda: live.broadcast("tests.Bell.rung", {"times": 3}))
        assert heard(await alice.settled()) == [("tests.Bell.rung", {"times": 3})]
