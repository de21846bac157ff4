"""The hub: one for each event loop. It reads the change log, and tells the connections of its loop.

Its life is one task: wait for a wake-up, the poll, or a list whose time has come; read; deliver; again. What was read is kept
until it is delivered, so that a failure in between is tried again and loses nothing.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from weakref import WeakSet

from django.db import router

from ..compile.ir import Stream
from ..conf import settings
from ..resolve import threads
from ..resolve.dispatch import Dispatcher, dispatcher
from . import layer as layers
from .apply import Applier
from .batch import Batch, Changed, join
from .interest import Interest, Recheck, Register
from .layer import Listener, group_of
from .log import encode_key
from .metrics import metrics
from .rounds import Rounds
from .routes import Routes
from .session import Session
from .source import Source, Tally

logger = logging.getLogger("binding_schema")


@dataclass(slots=True)
class Mark:
    """A moment of the hub's, taken before a first answer is read: what is told after it is not missed by its interest."""

    round: int
    seq: str
    stream: Stream
    groups: set[str] = field(default_factory=set)


class Hub:
    def __init__(self, loop: asyncio.AbstractEventLoop, door: Dispatcher, routes: Routes) -> None:
        self.loop = loop
        self.door = door
        self.routes = routes
        self.register = Register()
        self.sessions: WeakSet[Session] = WeakSet()
        self.source = Source(routes)
        self.applier = Applier(self)
        self.rounds = Rounds()
        #: How often the task has come round.
        self.passes = 0
        self._backlog = Batch()
        self._rechecks: dict[Interest, Recheck] = {}
        self._wake = asyncio.Event()
        self._tally = Tally()
        #: How many interests, and first answers on their way, each stream has; the streams of the read in progress, and its end.
        self._wanted: Counter[str] = Counter()
        self._reading: tuple[set[str], asyncio.Event] | None = None
        self._is_idle = False
        self._listener = Listener(self._heard, self.wake)
        self._task: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()

    # For the live service -----------------------------------------------------------------------------------------------

    async def ready(self) -> None:
        """Start, when it is first needed: from here on nothing is missed."""
        if self._task is not None and not self._task.done() and not self._is_idle:
            return
        async with self._starting:
            if self._is_idle or not self.source.readers:
                await threads.run(lambda: self.source.start(self._aliases()))
                self._is_idle = False
                self.rounds.starts += 1
            if self._task is None or self._task.done():
                for group in ("all", self.routes.user):
                    self._listener.join(group_of(group))
                self._task = self.loop.create_task(self._run())

    async def mark(self, stream: Stream) -> Mark:
        """Join what the stream listens to. The mark is given back by ``activate`` or ``release``."""
        mark = Mark(0, "", stream, self.groups_of(stream))
        for group in mark.groups:
            self._listener.join(group)
        self._wanted[stream.key] += 1
        if self._reading is not None and stream.key not in self._reading[0]:
            # It is read without a thought for the stream, and may come to entries that are younger than the answer.
            try:
                await self._reading[1].wait()
            except BaseException:
                self.release(mark)
                raise
        mark.round, mark.seq = self.rounds.number, self.seq_of(stream)
        return mark

    def release(self, mark: Mark) -> None:
        self._wanted[mark.stream.key] -= 1
        for group in mark.groups:
            self._listener.leave(group)

    def activate(self, interest: Interest, mark: Mark) -> None:
        """From now on the interest is told; what has happened since the mark is looked up for it alone."""
        for old in interest.session.admit(interest.slot, interest.explicit):
            self.drop(old)
        interest.session.interests[interest.slot] = interest
        self.register.add(interest)
        # The mark's memberships become the interest's own.
        interest.session.recover = self.applier.recover
        self.catch_up(interest, mark.round)
        if interest.session.lagging:
            interest.session.recover(interest.session, "overflow")

    def catch_up(self, interest: Interest, since: int) -> None:
        """Look up for one interest what was told after a round."""
        batches = self.rounds.since(since)
        if batches is None:
            self.recheck(interest, whole="u")
        for batch in batches or ():
            self._catch_up(interest, batch)

    def _catch_up(self, interest: Interest, batch: Batch) -> None:
        key, user = interest.stream.key, interest.session.user_key
        whole = "u" if key in batch.everything else batch.sight(key, encode_key(user)) if user is not None else ""
        changed = batch.changed.get(key, {})
        if interest.query is None:
            changed = {item: changed[item] for item in interest.held & changed.keys()}
        if changed or whole:
            self.recheck(interest, changed, whole)

    def drop(self, interest: Interest) -> None:
        """End an interest."""
        if interest.session.interests.get(interest.slot) is interest:
            del interest.session.interests[interest.slot]
            self.register.remove(interest)
            self._rechecks.pop(interest, None)
            self.applier.forget(interest)
            (interest.session.behind or {}).pop(interest, None)
            self._wanted[interest.stream.key] -= 1
            for group in self.groups_of(interest.stream):
                self._listener.leave(group)

    def leave(self, session: Session) -> None:
        """A connection is over."""
        self.sessions.discard(session)
        for interest in list(session.interests.values()):
            self.drop(interest)

    def recheck(
        self, interest: Interest, changed: Mapping[Any, Changed] = MappingProxyType({}), whole: str = ""
    ) -> None:
        """Look objects up for one interest; with ``whole`` all that it holds. See ``Recheck``."""
        known = self._rechecks.setdefault(interest, Recheck())
        join(known.changed, changed)
        known.whole = "u" if "u" in (known.whole, whole) else known.whole or whole
        self._wake.set()

    def rechecked(self) -> Iterable[Interest]:
        """The interests for which something is to be looked up."""
        return self._rechecks

    def groups_of(self, stream: Stream) -> set[str]:
        labels = self.routes.labels_of(stream) if stream.model is not None else set()
        return {group_of(label) for label in (*labels, f"stream.{stream.name}")}

    def seq_of(self, stream: Stream) -> str:
        return self.source.seq(self.using_of(stream))

    @staticmethod
    def using_of(stream: Stream) -> str:
        return router.db_for_write(stream.model) if stream.model is not None else "default"

    @property
    def is_running(self) -> bool:
        return self._task is not None and not self._task.done() and not self._is_idle

    @property
    def is_at_rest(self) -> bool:
        """Whether all that was read was told, and all that was told was sent."""
        busy = self._backlog or self._rechecks or self.applier.is_busy
        return not busy and all(session.is_quiet for session in self.sessions)

    # Wake-ups -----------------------------------------------------------------------------------------------------------

    def wake(self) -> None:
        self._wake.set()

    def hurry(self) -> None:
        """Ask lists again now that wait for their time."""
        self.applier.hurry()
        self.wake()

    def announce(self, counts: dict[str, int]) -> None:
        """From any thread of this process: entries were committed."""

        def told() -> None:
            self._tally.told(sum(n for label, n in counts.items() if self._listener.is_in(group_of(label))))
            self._wake.set()

        with suppress(RuntimeError):  # the loop is closed
            self.loop.call_soon_threadsafe(told)

    def _heard(self, message: dict[str, Any]) -> None:
        if message.get("from") == layers.process():
            return
        if message.get("type") == layers.EVENT:
            self.applier.tell_now(message["detail"])
        else:
            self._tally.told(int(message.get("n", 0)))
            self._wake.set()

    # The task -----------------------------------------------------------------------------------------------------------

    def _aliases(self) -> set[str]:
        return {self.using_of(stream) for stream in self.door.schema.streams.values()} | {"default"}

    async def _run(self) -> None:
        wait = 0.0
        poll_at = time.monotonic() + settings().LIVE_POLL_INTERVAL
        while True:
            now = time.monotonic()
            due = min(poll_at, self.applier.due if self.applier.due is not None else poll_at)
            if not self._wake.is_set() and due > now:
                with suppress(TimeoutError):
                    # Not wait_for: on Python 3.11 it loses a cancellation that comes together with the wake-up.
                    async with asyncio.timeout(due - now):
                        await self._wake.wait()
            polled = time.monotonic() >= poll_at
            if polled:
                poll_at = time.monotonic() + settings().LIVE_POLL_INTERVAL
            try:
                await self._once(polled)
                self.passes += 1
                wait = 0.0
            except Exception:
                metrics.failures += 1
                wait = min(wait * 2 or 0.2, 5.0)
                logger.exception("Live frames could not be delivered; trying again in %.1f s. Nothing is lost.", wait)
                await asyncio.sleep(wait)
                self._wake.set()

    async def _once(self, polled: bool) -> None:
        if self._wake.is_set() or polled:
            self._wake.clear()
            await self._read(polled)
        if polled:
            await self.applier.leaving.expire()
        if self._backlog:
            batch = self._backlog
            await self.applier.deliver(batch)
            self._backlog = Batch()
        if self._rechecks:
            rechecks, self._rechecks = self._rechecks, {}
            try:
                await self.applier.recheck(rechecks)
            except Exception:
                for interest, wanted in rechecks.items():
                    self.recheck(interest, wanted.changed, wanted.whole)
                raise
        await self.applier.flush_windows()

    async def _read(self, polled: bool) -> None:
        if not self.sessions and not +self._wanted:
            self._is_idle = True  # the next one who comes starts from then
            return
        listening, over = self._reading = set(+self._wanted), asyncio.Event()
        try:
            counts = functools.cache(lambda label: self._listener.is_in(group_of(label)))
            count, batch = await threads.run(lambda: self.source.read(listening, counts))
        finally:
            self._reading = None
            over.set()
        for session in self.register.sessions() if self.source.lost else ():
            self.applier.recover(session, "gap")
        self._tally.read(count)
        if polled:
            self._tally.polled()
        if batch:
            self.rounds.add(batch)
            self._backlog.add(batch)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self._listener.stop()


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}
_lock = threading.Lock()
_routes: list[tuple[Dispatcher, Routes]] = []


def use(routes: Routes) -> None:
    """At start-up: the routes of the compiled schema."""
    _routes[:] = [(dispatcher(), routes)]


def hub() -> Hub:
    """The running loop's hub."""
    loop = asyncio.get_running_loop()
    found = _hubs.get(loop)
    if found is None:
        door, routes = _routes[0]
        with _lock:
            for old in [item for item in _hubs if item.is_closed()]:
                del _hubs[old]
            found = _hubs[loop] = Hub(loop, door, routes)
    return found


def started() -> Hub | None:
    """The running loop's hub, if somebody has needed it."""
    return _hubs.get(asyncio.get_running_loop())


def _all() -> list[Hub]:
    """From any thread."""
    with _lock:
        return list(_hubs.values())


def tell_now(detail: dict[str, Any]) -> None:
    """On any thread: an event that does not go through the log."""
    for found in _all():
        with suppress(RuntimeError):
            found.loop.call_soon_threadsafe(found.applier.tell_now, detail)


def announce(counts: dict[str, int]) -> None:
    """After a commit, on any thread: the hubs of this process, and through the layer those of others."""
    for found in _all():
        found.announce(counts)
    if layers.layer() is not None:
        layers.publisher().wake(counts)
