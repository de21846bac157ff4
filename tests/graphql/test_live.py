"""One change, told over every transport that is live, by a real server: with the same rights, and the same words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import orjson
import pytest
from websockets.asyncio.client import connect

from binding_schema.resolve.authentication import make_token
from tests.conftest import Demo, Server, StartServer

TICKET = "helpdesk.Ticket"
FIELDS = "id title cost team { name }"


@pytest.fixture
def server(demo: Demo, uvicorn_server: StartServer) -> Server:
    return uvicorn_server()


def bearer(user: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {make_token(user)}"}


def shown(row: dict[str, Any] | None) -> dict[str, Any] | None:
    """What all transports say of a ticket; one that tells no cost and one that tells null say the same."""
    if row is None or row.keys() == {"id"}:
        return None  # it is gone
    return {"id": int(row["id"]), "title": row["title"], "cost": row.get("cost"), "team": row["team"]["name"]}


# What each transport tells, as (cause, what it shows, seq). The first is told once the subscription stands.


async def by_websocket(stack: AsyncExitStack, server: Server, user: Any) -> AsyncIterator[Any]:
    socket = await stack.enter_async_context(connect(server.ws_url, additional_headers=bearer(user)))
    await socket.send(orjson.dumps({"event": f"{TICKET}.subscribe#all", "data": {"snapshot": True}}).decode())
    first = orjson.loads(await socket.recv())
    yield "snapshot", len(first["data"]["rows"]), first["meta"]["seq"]
    while True:
        frame = orjson.loads(await socket.recv())
        yield frame["meta"]["cause"], shown(frame["data"]), frame["meta"]["seq"]


async def by_events(stack: AsyncExitStack, server: Server, user: Any) -> AsyncIterator[Any]:
    client = await stack.enter_async_context(httpx.AsyncClient(timeout=30))
    url = f"{server.url}/api/{TICKET}/events/?snapshot=true"
    lines = (await stack.enter_async_context(client.stream("GET", url, headers=bearer(user)))).aiter_lines()
    async for line in lines:
        if not line.startswith("data: "):
            continue
        frame = orjson.loads(line.removeprefix("data: "))
        if "rows" in frame["data"]:
            yield "snapshot", len(frame["data"]["rows"]), frame["meta"]["seq"]
        elif "cause" in frame.get("meta", {}):
            yield frame["meta"]["cause"], shown(frame["data"]), frame["meta"]["seq"]


async def by_graphql(stack: AsyncExitStack, server: Server, user: Any) -> AsyncIterator[Any]:
    url = server.ws_url.replace("/ws/", "/graphql/")
    protocols: Any = ["graphql-transport-ws"]
    socket = await stack.enter_async_context(connect(url, additional_headers=bearer(user), subprotocols=protocols))
    await socket.send(orjson.dumps({"type": "connection_init"}).decode())
    assert orjson.loads(await socket.recv())["type"] == "connection_ack"
    query = f"subscription {{ ticketsChanged(snapshot: true) {{ cause seq object {{ {FIELDS} }} rows {{ id }} }} }}"
    await socket.send(orjson.dumps({"id": "1", "type": "subscribe", "payload": {"query": query}}).decode())
    while True:
        message = orjson.loads(await socket.recv())
        assert message["type"] == "next", message
        told = message["payload"]["data"]["ticketsChanged"]
        yield (
            told["cause"].lower(),
            len(told["rows"]) if told["rows"] is not None else shown(told["object"]),
            told["seq"],
        )


TRANSPORTS = (by_websocket, by_events, by_graphql)


async def change(server: Server, user: Any, key: int, **values: Any) -> None:
    query = "mutation($id: ID!, $input: TicketUpdateInput!) { updateTicket(id: $id, input: $input) { success } }"
    async with httpx.AsyncClient(timeout=30, headers=bearer(user)) as client:
        body = {"query": query, "variables": {"id": key, "input": values}}
        response = await client.post(f"{server.url}/graphql/", json=body)
    assert response.json() == {"data": {"updateTicket": {"success": True}}}


async def test_one_change_over_every_transport(server: Server, demo: Demo) -> None:
    ticket = next(item for item in demo.of(demo.network) if item.cost is not None)
    mark = demo.of(demo.billing)[0]
    async with asyncio.timeout(60), AsyncExitStack() as stack:
        told = {
            (user.username, transport.__name__): transport(stack, server, user)
            for user in (demo.alice, demo.admin, demo.bob)
            for transport in TRANSPORTS
        }
        counts = {"alice": 10, "admin": 30, "bob": 10}
        for (name, _), feed in told.items():
            assert (await anext(feed))[:2] == ("snapshot", counts[name])
        await change(server, demo.carol, ticket.pk, title="Told to all")
        seqs = set()
        for (name, _), feed in told.items():
            if name == "bob":
                continue
            cause, row, seq = await anext(feed)
            cost = f"{ticket.cost:.2f}" if name == "admin" else None
            assert (cause, row) == (
                "update",
                {"id": ticket.pk, "title": "Told to all", "cost": cost, "team": "Network"},
            )
            seqs.add(seq)
        # One moment, by which each of them could be resumed on any transport.
        assert len(seqs) == 1
        # What comes to bob first is what is his to see.
        await change(server, demo.carol, mark.pk, title="For bob")
        for (name, _), feed in told.items():
            if name == "bob":
                assert (await anext(feed))[1]["title"] == "For bob"
        # It moves to another team, and so out of alice's sight: everywhere.
        await change(server, demo.carol, ticket.pk, team=str(demo.billing.pk))
        for transport in TRANSPORTS:
            assert (await anext(told["alice", transport.__name__]))[:2] == ("leave", None)
