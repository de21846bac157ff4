"""One interface to each transport: ``send`` asks by verb, ``exchange`` sends a frame, or a batch, just as it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, Self

import orjson
from django.db import connections
from django.test import Client

from binding_schema.consumers import AsyncConsumer, SyncConsumer
from binding_schema.testing import Reply, RestClient, RouteClient, WebSocketClient
from binding_schema.testing.clients import HttpReply

from .gql import GraphQLHttp, GraphQLSocket


class ContractClient(Protocol):
    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...

    async def send(self, event: str, /, **data: Any) -> Reply: ...

    async def exchange(self, value: Any) -> list[Reply]: ...

    async def refusal(self) -> int:
        """Why an anonymous client gets no further: the close code, or the status of whatever it asks for."""
        ...


class Socket(WebSocketClient):
    consumer = AsyncConsumer

    def __init__(self, user: Any) -> None:
        super().__init__(self.consumer.as_asgi(), user)

    async def exchange(self, value: Any) -> list[Reply]:
        """As many replies as there are frames; one for a batch that is refused as a whole."""
        await self.send_frame(value)
        replies = [await self.reply()]
        refused = replies[0].event == "error" and "event" not in replies[0].data
        while isinstance(value, list) and not refused and len(replies) < len(value):
            replies.append(await self.reply())
        return replies

    async def reply(self) -> Reply:
        """The next frame that answers something: what a write made live may come between, and says its cause."""
        while "cause" in (reply := await self.receive()).meta:
            pass
        return reply

    async def refusal(self) -> int:
        try:
            reply = await self.receive()
        except ConnectionError:
            assert self.closed is not None
            return self.closed
        raise AssertionError(f"an anonymous client was sent {reply}")


class SyncSocket(Socket):
    consumer = SyncConsumer


class Frames(RestClient):
    async def exchange(self, value: Any) -> list[Reply]:
        return replies_of(await self.post(orjson.dumps(value)))

    async def refusal(self) -> int:
        reply = await self.send("helpdesk.Ticket.search")
        assert reply.event == "error"
        return reply.status


class Routes(RouteClient, Frames):
    pass


class Wsgi(Frames):
    """The frame endpoint under WSGI: each client has a thread of its own, on which no event loop runs."""

    async def __aenter__(self) -> Self:
        self.thread = ThreadPoolExecutor(1)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._on_thread(connections.close_all)
        self.thread.shutdown()

    async def _on_thread(self, function: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.thread, function)

    async def post(self, body: bytes | str) -> HttpReply:
        def work() -> HttpReply:
            response = Client().post(self.root, body, content_type="application/json", headers=self.headers)
            return HttpReply(response.status_code, response.content, response.headers)

        return await self._on_thread(work)


def replies_of(response: HttpReply) -> list[Reply]:
    found = response.json
    return [Reply.of(frame, response.status) for frame in (found if isinstance(found, list) else [found])]


TRANSPORTS: dict[str, Callable[[Any], ContractClient]] = {
    "ws": Socket,
    "sync_ws": SyncSocket,
    "rest": Frames,
    "routes": Routes,
    "wsgi": Wsgi,
    "graphql": GraphQLHttp,
    "graphql_ws": GraphQLSocket,
}
#: Those that do not send frames.
GRAPHQL = frozenset({"graphql", "graphql_ws"})
#: Those on which live frames come by themselves.
FOLLOWS = frozenset({"ws", "sync_ws"})
#: A request over HTTP says by itself who asks; a connection has said so at its start.
ASKS_WHO = frozenset({"rest", "routes", "wsgi", "graphql"})
