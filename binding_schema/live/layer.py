"""The channel layer, through Channels' own interface: it wakes the hubs of other processes. Nothing depends on a message's
arrival: what it tells of is in the change log."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer

from ..conf import settings
from .metrics import metrics

logger = logging.getLogger("binding_schema")

#: With the process's id, since a server may fork its workers after this was imported.
_PROGRAM = uuid.uuid4().hex
WAKE = "binding_schema.wake"
EVENT = "binding_schema.event"
#: Seconds between tries while the layer fails: doubled each time, up to the last.
RETRY, RETRY_MAX = 0.5, 5.0


def process() -> str:
    """Marks this process's own messages, which it has heard before it sent them."""
    return f"{_PROGRAM}.{os.getpid()}"


def group_of(label: str) -> str:
    """The group of a model's changes; Channels allows 99 letters, digits, hyphens, underscores and periods."""
    return f"binding_schema.{label}"[:99]


def layer() -> Any:
    """The configured layer, or None where there is none, or one whose messages never leave the process."""
    found = get_channel_layer(settings().CHANNEL_LAYER)
    return None if isinstance(found, InMemoryChannelLayer) else found


class Publisher:
    """Sends wake-ups from a thread of its own, so that no commit waits for the layer. Wake-ups that wait are sent as one."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._waiting: defaultdict[str, int] = defaultdict(int)
        self._messages: list[tuple[str, dict[str, Any]]] = []
        self._condition = threading.Condition()
        self._busy = False
        self._thread: threading.Thread | None = None

    def wake(self, counts: dict[str, int]) -> None:
        """``{model label: number of entries}``."""
        with self._condition:
            for label, count in counts.items():
                self._waiting[label] += count
            self._start()

    def send(self, group: str, message: dict[str, Any]) -> None:
        with self._condition:
            self._messages.append((group, message))
            self._start()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="binding-schema-publisher", daemon=True)
            self._thread.start()
            atexit.register(self.flush)
        self._condition.notify_all()

    def flush(self, timeout: float = 2.0) -> None:
        """Wait until all is sent: a management command ends right after its last commit."""
        if self._pid == os.getpid():
            with self._condition:
                self._condition.wait_for(lambda: not (self._waiting or self._messages or self._busy), timeout)

    def _run(self) -> None:
        loop = asyncio.new_event_loop()
        while True:
            with self._condition:
                self._busy = False
                self._condition.notify_all()
                self._condition.wait_for(lambda: self._waiting or self._messages)
                messages, self._messages = self._messages, []
                messages += [
                    (group_of(label), {"type": WAKE, "n": n, "from": process()}) for label, n in self._waiting.items()
                ]
                self._waiting.clear()
                self._busy = True
            loop.run_until_complete(self._send(messages))

    async def _send(self, messages: list[tuple[str, dict[str, Any]]]) -> None:
        target = layer()
        for group, message in messages if target is not None else ():
            try:
                async with asyncio.timeout(5):
                    await target.group_send(group, message)
            except Exception as error:  # noqa: BLE001 - whatever a layer raises; the poll finds what was not told
                if not metrics.publish_errors % 100:
                    logger.warning("The channel layer did not take a wake-up (%r); polls repair that.", error)
                metrics.publish_errors += 1
                await asyncio.sleep(0.1)


_publisher: Publisher | None = None
_lock = threading.Lock()


def publisher() -> Publisher:
    """The process's publisher; a forked process makes its own."""
    global _publisher
    with _lock:
        if _publisher is None or _publisher._pid != os.getpid():
            _publisher = Publisher()
        return _publisher


async def _ended(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks until they have ended: a Redis client that is about to connect may lose a cancellation, and carry on."""
    waiting = set(tasks)
    while waiting:
        for task in waiting:
            task.cancel()
        done, waiting = await asyncio.wait(waiting, timeout=1)
        for task in done:
            if not task.cancelled():
                task.exception()  # which was told, or follows from what was


class Listener:
    """One channel of an event loop in the groups that it is interested in. Restarts by itself while the layer fails."""

    def __init__(self, heard: Callable[[dict[str, Any]], None], joined: Callable[[], None]) -> None:
        self._heard = heard
        self._joined = joined
        self._layer = layer()
        self._groups: dict[str, int] = {}
        self._channel: str | None = None
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._inside: set[str] = set()
        #: Memberships of channels that nobody listens on any more, which a failure kept us from ending.
        self._stale: set[tuple[str, str]] = set()
        self._renew_at = 0.0

    def join(self, group: str) -> None:
        """Count one more that is interested in a group."""
        self._groups[group] = self._groups.get(group, 0) + 1
        if self._groups[group] == 1 and self._layer is not None:
            self._changed.set()
            if self._task is None:
                self._task = asyncio.get_running_loop().create_task(self._run())

    def leave(self, group: str) -> None:
        count = self._groups.get(group, 0) - 1
        if count > 0:
            self._groups[group] = count
        elif self._groups.pop(group, None) is not None:
            self._changed.set()

    def is_in(self, group: str) -> bool:
        return group in self._groups

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _run(self) -> None:
        wait = RETRY
        while True:
            started = time.monotonic()
            try:
                await self._serve()
            except asyncio.CancelledError:
                await self._leave_all()
                raise
            except Exception as error:  # noqa: BLE001 - whatever a layer raises
                metrics.layer_errors += 1
                wait = RETRY if time.monotonic() - started > 60 else wait
                logger.warning("The channel layer failed (%r); trying again in %.1f s, polling meanwhile.", error, wait)
                await asyncio.sleep(wait)
                wait = min(wait * 2, RETRY_MAX)

    async def _serve(self) -> None:
        """Until something fails: keep the memberships, and hear messages."""
        if self._channel is not None:
            self._stale |= {(group, self._channel) for group in self._inside}
        self._inside = set()
        self._channel = await self._layer.new_channel("binding_schema")
        tasks = [asyncio.create_task(self._keep()), asyncio.create_task(self._hear())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await _ended(tasks)

    async def _hear(self) -> None:
        while True:
            try:
                message = await self._layer.receive(self._channel)
            except Exception as error:
                # Since version 8 redis-py gives up a read after 5 seconds, for which the core layer's may wait on purpose. It
                # is silence, or a server that hangs: joining again finds out.
                if type(error).__name__ != "TimeoutError":
                    raise
                self._renew_at = 0.0
                self._changed.set()
            else:
                self._heard(message)

    async def _keep(self) -> None:
        """Join and leave as wanted, and join again before the layer forgets: it does after ``group_expiry`` seconds."""
        expiry = getattr(self._layer, "group_expiry", None)
        self._renew_at = 0.0
        while True:
            now = time.monotonic()
            self._changed.clear()
            again = bool(expiry) and now >= self._renew_at
            if again:
                self._renew_at = now + max(float(expiry or 0) / 3, 0.1)
            wanted = set(self._groups)
            joining, is_new = wanted if again else wanted - self._inside, bool(wanted - self._inside)
            for group in joining:
                self._inside.add(group)
                async with asyncio.timeout(5):
                    await self._layer.group_add(group, self._channel)
            if is_new:
                self._joined()  # what was told before we were in the group is in the log
            self._stale |= {(group, self._channel or "") for group in self._inside - wanted}
            self._inside = wanted
            while self._stale:
                group, channel = next(iter(self._stale))
                async with asyncio.timeout(5):
                    await self._layer.group_discard(group, channel)
                self._stale.discard((group, channel))
            with suppress(TimeoutError):
                # Not wait_for: on Python 3.11 it loses a cancellation that comes together with the change.
                async with asyncio.timeout(max(self._renew_at - now, 0.05) if expiry else None):
                    await self._changed.wait()

    async def _leave_all(self) -> None:
        with suppress(Exception):
            for group in self._inside:
                async with asyncio.timeout(1):
                    await self._layer.group_discard(group, self._channel)
