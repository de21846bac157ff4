"""``await client.send("helpdesk.Ticket.search", page=2)``, whatever the transport.

Work runs on the library's own threads: mark such tests ``django_db(transaction=True)``, or set DB_THREADS to 0.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode

import orjson
from django.test import AsyncClient

from ..live.hub import hub, started
from ..live.settle import settled
from ..resolve.authentication import make_token

Application = Callable[..., Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Reply:
    """A frame that came back. ``status`` is HTTP's, 0 over WebSocket; ``code`` is an error's, else an empty text."""

    event: str
    data: dict[str, Any]
    meta: dict[str, Any] = field(default_factory=dict)
    status: int = 0

    @property
    def ok(self) -> bool:
        return self.event != "error" and self.data.get("success", True) is not False

    @property
    def code(self) -> str:
        return str(self.data.get("code", "")) if self.event == "error" else ""

    @classmethod
    def of(cls, frame: dict[str, Any], status: int = 0) -> Reply:
        return cls(frame["event"], frame["data"], frame.get("meta", {}), status)


class WebSocketClient:
    """A client of an ASGI application's WebSocket route, logged in as ``user`` by a token.

    ``async with WebSocketClient(application, user=alice) as client: ...``; ``closed`` is the close code, once closed.
    """

    def __init__(
        self,
        application: Application,
        user: Any = None,
        *,
        path: str = "/ws/",
        headers: dict[str, str] | None = None,
        subprotocols: tuple[str, ...] = (),
        timeout: float = 10,
    ) -> None:
        sent = {"host": "testserver", **(headers or {})}
        self.application = application
        self.user = user
        self.timeout = timeout
        self.closed: int | None = None
        self.subprotocol: str | None = None
        self.scope: dict[str, Any] = {
            "type": "websocket",
            "path": path,
            "query_string": b"",
            "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
            "subprotocols": list(subprotocols),
            "client": ("127.0.0.1", 1),
        }
        self._inward: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._outward: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._number = 0

    async def __aenter__(self) -> Self:
        if self.user is not None:
            self.scope["headers"].append((b"authorization", f"Bearer {make_token(self.user)}".encode()))
        self._task = asyncio.create_task(self._run())
        await self._inward.put({"type": "websocket.connect"})
        message = await self._next()
        self.subprotocol = message.get("subprotocol")
        if message["type"] == "websocket.close":
            self.closed = message.get("code", 1000)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._inward.put({"type": "websocket.disconnect", "code": 1000})
        if self._task is not None:
            await asyncio.wait_for(self._task, self.timeout)
        # What a worker reads for the live engine has to be over before a test empties the tables.
        engine = started()
        if engine is not None and not engine.sessions:
            await settled(engine, self.timeout)

    async def _run(self) -> None:
        await self.application(self.scope, self._inward.get, self._outward.put)

    async def _next(self) -> dict[str, Any]:
        get = asyncio.ensure_future(self._outward.get())
        assert self._task is not None
        done, _ = await asyncio.wait({get, self._task}, timeout=self.timeout, return_when=asyncio.FIRST_COMPLETED)
        if get not in done:
            get.cancel()
            if self._task in done:
                self._task.result()  # an error of the application is the test's to see
            raise TimeoutError("The application sent nothing.")
        return get.result()

    async def send(self, event: str, /, **data: Any) -> Reply:
        """Send a frame and return its answer. A hash is added to the event, and taken off again."""
        self._number += 1
        hashed = event if "#" in event else f"{event}#test{self._number}"
        await self.send_text(orjson.dumps({"event": hashed, "data": data}).decode())
        while True:
            reply = await self.receive()
            if reply.event == hashed or reply.data.get("event") == hashed:
                return Reply(reply.event.replace(hashed, event), reply.data, reply.meta)

    async def send_frame(self, frame: Any) -> None:
        await self.send_text(orjson.dumps(frame).decode())

    async def send_text(self, text: str) -> None:
        await self._inward.put({"type": "websocket.receive", "text": text})

    async def send_bytes(self, data: bytes) -> None:
        await self._inward.put({"type": "websocket.receive", "bytes": data})

    async def settled(self) -> list[Reply]:
        """Wait until all that was committed so far was told; returns the frames that came and were not received yet."""
        await settled(hub(), self.timeout)
        found: list[Reply] = []
        while self.closed is None and not self._outward.empty():
            message = self._outward.get_nowait()
            if message["type"] == "websocket.close":
                self.closed = message["code"]
            else:
                found.append(Reply.of(orjson.loads(message["text"])))
        return found

    async def receive(self) -> Reply:
        """The next frame. Raises ConnectionError once the server has closed; ``closed`` has its code."""
        message = await self._next()
        if message["type"] == "websocket.close":
            self.closed = message.get("code", 1000)
            raise ConnectionError(f"closed with {self.closed}")
        return Reply.of(orjson.loads(message["text"]))


class RestClient:
    """A client of the frame endpoint, through Django's URL routing and middleware under ASGI.

    ``user`` is logged in by a token, or with ``session=True`` by a session cookie, as a browser is.
    """

    def __init__(self, user: Any = None, *, root: str = "/api/", session: bool = False) -> None:
        self.root = root
        self.client = AsyncClient()
        self.headers: dict[str, str] = {}
        self._session_user = user if session else None
        if user is not None and not session:
            self.headers["authorization"] = f"Bearer {make_token(user)}"

    async def __aenter__(self) -> Self:
        if self._session_user is not None:
            await self.client.aforce_login(self._session_user)
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def send(self, event: str, /, **data: Any) -> Reply:
        return (await self.post(orjson.dumps({"event": event, "data": data}))).reply

    async def post(self, body: bytes | str) -> HttpReply:
        raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
        response = await self.client.post(self.root, raw, content_type="application/json", headers=self.headers)
        return HttpReply(response.status_code, response.content, response.headers)

    async def request(self, method: str, path: str, body: Any = None, **headers: str) -> HttpReply:
        """A resource route: ``await client.request("GET", "auth.User/?page=2")``."""
        target = path if path.startswith("/") else self.root + path
        raw = b"" if body is None else orjson.dumps(body)
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        response = await self.client.generic(method, target, raw, content_type="application/json", headers=sent)
        return HttpReply(response.status_code, response.content, response.headers)


@dataclass(frozen=True, slots=True)
class HttpReply:
    """An HTTP response; ``reply`` is its frame."""

    status: int
    body: bytes
    headers: Any

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def reply(self) -> Reply:
        return Reply.of(self.json, self.status)


#: verb -> (method, whether the path names the object)
_ROUTES = {
    "retrieve": ("GET", True),
    "search": ("GET", False),
    "list": ("GET", False),
    "schema": ("GET", False),
    "create": ("POST", False),
    "update": ("PATCH", True),
    "delete": ("DELETE", True),
}


class RouteClient(RestClient):
    """The same frames through the resource routes, where a verb has one; through the frame endpoint otherwise."""

    async def send(self, event: str, /, **data: Any) -> Reply:
        stream, _, verb = event.partition("#")[0].rpartition(".")
        method, on_object = _ROUTES.get(verb, ("", False))
        simple = all(not isinstance(value, (dict, list)) or key == "filters" for key, value in data.items())
        if (
            not method
            or (method == "GET" and not (simple and _flat(data.get("filters"))))
            or (on_object and "id" not in data)
        ):
            return await super().send(event, **data)
        path = f"{stream}/"
        if on_object:
            path += f"{data.pop('id')}/"
        elif verb in ("list", "schema"):
            path += f"{verb}/"
        if method == "GET":
            return (await self.request(method, path + _query(data))).reply
        return (await self.request(method, path, data or None)).reply


def _flat(filters: Any) -> bool:
    return filters is None or all(isinstance(value, (str, int)) for value in filters.values())


def _query(data: dict[str, Any]) -> str:
    pairs = {**{key: value for key, value in data.items() if key != "filters"}, **(data.get("filters") or {})}
    return f"?{urlencode({key: '' if value is None else value for key, value in pairs.items()})}" if pairs else ""
