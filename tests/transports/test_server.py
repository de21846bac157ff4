"""A real uvicorn with clients that know nothing of us: `websockets` and `httpx`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from binding_schema.resolve.authentication import make_token
from helpdesk.models import Ticket
from tests.conftest import Demo, Server, served

from .conftest import session_cookie


@pytest.fixture(scope="module")
def shared(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all of these tests, each of which has rows of its own."""
    with served(tmp_path_factory.mktemp("server") / "uvicorn.log", "tests.asgi:application") as server:
        yield server


@pytest.fixture
def server(demo: Demo, shared: Server) -> Server:
    return shared


def bearer(user: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {make_token(user)}"}


async def ask(socket: ClientConnection, event: str, **data: Any) -> dict[str, Any]:
    """The answer, whatever live frames come before it."""
    await socket.send(orjson.dumps({"event": event, "data": data}).decode())
    while True:
        frame: dict[str, Any] = orjson.loads(await socket.recv())
        if event in (frame["event"], frame["data"].get("event")) and "cause" not in frame.get("meta", {}):
            return frame


async def test_websocket(server: Server, demo: Demo) -> None:
    async with connect(server.ws_url, additional_headers=bearer(demo.alice)) as socket:
        found = await ask(socket, "helpdesk.Ticket.search#1", page=1, limit=25)
        data = found["data"]
        assert (data["page"], data["limit"], data["count"]) == (1, 25, 10)
        assert {row["team"]["name"] for row in data["rows"]} == {"Network"}
        key = data["rows"][0]["id"]
        assert (await ask(socket, "helpdesk.Ticket.save#2", id=key, title="Changed"))["data"]["success"] is True
        assert (await ask(socket, "helpdesk.Ticket.retrieve#3", id=key))["data"]["title"] == "Changed"
        billing = demo.of(demo.billing)[0].pk
        refused = await ask(socket, "helpdesk.Ticket.retrieve#4", id=billing)
        assert refused["data"] == {
            "code": "not_found",
            "message": "There is no such object.",
            "event": "helpdesk.Ticket.retrieve#4",
        }
    assert (await Ticket.objects.aget(pk=key)).title == "Changed"


async def test_websocket_as_a_browser_opens_it(server: Server, demo: Demo) -> None:
    protocols: Any = ["binding-schema", f"bearer.{make_token(demo.carol)}"]
    async with connect(server.ws_url, subprotocols=protocols, origin=server.url) as socket:  # type: ignore[arg-type]
        assert socket.subprotocol == "binding-schema"
        assert (await ask(socket, "helpdesk.Ticket.search"))["data"]["count"] == 20
    cookie = await sync_to_async(session_cookie)(demo.bob)
    async with connect(server.ws_url, additional_headers=cookie, origin=server.url) as socket:  # type: ignore[arg-type]
        assert (await ask(socket, "helpdesk.Ticket.search"))["data"]["count"] == 10


async def test_websocket_refusals(server: Server, demo: Demo) -> None:
    cookie = await sync_to_async(session_cookie)(demo.alice)
    for options, code in (
        ({}, 4401),
        ({"additional_headers": {"Authorization": "Bearer x"}}, 4401),
        ({"additional_headers": cookie, "origin": "https://evil.example"}, 4403),
    ):
        async with connect(server.ws_url, **options) as socket:
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            assert socket.close_code == code, options


async def test_websocket_broken_frames(server: Server, demo: Demo) -> None:
    async with connect(server.ws_url, additional_headers=bearer(demo.alice)) as socket:
        for sent, code in (
            ("{", "invalid_frame"),
            (b"{}", "invalid_frame"),
            ('{"event": "helpdesk.Ticket.search", "data": {"query": "' + "x" * 5_000_000 + '"}}', "too_large"),
            ("[" * 10_000, "invalid_frame"),
        ):
            await socket.send(sent)
            assert orjson.loads(await socket.recv())["data"]["code"] == code
        assert (await ask(socket, "helpdesk.Ticket.search"))["data"]["count"] == 10


async def test_many_connections_at_once(server: Server, demo: Demo) -> None:
    people = [demo.alice, demo.bob, demo.carol, demo.dave] * 5
    teams = {
        demo.alice: {"Network"},
        demo.bob: {"Billing"},
        demo.carol: {"Network", "Billing"},
        demo.dave: {"Hardware"},
    }

    async def one(user: Any) -> None:
        async with connect(server.ws_url, additional_headers=bearer(user)) as socket:
            for number in range(10):
                found = await ask(socket, f"helpdesk.Ticket.search#{number}", limit=100)
                assert {row["team"]["name"] for row in found["data"]["rows"]} == teams[user]

    await asyncio.gather(*map(one, people))


async def test_http(server: Server, demo: Demo) -> None:
    async with httpx.AsyncClient(base_url=f"{server.url}/api/", headers=bearer(demo.alice)) as client:
        found = (await client.get("helpdesk.Ticket/", params={"priority__gte": 1, "limit": 3})).json()
        assert (found["event"], found["data"]["count"]) == ("helpdesk.Ticket.search", 10)
        path = f"helpdesk.Ticket/{found['data']['rows'][0]['id']}/"
        first = await client.get(path)
        known = await client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (known.status_code, known.content) == (304, b"")
        head = await client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["Content-Length"] == str(len(first.content))
        changed = await client.patch(path, json={"title": "Changed"})
        assert changed.json()["data"]["success"] is True
        assert (await client.get(path)).json()["data"]["title"] == "Changed"
        created = await client.post("helpdesk.Ticket/", json={"title": "New", "team": demo.network.pk})
        assert (await client.delete(f"helpdesk.Ticket/{created.json()['data']['id']}/")).json()["data"][
            "success"
        ] is True
        batch = await client.post("", json=[{"event": "helpdesk.Ticket.list"}, {"event": "helpdesk.Ticket.stats"}])
        assert [frame["event"] for frame in batch.json()] == ["helpdesk.Ticket.list", "helpdesk.Ticket.stats"]
        assert (await client.get(f"helpdesk.Ticket/{demo.of(demo.billing)[0].pk}/")).status_code == 404
        large = await client.post("", content=b"x" * 5_000_000)
        assert (large.status_code, large.json()["data"]["code"]) == (413, "too_large")
        # A body that comes in pieces says nothing of its length before.
        pieces = await client.post("", content=_pieces())
        assert (pieces.status_code, pieces.json()["data"]["code"]) == (413, "too_large")


async def _pieces() -> Any:
    for _ in range(40):
        yield b"x" * 50_000


async def test_http_refusals(server: Server, demo: Demo) -> None:
    async with httpx.AsyncClient(base_url=f"{server.url}/api/") as client:
        response = await client.get("helpdesk.Ticket/")
        assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")
        client.headers.update(await sync_to_async(session_cookie)(demo.alice))
        assert (await client.get("helpdesk.Ticket/")).json()["data"]["count"] == 10
        assert (await client.post("helpdesk.Ticket/", json={"title": "x"})).status_code == 403


async def test_login_as_a_browser_does(server: Server, demo: Demo) -> None:
    """From the login page to a write with the session's cookie and CSRF token."""
    async with httpx.AsyncClient(base_url=server.url) as client:
        await client.get("/accounts/login/")
        form = {"username": "alice", "password": "alice", "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        assert (await client.post("/accounts/login/", data=form)).status_code == 302
        headers = {"X-CSRFToken": client.cookies["csrftoken"]}
        frame = {"event": "helpdesk.Ticket.create", "data": {"title": "New", "team": demo.network.pk}}
        assert (await client.post("/api/", json=frame, headers=headers)).json()["data"]["success"] is True
        assert (await client.get("/api/helpdesk.Ticket/")).status_code == 200
        await Session.objects.all().adelete()
        assert (await client.get("/api/helpdesk.Ticket/")).status_code == 401
