"""Both transports of GraphQL, with both ends in this process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
from django.db import connections
from django.test import AsyncClient, Client

from binding_schema.resolve.authentication import make_token
from binding_schema.testing import WebSocketClient
from tests.asgi import application as served

PROTOCOL = "graphql-transport-ws"
Connect = Callable[..., Awaitable["Socket"]]
Message = dict[str, Any]


class Socket(WebSocketClient):
    """A client of ``graphql-transport-ws``. Messages are kept by the operation that they belong to, until it asks."""

    def __init__(self, user: Any = None, *, application: Any = served, **options: Any) -> None:
        options.setdefault("subprotocols", (PROTOCOL,))
        super().__init__(application, user, path="/graphql/", **options)
        self._kept: list[Message] = []
        self._count = 0

    async def message(self) -> Message:
        """The next message. Raises ConnectionError once the server has closed."""
        found = await self._next()
        if found["type"] == "websocket.close":
            self.closed = found.get("code", 1000)
            raise ConnectionError(f"closed with {self.closed}")
        message: Message = orjson.loads(found["text"])
        return message

    async def init(self, payload: Any = None) -> Message:
        await self.send_frame({"type": "connection_init", **({} if payload is None else {"payload": payload})})
        return await self.message()

    async def start(self, query: str, variables: Any = None, identity: str = "", **payload: Any) -> str:
        self._count += 1
        identity = identity or f"op{self._count}"
        payload |= {"query": query} if variables is None else {"query": query, "variables": variables}
        # By the standard library, which writes what is nested however deeply.
        await self.send_text(json.dumps({"id": identity, "type": "subscribe", "payload": payload}))
        return identity

    async def stop(self, identity: str) -> None:
        await self.send_frame({"id": identity, "type": "complete"})

    async def of(self, identity: str) -> Message:
        """The next message of one operation."""
        for number, message in enumerate(self._kept):
            if message["id"] == identity:
                return self._kept.pop(number)
        while (message := await self.message()).get("id") != identity:
            self._kept.append(message)
        return message

    async def next(self, identity: str) -> Any:
        """The data of an operation's next result."""
        message = await self.of(identity)
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]

    async def run(self, query: str, variables: Any = None) -> Message:
        """The one result of a query or mutation, or of a refused operation: ``data`` and ``errors`` as far as there are."""
        identity = await self.start(query, variables)
        message = await self.of(identity)
        if message["type"] == "error":
            return {"errors": message["payload"]}
        payload: Message = message["payload"]
        assert await self.of(identity) == {"id": identity, "type": "complete"}
        return payload

    async def quiet(self, seconds: float = 0.3) -> bool:
        """Whether nothing is sent for a while."""
        timeout, self.timeout = self.timeout, seconds
        try:
            self._kept.append(await self.message())
        except TimeoutError:
            return True
        finally:
            self.timeout = timeout
        return False

    async def close_code(self) -> int:
        """The code with which the server closes the connection, after whatever it sends before."""
        while True:
            try:
                await self.message()
            except ConnectionError:
                assert self.closed is not None
                return self.closed


class Http:
    """Operations by Django's test client. ``user`` is who asks by a token; ``login`` makes a session."""

    def __init__(self, wsgi: bool = False) -> None:
        self.wsgi = wsgi
        self.client: Any = (Client if wsgi else AsyncClient)(enforce_csrf_checks=True)

    async def login(self, user: Any) -> None:
        await self.client.aforce_login(user)

    async def csrf(self) -> dict[str, str]:
        """The header that a page's script sends: the token of the cookie that Django's pages set."""
        await self.ask("GET", "/accounts/login/")
        return {"x-csrftoken": self.client.cookies["csrftoken"].value}

    async def ask(
        self,
        method: str,
        path: str = "/graphql/",
        body: Any = b"",
        user: Any = None,
        kind: str = "application/json",
        **sent: str,
    ) -> Any:
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        headers = {name.replace("_", "-"): value for name, value in sent.items()}
        if user is not None:
            headers["authorization"] = f"Bearer {make_token(user)}"
        if not self.wsgi:
            return await self.client.generic(method, path, raw, kind, headers=headers)

        def work() -> Any:
            try:
                return self.client.generic(method, path, raw, kind, headers=headers)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(1) as thread:
            return await asyncio.get_running_loop().run_in_executor(thread, work)

    async def post(self, query: Any, variables: Any = None, user: Any = None, **sent: str) -> Any:
        body = {"query": query} if variables is None else {"query": query, "variables": variables}
        return await self.ask("POST", body=body, user=user, **sent)

    async def run(self, query: Any, variables: Any = None, user: Any = None) -> Message:
        """What ``Socket.run`` gives: ``data`` and ``errors`` as far as there are."""
        found: Message = (await self.post(query, variables, user)).json()
        return found


def codes(answer: Message) -> list[str]:
    return [error["extensions"]["code"] for error in answer.get("errors", ())]


def code(response: Any) -> tuple[int, str]:
    """(status, code) of a response that is one error and nothing else."""
    found = response.json()
    assert found.keys() == {"errors"}, found
    (error,) = found["errors"]
    assert error["message"]
    return response.status_code, error["extensions"]["code"]
