"""The transports, so that many messages go over one connection; both ends are in this process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import orjson

from binding_schema.resolve.authentication import make_token
from binding_schema.testing import WebSocketClient
from tests.asgi import application

from .guard import verify

Frame = dict[str, Any]


class Socket(WebSocketClient):
    """A WebSocket of which the replies' own text is kept."""

    async def message(self) -> tuple[Frame, str]:
        """The next reply. What a write made live comes between, and is held to the same."""
        while True:
            message = await self._next()
            assert message["type"] == "websocket.send", message
            frame: Frame = orjson.loads(message["text"])
            if "cause" not in frame.get("meta", {}):
                return frame, message["text"]
            verify(frame, message["text"])


@dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes


class Http:
    """HTTP requests as a server hands them on: raw paths, raw queries, bodies in pieces, headers of any kind."""

    def __init__(self, user: Any = None, root: str = "/api/") -> None:
        self.root = root
        self.headers = {"authorization": f"Bearer {make_token(user)}"} if user is not None else {}

    async def request(
        self, method: str, path: str, query: bytes = b"", body: bytes = b"", length: bool = True, **headers: str
    ) -> Response:
        sent = {"host": "testserver", "content-type": "application/json", **self.headers}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if length:
            sent["content-length"] = str(len(body))
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            # What is not UTF-8 in a path, servers replace.
            "path": unquote(path, errors="replace"),
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query,
            "headers": [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in sent.items()],
            "client": ("127.0.0.1", 1),
            "server": ("testserver", 80),
            "scheme": "http",
        }
        return await self._exchange(scope, body)

    async def _exchange(self, scope: dict[str, Any], body: bytes) -> Response:
        half = len(body) // 2
        inward = [
            {"type": "http.request", "body": body[:half], "more_body": True},
            {"type": "http.request", "body": body[half:], "more_body": False},
        ]
        outward: list[dict[str, Any]] = []
        enough = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if inward:
                return inward.pop(0)
            # The client stays: Django waits here, and stops waiting once it has answered. A stream of events it leaves
            # after the first one.
            await enough.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            outward.append(message)
            if message.get("body") and message.get("more_body"):
                enough.set()

        await application(scope, receive, send)
        start = outward[0]
        headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        return Response(start["status"], headers, b"".join(item.get("body", b"") for item in outward[1:]))
