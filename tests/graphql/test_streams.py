"""Subscriptions over HTTP: Server-Sent Events and multipart/mixed, under ASGI."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User

from binding_schema.live.hub import hub
from binding_schema.live.metrics import metrics
from binding_schema.resolve.authentication import make_token
from helpdesk.models import Ticket
from tests.asgi import application
from tests.conftest import Demo, served

from .test_ws import rename, until
from .wires import Http, code

EVENTS, PARTS = "text/event-stream", 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json'
CHANGED = "subscription($id: ID!) { ticketChanged(id: $id, snapshot: true) { cause object { title } } }"


@pytest.fixture(scope="module")
def url(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of one server for these tests, each of which has rows of its own. A test writes in its own process, which the server
    hears of by looking."""
    log, settings = tmp_path_factory.mktemp("streams") / "uvicorn.log", json.dumps({"LIVE_POLL_INTERVAL": 0.1})
    with served(log, "tests.asgi:application", BINDING_SCHEMA_TEST_SETTINGS=settings) as server:
        yield f"{server.url}/graphql/"


@asynccontextmanager
async def stream(url: str, user: Any, query: str, accept: str = EVENTS, method: str = "POST", **variables: Any) -> Any:
    token = await sync_to_async(make_token)(user)
    headers = {"authorization": f"Bearer {token}", "accept": accept}
    sent: dict[str, Any] = {"json": {"query": query, "variables": variables}}
    if method == "GET":
        sent = {"params": {"query": query, "variables": json.dumps(variables)}}
    async with httpx.AsyncClient(timeout=15) as client, client.stream(method, url, headers=headers, **sent) as response:
        yield response


async def results(response: httpx.Response) -> AsyncIterator[Any]:
    """The results of a stream of either kind, and None once the server says that it is over."""
    is_parts = response.headers["content-type"].startswith("multipart/mixed")
    async for line in response.aiter_lines():
        if is_parts and line == "--graphql--":
            yield None
        elif is_parts and line.startswith("{") and line != "{}":
            yield json.loads(line)["payload"]
        elif line == "event: complete":
            yield None
        elif line.startswith("data: {"):
            yield json.loads(line.removeprefix("data: "))


async def following(found: AsyncIterator[Any]) -> Any:
    async with asyncio.timeout(10):
        return await anext(found)


@pytest.mark.parametrize("accept, method", [(EVENTS, "POST"), (EVENTS, "GET"), (PARTS, "POST")])
async def test_a_subscription(accept: str, method: str, url: str, demo: Demo) -> None:
    key = demo.of(demo.network)[0].pk
    async with stream(url, demo.alice, CHANGED, accept, method, id=str(key)) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith(accept.partition(";")[0])
        assert response.headers["cache-control"] == "private, no-store"
        assert response.headers["x-accel-buffering"] == "no"
        found = results(response)
        first = await following(found)
        assert first["data"]["ticketChanged"] == {
            "cause": "SNAPSHOT",
            "object": {"title": demo.of(demo.network)[0].title},
        }
        await rename(key, "Told")
        assert (await following(found))["data"]["ticketChanged"] == {"cause": "UPDATE", "object": {"title": "Told"}}
        await delete(key)
        assert (await following(found))["data"]["ticketChanged"] == {"cause": "DELETE", "object": None}
        assert await following(found) is None


async def delete(key: int) -> None:
    await sync_to_async(lambda: Ticket.objects.get(pk=key).delete())()


async def test_an_object_out_of_sight(url: str, demo: Demo) -> None:
    async with stream(url, demo.alice, CHANGED, id=str(demo.of(demo.billing)[0].pk)) as response:
        found = results(response)
        (error,) = (await following(found))["errors"]
        assert error["extensions"]["code"] == "not_found"
        assert await following(found) is None


async def test_a_deactivated_user(url: str, demo: Demo) -> None:
    key = demo.of(demo.network)[0].pk
    async with stream(url, demo.alice, CHANGED, id=str(key)) as response:
        found = results(response)
        assert (await following(found))["data"]
        await User.objects.filter(pk=demo.alice.pk).aupdate(is_active=False)
        await rename(key, "Not for alice")
        (error,) = (await following(found))["errors"]
        assert error["extensions"]["code"] == "unauthenticated"
        assert await following(found) is None


async def test_queries_and_mutations_as_events(url: str, demo: Demo) -> None:
    create = f'mutation {{ createTicket(input: {{title: "New", team: {demo.network.pk}}}) {{ success }} }}'
    for query, data in (
        ("{ tickets { count } }", {"tickets": {"count": 10}}),
        (create, {"createTicket": {"success": True}}),
    ):
        async with stream(url, demo.alice, query) as response:
            found = results(response)
            assert await following(found) == {"data": data}
            assert await following(found) is None
    for query, method, name in (
        (create, "GET", "unsupported"), ("{ nothing }", "POST", "invalid_data"), ("{", "POST", "invalid_frame"),
    ):  # fmt: skip
        async with stream(url, demo.alice, query, method=method) as response:
            (error,) = (await following(results(response)))["errors"]
            assert error["extensions"]["code"] == name
    assert await Ticket.objects.acount() == 31


async def test_who_may_not_ask_gets_a_status(http: Http, demo: Demo) -> None:
    response = await http.post(CHANGED, {"id": "1"}, accept=EVENTS)
    assert code(response) == (401, "unauthenticated")
    response = await http.ask("POST", body=b"{", user=demo.alice, accept=EVENTS)
    assert code(response) == (400, "invalid_frame")


async def test_without_a_stream_a_subscription_is_refused(http: Http, demo: Demo) -> None:
    key = demo.of(demo.network)[0].pk
    response = await http.post(CHANGED, {"id": key}, user=demo.alice)
    assert code(response) == (405, "unsupported")
    assert "text/event-stream" in response.json()["errors"][0]["message"]
    path = "/graphql/?" + urlencode({"query": CHANGED, "variables": json.dumps({"id": key})})
    assert code(await http.ask("GET", path, user=demo.alice)) == (405, "unsupported")


@pytest.mark.parametrize("accept", [EVENTS, PARTS])
async def test_under_wsgi_there_are_no_streams(accept: str, demo: Demo) -> None:
    http = Http(wsgi=True)
    response = await http.post(CHANGED, {"id": demo.tickets[0].pk}, user=demo.alice, accept=accept)
    assert code(response) == (405, "unsupported")
    assert "ASGI" in response.json()["errors"][0]["message"]
    # What needs no stream is answered without one.
    response = await http.post("{ tickets { count } }", user=demo.alice, accept=accept)
    assert response.json() == {"data": {"tickets": {"count": 10}}}


class Reader:
    """A reader whose end of the exchange the test holds: it reads when it likes, and leaves when it likes."""

    def __init__(self, user: Any, query: str) -> None:
        self.body = json.dumps({"query": query}).encode()
        self.reads = asyncio.Event()
        self.leaves = asyncio.Event()
        self.got = ""
        self.unsent = 0
        headers = {
            "host": "testserver", "content-type": "application/json", "accept": EVENTS,
            "authorization": f"Bearer {make_token(user)}",
        }  # fmt: skip
        self.scope = {
            "type": "http", "method": "POST", "path": "/graphql/", "query_string": b"", "http_version": "1.1", "scheme": "http",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1), "server": ("testserver", 80),
        }  # fmt: skip

    async def receive(self) -> dict[str, Any]:
        if self.body:
            body, self.body = self.body, b""
            return {"type": "http.request", "body": body}
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        self.unsent += 1
        await self.reads.wait()
        self.unsent -= 1
        self.got += message.get("body", b"").decode()

    async def until(self, text: str) -> None:
        await until(lambda: text in self.got)


async def test_a_reader_that_does_not_read_or_leaves(demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"MAX_QUEUED_FRAMES": 1}  # others are on their way, one at each step
    keys = [ticket.pk for ticket in demo.of(demo.network)]
    query = "subscription { ticketsChanged(snapshot: true) { cause object { title } rows { title } } }"
    reader = await sync_to_async(Reader)(demo.alice, query)
    reader.reads.set()
    task = asyncio.create_task(application(reader.scope, reader.receive, reader.send))
    await reader.until("SNAPSHOT")
    reader.reads.clear()
    before = metrics.overflows
    for number, key in enumerate(keys):
        await rename(key, f"Changed {number}")
    await until(lambda: metrics.overflows > before)
    await until(lambda: reader.unsent == 1)
    await asyncio.sleep(0.2)
    assert reader.unsent == 1
    reader.reads.set()
    await reader.until("RESYNC")
    for number in range(len(keys)):
        await reader.until(f"Changed {number}")
    reader.leaves.set()
    await asyncio.wait_for(task, 10)
    await until(lambda: not hub().sessions)
