"""A client of a real server that keeps what a front end would: the newest frame of each object of its subscriptions."""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self
from urllib.parse import urlsplit

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from binding_schema.resolve.authentication import make_token

STREAM = "helpdesk.Ticket"
Frame = dict[str, Any]


async def eventually(what: Callable[[], Any], seconds: float, why: str = "") -> float:
    """Wait until ``what()`` holds; returns how long that took. It fails after ``seconds``."""
    started = time.monotonic()
    while not what():
        passed = time.monotonic() - started
        assert passed < seconds, f"not within {seconds} s{': ' + why if why else ''}"
        await asyncio.sleep(0.01)
    return time.monotonic() - started


class Receiver:
    """One connection of ``user``. ``rows`` are the objects of the list that ``follow`` subscribed to, by id.

    ``frames`` are all live frames in their order, ``seq`` the newest resume point of the list, ``counts`` how many frames of
    each verb there were; ``closed`` is the close code, once the connection is over. A narrow one takes in little that it does
    not read: of others the system keeps several megabytes.
    """

    def __init__(self, ws_url: str, user: Any, *, hash: str = "l", is_narrow: bool = False) -> None:
        self.url = ws_url
        self.user = user
        self.hash = hash
        self.is_narrow = is_narrow
        self.filters: dict[str, Any] = {}
        self.rows: dict[Any, Frame] = {}
        self.frames: list[Frame] = []
        self.counts: Counter[str] = Counter()
        self.seq = ""
        self.closed: int | None = None
        #: With ``remembers``: the resume point and the rows after the snapshot and after each frame.
        self.remembers = False
        self.history: list[tuple[str, dict[Any, Frame]]] = []
        self.is_reading = asyncio.Event()
        self.is_reading.set()
        self._numbers = itertools.count()
        self._replies: dict[str, asyncio.Future[Frame]] = {}
        self._connection: ClientConnection | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.leave()

    async def connect(self, ws_url: str = "") -> None:
        self.url = ws_url or self.url
        self._connection = await connect(
            self.url, additional_headers={"Authorization": f"Bearer {make_token(self.user)}"}, proxy=None, compression=None,
            max_size=None, max_queue=1 if self.is_narrow else None, ping_interval=None, open_timeout=30,
            sock=self._socket(),
        )  # fmt: skip
        self.closed = None
        self._task = asyncio.create_task(self._read(self._connection))

    def _socket(self) -> socket.socket:
        parts = urlsplit(self.url)
        found = socket.socket()
        if self.is_narrow:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        found.connect((parts.hostname, parts.port))
        return found

    async def leave(self) -> None:
        self.is_reading.set()
        if self._connection is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._connection.close(), 5)
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _read(self, connection: ClientConnection) -> None:
        try:
            while True:
                await self.is_reading.wait()
                self._take(orjson.loads(await connection.recv()))
        except ConnectionClosed as closed:
            self.closed = closed.rcvd.code if closed.rcvd is not None else 1006
            for waiting in self._replies.values():
                if not waiting.done():
                    waiting.set_exception(ConnectionError(f"closed with {self.closed}"))

    def _take(self, frame: Frame) -> None:
        event = frame["data"]["event"] if frame["event"] == "error" else frame["event"]
        reply = self._replies.pop(event, None)
        if reply is not None:
            if not reply.done():
                reply.set_result(frame)
            return
        self.frames.append(frame)
        verb, _, hash = frame["event"].removeprefix(f"{STREAM}.").partition("#")
        self.counts[verb] += 1
        if hash == self.hash:
            self._apply(verb, frame["data"])
            self.seq = max(self.seq, frame.get("meta", {}).get("seq", ""))
            if self.remembers:
                self.history.append((self.seq, dict(self.rows)))

    def _apply(self, verb: str, data: Frame) -> None:
        if verb == "retrieve":
            self.rows[data["id"]] = data
        elif verb == "delete":
            self.rows.pop(data["id"], None)
        elif verb == "list":
            self.rows = {row["id"]: row for row in data["rows"]}

    # Requests ---------------------------------------------------------------------------------------------------------

    async def ask(self, verb: str, *, hash: str = "", meta: Frame | None = None, **data: Any) -> Frame:
        """Send a request on tickets, and return its answer."""
        hash = hash or f"r{next(self._numbers)}"
        reply = self._replies[f"{STREAM}.{verb}#{hash}"] = asyncio.get_running_loop().create_future()
        await self.post(verb, hash=hash, meta=meta, **data)
        return await asyncio.wait_for(reply, 60)

    async def post(self, verb: str, *, hash: str, meta: Frame | None = None, **data: Any) -> None:
        """Send a request, and do not wait for its answer."""
        frame = {"event": f"{STREAM}.{verb}#{hash}", "data": data, "meta": meta or {}}
        assert self._connection is not None
        await self._connection.send(orjson.dumps(frame).decode())

    async def write(self, verb: str, **data: Any) -> Frame:
        """A write of which this connection wants to hear nothing more."""
        answer = await self.ask(verb, meta={"subscribe": False}, **data)
        assert answer["event"] != "error", answer
        assert answer["data"]["success"], answer
        return answer

    async def follow(self, **filters: Any) -> None:
        """Subscribe to the tickets that meet the filters, and take their snapshot."""
        self.filters = filters
        answer = await self.ask("subscribe", hash=self.hash, filters=filters, snapshot=True)
        assert answer["event"] != "error", answer
        self._apply("list", answer["data"])
        self.seq = answer["meta"]["seq"]

    async def resume(self) -> None:
        """Subscribe again after a break, from the newest resume point and with what is held."""
        answer = await self.ask(
            "subscribe", hash=self.hash, filters=self.filters, since=self.seq, have=list(self.rows)
        )  # fmt: skip
        assert answer["event"] != "error", answer

    async def truth(self) -> dict[Any, Frame]:
        """What ``list`` answers now."""
        answer = await self.ask("list", filters=self.filters, meta={"subscribe": False})
        assert answer["event"] != "error", answer
        assert not answer["data"]["truncated"], "a list that is cut off has no one truth to compare with"
        return {row["id"]: row for row in answer["data"]["rows"]}

    async def settles(self, seconds: float = 20) -> float:
        """Wait until what is held is what ``list`` answers; returns how long that took."""
        started = time.monotonic()
        while True:
            truth = await self.truth()
            if self.rows == truth:
                return time.monotonic() - started
            if time.monotonic() - started > seconds:
                raise AssertionError(difference(self.rows, truth))
            await asyncio.sleep(0.1)

    def told(self, key: Any, **values: Any) -> bool:
        """Whether the row is held with these values."""
        return key in self.rows and values.items() <= self.rows[key].items()


def difference(held: dict[Any, Frame], truth: dict[Any, Frame]) -> str:
    wrong = sorted(key for key in held.keys() & truth.keys() if held[key] != truth[key])
    return (
        f"missing {sorted(truth.keys() - held.keys())[:10]}, too many {sorted(held.keys() - truth.keys())[:10]}, "
        f"out of date {wrong[:10]} of {len(truth)}"
    )
