"""Who gets a connection: by session, header or subprotocol; what refuses one, and with which code."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.auth import AuthMiddlewareStack

from binding_schema.consumers import AsyncConsumer, SyncConsumer
from binding_schema.errors import Forbidden, Unauthenticated
from binding_schema.resolve.authentication import BaseAuthentication, make_token
from binding_schema.testing import WebSocketClient
from tests.conftest import Demo

from .conftest import Connect, closed, session_cookie

SEARCH = "helpdesk.Ticket.search"
CONSUMERS = [AsyncConsumer, SyncConsumer]


async def count(client: WebSocketClient) -> int:
    reply = await client.send(SEARCH)
    assert reply.event == SEARCH, reply
    return reply.data["count"]


@pytest.mark.parametrize("consumer", CONSUMERS)
async def test_by_session_cookie(connect: Connect, demo: Demo, consumer: Any) -> None:
    client = await connect(consumer=consumer, headers=await sync_to_async(session_cookie)(demo.alice))
    assert await count(client) == 10
    assert client.subprotocol is None


async def test_by_header(connect: Connect, demo: Demo) -> None:
    for scheme in ("Bearer", "bearer"):
        client = await connect(headers={"authorization": f"{scheme} {make_token(demo.carol)}"})
        assert await count(client) == 20


async def test_by_subprotocol(connect: Connect, demo: Demo) -> None:
    client = await connect(subprotocols=("binding-schema", f"bearer.{make_token(demo.alice)}"))
    assert await count(client) == 10
    # The token is not repeated, and a browser refuses an answer with a subprotocol that it has not offered.
    assert client.subprotocol == "binding-schema"


async def test_by_channels_own_middleware(demo: Demo) -> None:
    application = AuthMiddlewareStack(AsyncConsumer.as_asgi())
    headers = await sync_to_async(session_cookie)(demo.alice)
    async with WebSocketClient(application, headers=headers) as client:
        assert await count(client) == 10
    async with WebSocketClient(application) as client:
        assert await closed(client) == 4401


@pytest.mark.parametrize("consumer", CONSUMERS)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"headers": {"authorization": "Bearer nonsense"}},
        {"headers": {"cookie": "sessionid=nonsense"}},
        {"headers": {"cookie": 'sessionid="'}},
        {"headers": {"authorization": "Basic YWxpY2U6YWxpY2U="}},
        {"subprotocols": ("binding-schema", "bearer.nonsense")},
        {"subprotocols": ("binding-schema",)},
        {"subprotocols": ("bearer.",)},
    ],
    ids=str,
)
async def test_who_is_not_known_is_refused(connect: Connect, demo: Demo, consumer: Any, options: Any) -> None:
    client = await connect(consumer=consumer, **options)
    # What a client sends without waiting for an answer is not answered either.
    await client.send_frame({"event": SEARCH})
    with pytest.raises(ConnectionError):
        await client.receive()
    assert client.closed == 4401


@pytest.mark.parametrize("consumer", CONSUMERS)
async def test_an_inactive_user_is_refused(connect: Connect, demo: Demo, consumer: Any) -> None:
    headers = await sync_to_async(session_cookie)(demo.alice)
    token = make_token(demo.alice)
    demo.alice.is_active = False
    await demo.alice.asave()
    for options in ({"headers": headers}, {"headers": {"authorization": f"Bearer {token}"}}):
        assert await closed(await connect(consumer=consumer, **options)) == 4401


async def test_anonymous_clients_where_they_are_allowed(connect: Connect, demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"ANONYMOUS_CONNECTION_ALLOWED": True}
    client = await connect()
    for _ in range(2):
        # Connected, but not allowed what needs a user; and it may ask again.
        reply = await client.send(SEARCH)
        assert reply.code == "unauthenticated", reply
    bad = await connect(headers={"authorization": "Bearer nonsense"})
    assert await closed(bad) == 4401


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "", "https://testserver.evil.example", "http://[", "file://", "testserver"],
)
async def test_a_strange_origin_is_refused(connect: Connect, demo: Demo, origin: str) -> None:
    headers = {"origin": origin, **await sync_to_async(session_cookie)(demo.alice)}
    assert await closed(await connect(headers=headers)) == 4403


@pytest.mark.parametrize("origin", ["http://testserver", "https://testserver", "https://testserver:8443"])
async def test_an_allowed_origin(connect: Connect, demo: Demo, origin: str) -> None:
    headers = {"origin": origin, **await sync_to_async(session_cookie)(demo.alice)}
    assert await count(await connect(headers=headers)) == 10


async def test_origins_by_setting(connect: Connect, demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"ALLOWED_ORIGINS": ["https://app.example.org"]}
    cookie = await sync_to_async(session_cookie)(demo.alice)
    assert await count(await connect(headers={"origin": "https://app.example.org", **cookie})) == 10
    for origin in ("https://testserver", "http://app.example.org", "https://app.example.org:444"):
        assert await closed(await connect(headers={"origin": origin, **cookie})) == 4403


class Never(BaseAuthentication):
    async def authenticate(self, handshake: Any) -> Any:
        await asyncio.sleep(3)


async def test_a_handshake_takes_only_so_long(connect: Connect, demo: Demo, settings: Any) -> None:
    path = f"{__name__}.Never"
    settings.BINDING_SCHEMA = {"HANDSHAKE_TIMEOUT": 0.1, "AUTHENTICATION_CLASSES": [path]}
    assert await closed(await connect(demo.alice)) == 4408


# Hooks ------------------------------------------------------------------------------------------------------------------


class Noted(AsyncConsumer):
    notes: list[Any]
    refusal: Exception | None = None
    delay = 0.0

    async def connected(self, user: Any) -> None:
        await asyncio.sleep(self.delay)
        if self.refusal is not None:
            raise self.refusal
        self.notes.append(("connected", user.username))

    async def disconnected(self, code: int) -> None:
        self.notes.append(("disconnected", code))


class SyncNoted(SyncConsumer):
    notes: list[Any]

    def connected(self, user: Any) -> None:
        # On a worker: a query is allowed.
        self.notes.append(("connected", user.username, user.teams.count()))

    def disconnected(self, code: int) -> None:
        self.notes.append(("disconnected", code))


async def test_hooks(demo: Demo) -> None:
    class Mine(Noted):
        notes = []

    async with WebSocketClient(Mine.as_asgi(), demo.alice) as client:
        assert await count(client) == 10
        assert Mine.notes == [("connected", "alice")]
    assert Mine.notes == [("connected", "alice"), ("disconnected", 1000)]


async def test_sync_hooks(demo: Demo) -> None:
    class Mine(SyncNoted):
        notes = []

    async with WebSocketClient(Mine.as_asgi(), demo.carol) as client:
        assert await count(client) == 20
    assert Mine.notes == [("connected", "carol", 2), ("disconnected", 1000)]


@pytest.mark.parametrize("error, code", [(Forbidden(), 4403), (Unauthenticated(), 4401)])
async def test_the_hook_may_refuse(connect: Connect, demo: Demo, error: Exception, code: int) -> None:
    class Mine(Noted):
        notes = []
        refusal = error

    assert await closed(await connect(demo.alice, consumer=Mine)) == code
    # Who was never welcome does not leave.
    assert Mine.notes == []


async def test_a_hook_that_fails_is_an_incident(connect: Connect, demo: Demo, caplog: Any) -> None:
    class Mine(Noted):
        notes = []
        refusal = ZeroDivisionError("a secret")

    assert await closed(await connect(demo.alice, consumer=Mine)) == 1011
    assert Mine.notes == []
    assert "Incident" in caplog.text


async def test_the_hook_is_within_the_time_of_the_handshake(connect: Connect, demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"HANDSHAKE_TIMEOUT": 0.2}

    class Mine(Noted):
        notes = []
        delay = 5.0

    assert await closed(await connect(demo.alice, consumer=Mine)) == 4408
    assert Mine.notes == []


async def test_the_close_code_of_the_server_is_told(demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"IDLE_TIMEOUT": 0.2}

    class Mine(Noted):
        notes = []

    async with WebSocketClient(Mine.as_asgi(), demo.alice) as client:
        assert await closed(client) == 4408
    assert Mine.notes == [("connected", "alice"), ("disconnected", 4408)]
