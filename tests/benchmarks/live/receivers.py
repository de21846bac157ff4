"""Connections in this process that only listen, and count what they hear."""

import asyncio
from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

from tests.benchmarks.communicator import Application, BenchmarkError, Message

#: Seconds until a frame that did not come ends the run.
PATIENCE = 60.0


class Receiver:
    """One connection: what it sends to the application waits in `pending`; each text frame that comes goes to `heard`."""

    __slots__ = ("_task", "_wake", "count", "heard", "pending", "ready")

    def __init__(self, heard: Callable[["Receiver", str], None]) -> None:
        self.heard = heard
        self.count = 0
        self.pending: list[Message] = [{"type": "websocket.connect"}]
        self._wake: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self.ready: asyncio.Future[Any] | None = None

    async def receive(self) -> Message:
        while not self.pending:
            self._wake = asyncio.get_running_loop().create_future()
            await self._wake
        return self.pending.pop(0)

    async def send(self, message: Message) -> None:
        if self.ready is None:
            if message["type"] != "websocket.send":
                raise BenchmarkError(f"a receiver was sent {message}")
            self.heard(self, message["text"])
        else:
            self.ready.set_result(message)
            self.ready = None

    def tell(self, message: Message) -> None:
        self.pending.append(message)
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    async def open(self, application: Application, user: Any, requests: Sequence[str] = ()) -> None:
        """Shake hands, then send `requests`, each of which must be answered with success."""
        loop = asyncio.get_running_loop()
        answer = self.ready = loop.create_future()
        self._task = loop.create_task(application(_scope(user), self.receive, self.send))  # type: ignore[arg-type]
        if (await asyncio.wait_for(answer, PATIENCE))["type"] != "websocket.accept":
            raise BenchmarkError("an authenticated connection was refused")
        for text in requests:
            answer = self.ready = loop.create_future()
            self.tell({"type": "websocket.receive", "text": text})
            reply = await asyncio.wait_for(answer, PATIENCE)
            if reply["type"] != "websocket.send" or '"event":"error"' in reply["text"]:
                raise BenchmarkError(f"{text} was answered with {reply}")

    async def close(self) -> None:
        self.tell({"type": "websocket.disconnect", "code": 1000})
        if self._task is not None:
            await asyncio.wait_for(self._task, PATIENCE)


async def opened(
    application: Application,
    users: Sequence[Any],
    number: int,
    requests: Sequence[str],
    heard: Callable[[Receiver, str], None],
) -> list[Receiver]:
    """`number` connections; the n-th is that of user n modulo the number of users."""
    receivers = [Receiver(heard) for _ in range(number)]
    for start in range(0, number, 100):
        some = receivers[start : start + 100]
        # A copy each, as a server has it: every handshake loads its own user.
        owners = [copy(users[(start + n) % len(users)]) for n in range(len(some))]
        await asyncio.gather(
            *(receiver.open(application, user, requests) for receiver, user in zip(some, owners, strict=True))
        )
    return receivers


async def closed(receivers: Sequence[Receiver]) -> None:
    await asyncio.gather(*(receiver.close() for receiver in receivers))


def _scope(user: Any) -> Message:
    return {
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
