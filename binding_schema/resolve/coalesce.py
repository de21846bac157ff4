"""Reads that wait at the same moment run as one.

Only waiting reads are joined, never one whose query runs already: a client that has the answer to its write reads what it
wrote, whoever else reads at that moment.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable, Hashable
from typing import Any
from weakref import WeakKeyDictionary

from asgiref.sync import SyncToAsync

from ..types import Result
from .read import Outcome, Read
from .threads import Outcome as Settled
from .threads import pool, post

#: Jobs of one queue that run at once. A second one keeps a slow network to the database from stalling the queue.
RUNNING = 2
#: Requests that one job takes.
BATCH = 200

Batch = Callable[[list[Read]], list[Outcome]]


class Queue:
    """The reads of one kind that wait. All but ``_work`` runs on the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, batch: Batch, done: Callable[[], None]) -> None:
        self.loop = loop
        self.batch = batch
        self.done = done
        self.waiting: deque[tuple[Read, asyncio.Future[Result]]] = deque()
        self.running = 0

    def join(self, read: Read) -> asyncio.Future[Result]:
        future: asyncio.Future[Result] = self.loop.create_future()
        self.waiting.append((read, future))
        self._start()
        return future

    def _start(self) -> None:
        if self.waiting and self.running < RUNNING:
            self.running += 1
            pool().submit(self._work)

    def _work(self) -> None:
        """On a worker: take what waits now, answer it, wake the loop once."""
        SyncToAsync.threadlocal.main_event_loop = self.loop
        SyncToAsync.threadlocal.main_event_loop_pid = os.getpid()
        taken: list[tuple[Read, asyncio.Future[Result]]] = []
        while self.waiting and len(taken) < BATCH:
            try:
                taken.append(self.waiting.popleft())
            except IndexError:  # the other job of this queue was faster
                break
        outcomes: list[Outcome]
        try:
            outcomes = self.batch([read for read, _ in taken]) if taken else []
        except BaseException as error:  # noqa: BLE001 - whatever it is, those who wait get it
            outcomes = [error] * len(taken)
        settled: list[Settled] = [
            (future, None, outcome) if isinstance(outcome, BaseException) else (future, outcome, None)
            for (_, future), outcome in zip(taken, outcomes, strict=True)
        ]
        post(self.loop, settled, self._finish)

    def _finish(self) -> None:
        self.running -= 1
        self._start()
        if not self.running and not self.waiting:
            self.done()


class Coalescer:
    """The queues of each event loop, made when needed and dropped when empty."""

    def __init__(self) -> None:
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Hashable, Queue]] = WeakKeyDictionary()

    async def read(self, key: Hashable, read: Read, batch: Batch) -> Result:
        loop = asyncio.get_running_loop()
        queues: dict[Hashable, Queue] = self._loops.setdefault(loop, {})
        queue = queues.get(key)
        if queue is None:
            queue = queues[key] = Queue(loop, batch, lambda: _drop(queues, key))
        return await queue.join(read)


def _drop(queues: dict[Hashable, Any], key: Hashable) -> None:
    queues.pop(key, None)
