"""The third and the fourth transport: GraphQL by HTTP, and over WebSocket by `graphql-transport-ws`."""

from __future__ import annotations

import asyncio
from typing import Any, Self

import orjson
from django.test import AsyncClient

from binding_schema.resolve.authentication import make_token
from binding_schema.testing import Reply
from binding_schema.testing.clients import WebSocketClient
from binding_schema.transports.graphql import GraphQLConsumer
from tests.graphql_schema import schema

from .operations import Operation, Unsayable


class _Translated:
    """``send`` and ``exchange`` by way of ``execute``."""

    user: Any

    async def execute(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError

    async def send(self, event: str, /, **data: Any) -> Reply:
        is_staff = self.user is not None and (self.user.is_staff or self.user.is_superuser)
        operation = Operation(event, data, is_staff)
        return operation.answer(await self.execute(operation.document, operation.variables))

    async def exchange(self, value: Any) -> list[Reply]:
        """One plain frame. GraphQL follows nothing by itself, which is what `subscribe: false` says."""
        if (
            not isinstance(value, dict)
            or "#" in value["event"]
            or value.get("meta") not in (None, {"subscribe": False})
        ):
            raise Unsayable(value)
        return [await self.send(value["event"], **value.get("data", {}))]


class GraphQLHttp(_Translated):
    def __init__(self, user: Any) -> None:
        self.user = user
        self.client = AsyncClient()
        self.headers = {"authorization": f"Bearer {make_token(user)}"} if user is not None else {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def post(self, body: dict[str, Any]) -> Any:
        raw = orjson.dumps(body)
        return await self.client.post("/graphql/", raw, content_type="application/json", headers=self.headers)

    async def execute(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        response = await self.post({"query": document, "variables": variables})
        assert response.status_code == 200, response.content
        return response.json()  # type: ignore[no-any-return]

    async def refusal(self) -> int:
        return int((await self.post({"query": "{ tickets { count } }"})).status_code)


class GraphQLSocket(_Translated):
    def __init__(self, user: Any) -> None:
        self.user = user
        self.wire = Wire(user)

    async def __aenter__(self) -> Self:
        await self.wire.__aenter__()
        await self.wire.say({"type": "connection_init"})
        if self.user is not None:
            assert (await self.wire.hear())["type"] == "connection_ack"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.wire.__aexit__()

    async def execute(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        return await self.wire.execute(document, variables)

    async def refusal(self) -> int:
        try:
            message = await self.wire.hear()
        except ConnectionError:
            assert self.wire.closed is not None
            return self.wire.closed
        raise AssertionError(f"an anonymous client was sent {message}")


class Wire(WebSocketClient):
    """A connection by `graphql-transport-ws`, in process. Several operations may run at once."""

    def __init__(self, user: Any = None, **options: Any) -> None:
        application = GraphQLConsumer.as_asgi(schema=schema)
        super().__init__(application, user, path="/graphql/", subprotocols=("graphql-transport-ws",), **options)
        self._waiting: dict[str, list[dict[str, Any]]] = {}
        self._hearing = asyncio.Lock()

    async def say(self, message: dict[str, Any]) -> None:
        await self.send_text(orjson.dumps(message).decode())

    async def hear(self) -> dict[str, Any]:
        """The next message. Raises ConnectionError once the server has closed; ``closed`` has its code."""
        message = await self._next()
        if message["type"] == "websocket.close":
            self.closed = message.get("code", 1000)
            raise ConnectionError(f"closed with {self.closed}")
        found: dict[str, Any] = orjson.loads(message["text"])
        return found

    async def start(self, document: str, variables: dict[str, Any] | None = None) -> str:
        """Begin an operation; returns its id."""
        self._number += 1
        identity = f"op{self._number}"
        self._waiting[identity] = []
        payload = {"query": document, "variables": variables or {}}
        await self.say({"id": identity, "type": "subscribe", "payload": payload})
        return identity

    async def of(self, identity: str) -> dict[str, Any]:
        """The next message of an operation; those of others are kept for them."""
        while not self._waiting[identity]:
            async with self._hearing:
                if not self._waiting[identity]:
                    message = await self.hear()
                    self._waiting.setdefault(message.get("id", ""), []).append(message)
        return self._waiting[identity].pop(0)

    async def execute(self, document: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        identity = await self.start(document, variables)
        message = await self.of(identity)
        if message["type"] == "error":
            return {"errors": message["payload"]}
        assert message["type"] == "next", message
        assert (await self.of(identity))["type"] == "complete"
        found: dict[str, Any] = message["payload"]
        return found
