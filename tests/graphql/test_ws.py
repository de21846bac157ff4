"""GraphQL over WebSocket: the protocol `graphql-transport-ws`, who may connect, and several operations of one connection."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest
import strawberry
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User

from binding_schema.errors import Forbidden
from binding_schema.live.hub import hub
from binding_schema.resolve.authentication import make_token
from binding_schema.transports.graphql import GraphQLConsumer, build_schema
from binding_schema.transports.graphql.scalars import JSON
from helpdesk.models import Ticket
from tests.conftest import Demo, StartServer
from tests.graphql_schema import schema
from tests.transports.conftest import session_cookie

from .wires import PROTOCOL, Connect, Socket, codes

COUNT = "{ tickets { count } }"
CHANGED = "subscription($id: ID!) { ticketChanged(id: $id, snapshot: true) { cause id object { title status } } }"


async def rename(key: int, title: str) -> None:
    def write() -> None:
        ticket = Ticket.objects.get(pk=key)
        ticket.title = title
        ticket.save()

    await sync_to_async(write)()


async def follow(socket: Socket, key: int, identity: str = "") -> str:
    """A subscription to one object, once it stands."""
    identity = await socket.start(CHANGED, {"id": key}, identity)
    assert (await socket.next(identity))["ticketChanged"]["cause"] == "SNAPSHOT"
    return identity


# Who may connect --------------------------------------------------------------------------------------------------------


async def test_a_query_and_a_mutation(connect: Connect, demo: Demo) -> None:
    socket = await connect(demo.alice)
    assert socket.subprotocol == PROTOCOL
    assert await socket.run(COUNT) == {"data": {"tickets": {"count": 10}}}
    query = "mutation($input: TicketCreateInput!) { createTicket(input: $input) { success object { title team { name } } } }"
    found = await socket.run(query, {"input": {"title": "New", "team": demo.network.pk}})
    payload = {"success": True, "object": {"title": "New", "team": {"name": "Network"}}}
    assert found == {"data": {"createTicket": payload}}


@pytest.mark.parametrize("offered", [("graphql-ws",), (), ("other", "graphql-ws")])
async def test_other_protocols_are_refused(offered: tuple[str, ...], connect: Connect, demo: Demo) -> None:
    socket = await connect(demo.alice, init=None, subprotocols=offered)
    assert await socket.close_code() == 4406


async def test_ours_is_chosen_among_several(connect: Connect, demo: Demo) -> None:
    socket = await connect(demo.alice, subprotocols=("graphql-ws", PROTOCOL))
    assert socket.subprotocol == PROTOCOL
    assert await socket.run(COUNT) == {"data": {"tickets": {"count": 10}}}


async def test_by_a_session_cookie(connect: Connect, demo: Demo) -> None:
    cookie = await sync_to_async(session_cookie)(demo.alice)
    socket = await connect(headers={**cookie, "origin": "http://testserver"})
    assert await socket.run(COUNT) == {"data": {"tickets": {"count": 10}}}


@pytest.mark.parametrize("name", ["authorization", "Authorization"])
async def test_by_the_payload(name: str, connect: Connect, demo: Demo) -> None:
    token = await sync_to_async(make_token)(demo.bob)
    socket = await connect(init={name: f"Bearer {token}"})
    assert await socket.run(COUNT) == {"data": {"tickets": {"count": 10}}}
    own = await socket.run("{ tickets(limit: 1) { rows { team { name } } } }")
    assert own["data"]["tickets"]["rows"] == [{"team": {"name": "Billing"}}]


async def test_by_a_subprotocol(connect: Connect, demo: Demo) -> None:
    token = await sync_to_async(make_token)(demo.alice)
    socket = await connect(subprotocols=(f"bearer.{token}", PROTOCOL))
    assert socket.subprotocol == PROTOCOL
    assert await socket.run(COUNT) == {"data": {"tickets": {"count": 10}}}


@pytest.mark.parametrize(
    "payload", [None, {}, {"authorization": "Bearer nonsense"}, {"authorization": "nonsense"}, {"authorization": 5}]
)
async def test_who_is_nobody_is_refused(payload: Any, connect: Connect, demo: Demo) -> None:
    socket = await connect(init=None)
    await socket.send_frame({"type": "connection_init", "payload": payload})
    assert await socket.close_code() == 4401


async def test_anonymous_where_it_is_allowed(connect: Connect, demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"ANONYMOUS_CONNECTION_ALLOWED": True}
    socket = await connect()
    assert codes(await socket.run(COUNT)) == ["unauthenticated"]
    assert await socket.run("{ __typename }") == {"data": {"__typename": "Query"}}
    refused = await socket.start("subscription { ticketsChanged { cause } }")
    message = await socket.of(refused)
    assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "unauthenticated")
    assert await socket.run("{ __typename }") == {"data": {"__typename": "Query"}}


async def test_origins(connect: Connect, demo: Demo, settings: Any) -> None:
    socket = await connect(demo.alice, init=None, headers={"origin": "http://evil.example"})
    assert await socket.close_code() == 4403
    settings.BINDING_SCHEMA = {"ALLOWED_ORIGINS": ["https://app.example"]}
    socket = await connect(demo.alice, init=None, headers={"origin": "http://testserver"})
    assert await socket.close_code() == 4403
    await connect(demo.alice, headers={"origin": "https://app.example"})


async def test_a_client_that_does_not_introduce_itself(connect: Connect, demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"HANDSHAKE_TIMEOUT": 0.4}
    socket = await connect(demo.alice, init=None)
    await asyncio.sleep(0.2)
    await socket.send_frame({"type": "ping"})  # which is no introduction
    assert await socket.message() == {"type": "pong"}
    assert await socket.close_code() == 4408


async def test_idle_connections(connect: Connect, demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"IDLE_TIMEOUT": 0.5}
    socket = await connect(demo.alice)
    for _ in range(4):
        await asyncio.sleep(0.2)
        await socket.send_frame({"type": "ping", "payload": {"n": 1}})
        assert await socket.message() == {"type": "pong", "payload": {"n": 1}}
    assert await socket.close_code() == 4408


class Welcoming(GraphQLConsumer):
    left: list[int] = []

    async def connected(self, user: Any, payload: dict[str, Any]) -> dict[str, Any] | None:
        if payload.get("room") != "7":
            raise Forbidden()
        return {"hello": user.username}

    async def disconnected(self, code: int) -> None:
        self.left.append(code)


async def test_hooks(connect: Connect, demo: Demo) -> None:
    Welcoming.left.clear()
    application = Welcoming.as_asgi(schema=schema)
    async with Socket(demo.alice, application=application) as socket:
        await socket.send_frame({"type": "connection_init"})
        assert await socket.close_code() == 4403
    assert Welcoming.left == []
    async with Socket(demo.alice, application=application) as socket:
        assert await socket.init({"room": "7"}) == {"type": "connection_ack", "payload": {"hello": "alice"}}
        assert (await socket.run(COUNT))["data"]
    assert Welcoming.left == [1000]


# The protocol -----------------------------------------------------------------------------------------------------------


async def test_before_the_introduction_nothing_is_answered(connect: Connect, demo: Demo) -> None:
    socket = await connect(demo.alice, init=None)
    await socket.start(f'mutation {{ createTicket(input: {{title: "x", team: {demo.network.pk}}}) {{ id }} }}')
    assert await socket.close_code() == 4401
    assert await Ticket.objects.acount() == 30


async def test_one_introduction(connect: Connect, demo: Demo) -> None:
    socket = await connect(demo.alice)
    await socket.send_frame({"type": "connection_init"})
    assert await socket.close_code() == 4429


async def test_one_operation_an_id(connect: Connect, demo: Demo) -> None:
    socket = await connect(demo.alice)
    key = {"id": demo.of(demo.network)[0].pk}
    await socket.start(CHANGED, key, "a")
    await socket.start(CHANGED, key, "a")
    assert await socket.close_code() == 4409
    # An id is free again once its operation is over.
    socket = await connect(demo.alice)
    for _ in range(2):
        await socket.start(COUNT, identity="a")
        assert (await socket.of("a"))["type"] == "next"
        assert (await socket.of("a"))["type"] == "complete"
    await socket.start(CHANGED, key, "a")
    await socket.stop("a")
    await socket.start(CHANGED, key, "a")
    await socket.stop("unknown")
    assert await socket.run(COUNT) == {"data": {"tickets": {"count": 10}}}


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "5", "[]", "{}", '{"type": 5}', '{"type": []}', '{"type": "nothing"}', '{"type": "start"}',
     '{"type": "subscribe"}', '{"type": "subscribe", "id": "a"}', '{"type": "subscribe", "id": "a", "payload": null}',
     '{"type": "subscribe", "id": 5, "payload": {"query": "{a}"}}',
     '{"type": "subscribe", "id": "", "payload": {"query": "{a}"}}',
     '{"type": "subscribe", "id": "a", "payload": {"query": 5}}', '{"type": "subscribe", "id": "a", "payload": {}}',
     '{"type": "subscribe", "id": "a", "payload": {"query": "{a}", "variables": []}}',
     '{"type": "subscribe", "id": "a", "payload": {"query": "{a}", "operationName": {}}}',
     '{"type": "complete"}', '{"type": "complete", "id": []}', '{"type": "connection_init", "payload": []}', "\ud800"],
)  # fmt: skip
@pytest.mark.parametrize("welcome", [True, False])
async def test_what_is_no_message_of_the_protocol(text: str, welcome: bool, connect: Connect, demo: Demo) -> None:
    socket = await connect(demo.alice, init={} if welcome else None)
    await socket.send_text(text)
    expected = {4400}
    if "subscribe" in text and not welcome:
        expected = {4401}
    if "connection_init" in text and welcome:
        expected = {4429}
    assert await socket.close_code() in expected


async def test_bytes(connect: Connect, demo: Demo) -> None:
    socket = await connect(demo.alice)
    await socket.send_bytes(b'{"type": "ping"}')
    assert await socket.close_code() == 4400


async def test_mistakes_of_an_operation_leave_the_others(connect: Connect, demo: Demo) -> None:
    socket = await connect(demo.alice)
    key = demo.of(demo.network)[0].pk
    stream = await follow(socket, key)
    for query, name in (
        ("{", "invalid_frame"), ("", "invalid_frame"), ("{ nothing }", "invalid_data"),
        ("query A { __typename } query B { __typename }", "invalid_data"),
        ("query($n: Int!) { tickets(limit: $n) { count } }", "invalid_data"),
        ("subscription { nothing }", "invalid_data"), ("fragment F on Ticket { id }", "invalid_data"),
    ):  # fmt: skip
        message = await socket.of(await socket.start(query))
        assert (message["type"], [item["extensions"]["code"] for item in message["payload"]]) == ("error", [name]), (
            query
        )
    await rename(key, "Still told")
    assert (await socket.next(stream))["ticketChanged"]["object"]["title"] == "Still told"


# Several operations -----------------------------------------------------------------------------------------------------


async def test_subscriptions_do_not_end_one_another(connect: Connect, demo: Demo) -> None:
    socket = await connect(demo.alice)
    key = demo.of(demo.network)[0].pk
    same = [await follow(socket, key) for _ in range(3)]
    every = await socket.start("subscription { ticketsChanged(snapshot: true) { cause id } }")
    assert (await socket.next(every))["ticketsChanged"]["cause"] == "SNAPSHOT"
    await rename(key, "First")
    for identity in same:
        told = {
            "cause": "UPDATE",
            "id": str(key),
            "object": {"title": "First", "status": demo.tickets[0].status.upper()},
        }
        assert await socket.next(identity) == {"ticketChanged": told}
    assert await socket.next(every) == {"ticketsChanged": {"cause": "UPDATE", "id": str(key)}}
    await socket.stop(same[0])
    assert (await socket.run(COUNT))["data"]
    await rename(key, "Second")
    for identity in same[1:]:
        assert (await socket.next(identity))["ticketChanged"]["object"]["title"] == "Second"
    assert (await socket.next(every))["ticketsChanged"]["id"] == str(key)
    assert await socket.quiet()


async def test_an_object_out_of_sight_is_not_followed(connect: Connect, demo: Demo) -> None:
    socket = await connect(demo.alice)
    for key in (demo.of(demo.billing)[0].pk, 10**9):
        message = await socket.of(await socket.start(CHANGED, {"id": key}))
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "not_found")
    await rename(demo.of(demo.billing)[0].pk, "Secret")
    assert await socket.quiet()
    assert (await socket.run(COUNT))["data"]


async def test_so_many_subscriptions(connect: Connect, demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"GRAPHQL_MAX_SUBSCRIPTIONS": 2}
    socket = await connect(demo.alice)
    key = demo.of(demo.network)[0].pk
    running = [await follow(socket, key) for _ in range(2)]
    message = await socket.of(await socket.start(CHANGED, {"id": key}))
    assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "rate_limited")
    assert (await socket.run(COUNT))["data"]
    await socket.stop(running[0])
    await follow(socket, key, "again")
    await rename(key, "Told")
    assert (await socket.next("again"))["ticketChanged"]["object"]["title"] == "Told"
    assert (await socket.next(running[1]))["ticketChanged"]["object"]["title"] == "Told"


async def test_rates(connect: Connect, demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"MAX_REQUESTS_PER_SECOND": 5, "MAX_VIOLATIONS": None}
    socket = await connect(demo.alice)
    started = [await socket.start(COUNT) for _ in range(16)]
    kinds = [(await socket.of(identity)) for identity in started]
    refused = [item for item in kinds if item["type"] == "error"]
    assert 4 <= len(refused) <= 6  # a slow machine earns a request or two meanwhile
    assert {item["payload"][0]["extensions"]["code"] for item in refused} == {"rate_limited"}
    settings.BINDING_SCHEMA = {"MAX_REQUESTS_PER_SECOND": 1, "MAX_VIOLATIONS": 3}
    socket = await connect(demo.alice)
    for _ in range(10):
        await socket.start(COUNT)
    assert await socket.close_code() == 4429


async def test_sizes(connect: Connect, demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"MAX_FRAME_BYTES": 1000}
    socket = await connect(demo.alice)
    query = "mutation($input: TicketCreateInput!) { createTicket(input: $input) { id } }"
    found = await socket.run(query, {"input": {"title": "é" * 450, "body": "", "team": demo.network.pk}})
    assert codes(found) == ["too_large"]
    assert (await socket.run(COUNT))["data"]
    assert await Ticket.objects.acount() == 30
    await socket.send_frame({"type": "ping", "payload": {"x": "x" * 1000}})
    assert await socket.close_code() == 4413


# The end of a connection, and of a user's rights --------------------------------------------------------------------------


async def test_a_deactivated_user(connect: Connect, demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"USER_MAX_AGE": 0.05}
    socket = await connect(demo.alice)
    assert (await socket.run(COUNT))["data"]
    await User.objects.filter(pk=demo.alice.pk).aupdate(is_active=False)
    await asyncio.sleep(0.1)
    identity = await socket.start(COUNT)
    assert (await socket.of(identity))["payload"]["errors"][0]["extensions"]["code"] == "unauthenticated"
    assert await socket.close_code() == 4401


async def test_a_deactivated_user_hears_nothing_more(connect: Connect, demo: Demo) -> None:
    socket = await connect(demo.alice)
    key = demo.of(demo.network)[0].pk
    identity = await follow(socket, key)
    await User.objects.filter(pk=demo.alice.pk).aupdate(is_active=False)
    await rename(key, "Not for alice")
    message = await socket.of(identity)
    assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "unauthenticated")
    assert await socket.close_code() == 4401


@strawberry.type
class Slow:
    @strawberry.mutation
    async def slow(self, name: str) -> bool:
        begun.append(name)
        await gate.wait()
        ended.append(name)
        return True


begun: list[str] = []
ended: list[str] = []
gate = asyncio.Event()


@pytest.fixture
def slow() -> Any:
    global gate
    begun.clear()
    ended.clear()
    gate = asyncio.Event()
    return GraphQLConsumer.as_asgi(schema=build_schema(mutation=Slow))


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.005)


async def test_a_write_that_has_begun_is_finished(slow: Any, demo: Demo) -> None:
    async with Socket(demo.alice, application=slow) as socket:
        await socket.init({})
        left = await socket.start('mutation { slow(name: "left") }')
        await socket.start('mutation { slow(name: "lost") }')
        await until(lambda: len(begun) == 2)
        await socket.stop(left)
        asyncio.get_running_loop().call_later(0.3, gate.set)
    assert sorted(ended) == ["left", "lost"]


async def test_so_many_at_once_and_no_more_is_read(slow: Any, demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"MAX_IN_FLIGHT": 3}
    async with Socket(demo.alice, application=slow) as socket:
        await socket.init({})
        started = [await socket.start('mutation { slow(name: "x") }') for _ in range(8)]
        await until(lambda: len(begun) == 3)
        await asyncio.sleep(0.1)
        assert (len(begun), socket._inward.qsize()) == (3, 4)  # the fourth was read, and waits
        gate.set()
        for identity in started:
            assert await socket.next(identity) == {"slow": True}


async def test_a_result_that_cannot_be_told(demo: Demo, connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        def big(self) -> JSON:
            return JSON(2**70)

    socket = await connect(demo.alice, application=GraphQLConsumer.as_asgi(schema=build_schema(query=Query)))
    found = await socket.run("{ big }")
    assert codes(found) == ["internal"]
    assert found["errors"][0]["extensions"]["incident"] in caplog.text
    assert (await socket.run(COUNT))["data"]


# A client that does not read --------------------------------------------------------------------------------------------


class Deaf(Socket):
    """A client that can stop reading: what the server sends waits then, as before a full window of TCP's."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.reads = asyncio.Event()
        self.reads.set()
        self.unsent: list[Any] = []

    async def __aexit__(self, *error: object) -> None:
        self.reads.set()  # a server would fail to send to a client that is gone
        await super().__aexit__(*error)

    async def _run(self) -> None:
        await self.application(self.scope, self._inward.get, self._put)

    async def _put(self, message: dict[str, Any]) -> None:
        self.unsent.append(message)
        await self.reads.wait()
        self.unsent.remove(message)
        await self._outward.put(message)


async def test_a_client_that_does_not_read(demo: Demo, settings: Any) -> None:
    """What is kept for it is bounded: the outbox of each subscription, and a message for each operation. Nobody else waits."""
    settings.BINDING_SCHEMA = {"MAX_QUEUED_FRAMES": 3, "MAX_IN_FLIGHT": 4, "MAX_REQUESTS_PER_SECOND": None}
    keys = [ticket.pk for ticket in demo.of(demo.network)]
    query = "subscription { ticketsChanged(snapshot: true) { cause object { id title } rows { id title } } }"
    async with Deaf(demo.alice) as deaf, Socket(demo.alice) as other:
        await deaf.init({})
        await other.init({})
        streams = [await deaf.start(query) for _ in range(3)]
        heard = await other.start(query)
        for identity in streams:
            assert (await deaf.next(identity))["ticketsChanged"]["cause"] == "SNAPSHOT"
        assert (await other.next(heard))["ticketsChanged"]["cause"] == "SNAPSHOT"
        deaf.reads.clear()
        asked = [await deaf.start(COUNT) for _ in range(30)]
        for key in keys:
            await rename(key, f"Changed {key}")
            assert (await other.next(heard))["ticketsChanged"]["object"]["title"] == f"Changed {key}"
        await until(lambda: sum(session.lagging for session in hub().sessions) == 3)
        assert len(deaf.unsent) <= 3 + 4
        assert deaf._inward.qsize() >= 30 - 4 - 1
        assert all(session._outbox is None or len(session._outbox._frames) <= 4 for session in hub().sessions)
        deaf.reads.set()
        for identity in asked:
            assert await deaf.next(identity) == {"tickets": {"count": 10}}
        for identity in streams:
            assert await state_of(deaf, identity, keys) == {str(key): f"Changed {key}" for key in keys}
    await until(lambda: not hub().sessions)


async def state_of(socket: Socket, identity: str, keys: list[int]) -> dict[str, str]:
    """What a client knows that keeps the newest of each object, once a resync has been told."""
    held: dict[str, str] = {}
    causes: list[str] = []
    while "RESYNC" not in causes or len(held) < len(keys):
        change = (await socket.next(identity))["ticketsChanged"]
        causes.append(change["cause"])
        for item in change["rows"] or [change["object"]] if change["cause"] != "RESYNC" else []:
            held[item["id"]] = item["title"]
    return held


async def test_against_a_real_server(uvicorn_server: StartServer, demo: Demo) -> None:
    from websockets.asyncio.client import connect  # noqa: PLC0415 - a client that knows nothing of us

    server = uvicorn_server()
    url = server.url.replace("http://", "ws://") + "/graphql/"
    token = await sync_to_async(make_token)(demo.alice)
    async with connect(url, subprotocols=[PROTOCOL]) as socket:  # type: ignore[list-item]
        await socket.send(
            orjson.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}).decode()
        )
        assert orjson.loads(await socket.recv()) == {"type": "connection_ack"}
        await socket.send(orjson.dumps({"id": "1", "type": "subscribe", "payload": {"query": COUNT}}).decode())
        assert orjson.loads(await socket.recv())["payload"] == {"data": {"tickets": {"count": 10}}}
        assert orjson.loads(await socket.recv()) == {"id": "1", "type": "complete"}
    async with connect(url, subprotocols=["graphql-ws"]) as socket:  # type: ignore[list-item]
        await socket.wait_closed()
        assert socket.close_code == 4406
