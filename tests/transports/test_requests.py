"""Requests of one connection: at once, in batches, in order; what happens when the client leaves or loses its rights."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session

from binding_schema.consumers import AsyncConsumer, SyncConsumer
from binding_schema.resolve.authentication import make_token
from binding_schema.testing import WebSocketClient
from helpdesk.models import Label, Ticket
from tests.conftest import Demo

from .conftest import Connect, last_words, session_cookie
from .gates import GateBinding, Gated, Gates, SyncGated

WAIT, WRITE = "tests.Gate.wait", "tests.Gate.write"
RETRIEVE = "helpdesk.Ticket.retrieve"


@pytest.fixture
def gates() -> Iterator[Gates]:
    GateBinding.gates = gates = Gates()
    yield gates
    gates.open(*gates.begun)


def wait(name: str, mark: str = "") -> dict[str, Any]:
    return {"event": f"{WAIT}{mark and '#'}{mark}", "data": {"name": name}}


async def test_replies_come_when_they_are_ready(connect: Connect, demo: Demo, gates: Gates) -> None:
    client = await connect(demo.alice, consumer=Gated)
    for name in ("a", "b", "c"):
        await client.send_frame(wait(name, f"hash-{name}"))
    await gates.until(3)
    for name in ("c", "a", "b"):
        gates.open(name)
        reply = await client.receive()
        assert (reply.event, reply.data) == (f"{WAIT}#hash-{name}", {"result": name})


async def test_beyond_the_cap_the_socket_is_not_read(connect: Connect, demo: Demo, gates: Gates, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"MAX_IN_FLIGHT": 3}
    client = await connect(demo.alice, consumer=Gated)
    names = [str(number) for number in range(8)]
    for name in names:
        await client.send_frame(wait(name))
    await gates.until(3)
    await asyncio.sleep(0.1)
    assert gates.begun == names[:3]
    # One was taken from the socket and waits for a place; the others stay there, where TCP holds the sender up.
    assert client._inward.qsize() == 4
    for number, name in enumerate(names):
        gates.open(name)
        assert (await client.receive()).data == {"result": name}
        await gates.until(min(number + 4, 8))
    assert gates.begun == names


async def test_a_batch_is_answered_in_order_and_one_by_one(connect: Connect, demo: Demo, gates: Gates) -> None:
    client = await connect(demo.alice, consumer=Gated)
    await client.send_frame([wait("a", "1"), {"event": "nonsense"}, wait("b", "2"), wait("c", "3")])
    await client.send_frame(wait("beside"))
    gates.open("b", "c", "beside")
    # A frame beside the batch does not wait for it.
    assert (await client.receive()).data == {"result": "beside"}
    assert "b" not in gates.begun
    gates.open("a")
    replies = [await client.receive() for _ in range(4)]
    assert [reply.event for reply in replies] == [f"{WAIT}#1", "error", f"{WAIT}#2", f"{WAIT}#3"]
    assert (replies[1].code, replies[1].data["event"]) == ("invalid_frame", "nonsense")


async def test_the_sync_consumer_answers_in_order(connect: Connect, demo: Demo, gates: Gates) -> None:
    client = await connect(demo.alice, consumer=SyncGated)
    for name in ("a", "b", "c"):
        await client.send_frame(wait(name))
    await gates.until(1)
    gates.open("b", "c")
    await asyncio.sleep(0.1)
    assert gates.begun == ["a"]
    gates.open("a")
    assert [(await client.receive()).data["result"] for _ in range(3)] == ["a", "b", "c"]


@pytest.mark.parametrize("consumer", [AsyncConsumer, SyncConsumer])
async def test_a_read_after_the_reply_to_a_write_sees_it(connect: Connect, demo: Demo, consumer: Any) -> None:
    client = await connect(demo.alice, consumer=consumer)
    key = demo.of(demo.network)[0].pk
    for number in range(20):
        assert (await client.send("helpdesk.Ticket.save", id=key, title=f"Title {number}")).ok
        assert (await client.send(RETRIEVE, id=key)).data["title"] == f"Title {number}"


@pytest.mark.parametrize("consumer", [Gated, SyncGated])
async def test_a_write_is_finished_after_its_client_left(demo: Demo, gates: Gates, consumer: Any) -> None:
    client = WebSocketClient(consumer.as_asgi(), demo.alice)
    async with client:
        await client.send_frame({"event": WRITE, "data": {"name": "left behind"}})
        await gates.until(1)
        leaving = asyncio.ensure_future(client.__aexit__())
        await asyncio.sleep(0.1)
        # The server waits for the write, and not the client for the server.
        assert not leaving.done()
        gates.open("left behind")
        await leaving
    assert gates.ended == ["left behind"]
    assert await Label.objects.filter(name="left behind").aexists()


@pytest.mark.parametrize("consumer", [Gated, SyncGated])
async def test_a_request_takes_only_so_long(
    connect: Connect, demo: Demo, gates: Gates, settings: Any, consumer: Any
) -> None:
    settings.BINDING_SCHEMA = {"REQUEST_TIMEOUT": 0.2}
    client = await connect(demo.alice, consumer=consumer)
    for event in (WAIT, WRITE):
        reply = await client.send(event, name=event)
        assert (reply.code, reply.data["event"].partition("#")[0]) == ("timeout", event)
    gates.open("next")
    assert (await client.send(WAIT, name="next")).data == {"result": "next"}


async def test_a_client_that_left_is_no_error(demo: Demo, gates: Gates, caplog: Any) -> None:
    inward: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    sent: list[str] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message["type"])
        if message["type"] == "websocket.send":
            raise OSError("the client is gone")

    scope = {"type": "websocket", "headers": [(b"authorization", f"Bearer {make_token(demo.alice)}".encode())]}
    key = demo.of(demo.network)[0].pk
    await inward.put({"type": "websocket.connect"})
    task = asyncio.ensure_future(AsyncConsumer.as_asgi()(scope, inward.get, send))
    for title in ("first", "second"):
        text = f'{{"event": "helpdesk.Ticket.save", "data": {{"id": {key}, "title": "{title}"}}}}'
        await inward.put({"type": "websocket.receive", "text": text})
        async with asyncio.timeout(10):
            while (await Ticket.objects.aget(pk=key)).title != title:  # noqa: ASYNC110 - of the database
                await asyncio.sleep(0.01)
    await inward.put({"type": "websocket.disconnect", "code": 1006})
    async with asyncio.timeout(10):
        await task
    assert "websocket.send" in sent
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


# Rights that end ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def short(settings: Any) -> None:
    """A user is read again for each request."""
    settings.BINDING_SCHEMA = {"USER_MAX_AGE": 0.000_001}


async def lost(client: WebSocketClient, demo: Demo) -> None:
    """The next request is refused and the connection closed, unless the live engine has found out before."""
    key = demo.of(demo.network)[0].pk
    await client.send_frame({"event": "helpdesk.Ticket.save", "data": {"id": key, "title": "Never"}})
    for reply in await last_words(client):
        assert (reply.code, reply.data["event"]) == ("unauthenticated", "helpdesk.Ticket.save")
    assert client.closed == 4401
    assert not await Ticket.objects.filter(title="Never").aexists()


@pytest.mark.parametrize("consumer", [AsyncConsumer, SyncConsumer])
@pytest.mark.parametrize("how", ["token", "session"])
async def test_a_deactivated_user(connect: Connect, demo: Demo, short: None, consumer: Any, how: str) -> None:
    headers = await sync_to_async(session_cookie)(demo.alice)
    client = await (
        connect(demo.alice, consumer=consumer) if how == "token" else connect(consumer=consumer, headers=headers)
    )
    assert (await client.send(RETRIEVE, id=demo.of(demo.network)[0].pk)).ok
    demo.alice.is_active = False
    await demo.alice.asave()
    await lost(client, demo)


@pytest.mark.parametrize("consumer", [AsyncConsumer, SyncConsumer])
async def test_a_user_who_logged_out(connect: Connect, demo: Demo, short: None, consumer: Any) -> None:
    client = await connect(consumer=consumer, headers=await sync_to_async(session_cookie)(demo.alice))
    assert (await client.send(RETRIEVE, id=demo.of(demo.network)[0].pk)).ok
    await Session.objects.all().adelete()
    await lost(client, demo)


@pytest.mark.parametrize("how", ["token", "session"])
async def test_a_password_that_changed(connect: Connect, demo: Demo, short: None, how: str) -> None:
    headers = await sync_to_async(session_cookie)(demo.alice)
    client = await (connect(demo.alice) if how == "token" else connect(headers=headers))
    assert (await client.send(RETRIEVE, id=demo.of(demo.network)[0].pk)).ok
    demo.alice.set_password("another")
    await demo.alice.asave()
    await lost(client, demo)


async def test_a_token_that_ran_out(connect: Connect, demo: Demo, short: None) -> None:
    client = await connect(headers={"authorization": f"Bearer {make_token(demo.alice, 2)}"})
    assert (await client.send(RETRIEVE, id=demo.of(demo.network)[0].pk)).ok
    await asyncio.sleep(2.1)
    await lost(client, demo)


async def test_rights_that_were_taken_or_given(connect: Connect, demo: Demo, short: None) -> None:
    """Permissions are read with the user, so they hold from the next reading on; the row rule holds at once."""
    client = await connect(demo.alice)
    assert (await client.send("helpdesk.Team.create", name="New")).code == "forbidden"
    demo.alice.is_superuser = True
    await demo.alice.asave()
    assert (await client.send("helpdesk.Team.create", name="New")).ok
    await demo.network.members.aremove(demo.alice)
    demo.alice.is_superuser = False
    await demo.alice.asave()
    assert (await client.send("helpdesk.Ticket.search")).data["count"] == 0
