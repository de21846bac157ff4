"""A WebSocket connection to an ASGI application in the same process."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

Message = dict[str, Any]
Application = Callable[[Message, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]


class BenchmarkError(Exception):
    """A contender did not do what it is measured for."""


class Refused(BenchmarkError):
    """The application closed the connection instead of answering."""


class Communicator:
    """Two queues and a task, one request in flight.

    Channels' own WebsocketCommunicator is for tests: its time-outs and polling cost more than some answers do.
    """

    def __init__(self, application: Application, user: Any) -> None:
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._outbox: asyncio.Queue[Message] = asyncio.Queue()
        self._application = application
        self._scope: Message = {
            "type": "websocket",
            "asgi": {"version": "3.0"},
            "scheme": "ws",
            "path": "/ws/",
            "raw_path": b"/ws/",
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"testserver"), (b"origin", b"http://testserver")],
            "client": ("127.0.0.1", 40_000),
            "server": ("testserver", 80),
            "subprotocols": [],
            "user": user,
        }

    async def open(self) -> bool:
        """Shake hands; False when the application refused the connection."""
        self._task = asyncio.ensure_future(self._application(self._scope, self._inbox.get, self._outbox.put))
        # Without this, whoever waits for an answer of an application that failed would wait for ever.
        self._task.add_done_callback(lambda _: self._outbox.put_nowait({"type": "benchmark.ended"}))
        self._inbox.put_nowait({"type": "websocket.connect"})
        message = await self._next()
        return bool(message["type"] == "websocket.accept")

    async def ask(self, text: str) -> str:
        """Send one text frame and return the text of the next frame that comes back."""
        self._inbox.put_nowait({"type": "websocket.receive", "text": text})
        message = await self._next()
        if message["type"] == "websocket.close":
            raise Refused(f"closed with {message.get('code')} in answer to {text[:200]}")
        if message["type"] != "websocket.send" or not message.get("text"):
            raise BenchmarkError(f"expected a text frame in answer to {text[:200]}, got {message}")
        return str(message["text"])

    async def close(self) -> None:
        """Disconnect, and raise what the application ended with, if that was an error."""
        self._inbox.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait_for(self._task, timeout=10)

    async def _next(self) -> Message:
        message = await self._outbox.get()
        if message["type"] == "benchmark.ended":
            raise BenchmarkError("the application ended without an answer") from self._task.exception()
        return message
