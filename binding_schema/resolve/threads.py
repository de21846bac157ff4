"""The one seam between sync and async: a bounded pool of worker threads, each with its own database connections.

``run`` takes a function off the event loop, ``call`` lets a function on a worker call a hook that may be async.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import os
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

from asgiref.sync import SyncToAsync, async_to_sync, sync_to_async
from django.db import connections

from ..conf import settings

T = TypeVar("T")
Job = Callable[[], None]

#: True while an async hook runs for a worker that waits for it: what it asks of us runs on that very worker, within its
#: transaction, and cannot wait for a free one.
_inside_hook: contextvars.ContextVar[bool] = contextvars.ContextVar("binding_schema_inside_hook", default=False)

#: A connection unused for so long (seconds) is asked whether it is alive before it is used again.
PROBE_AFTER = 30.0


class Pool:
    """Threads that take jobs in order. They are daemons: a process that ends does not wait for them."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.jobs: SimpleQueue[Job | None] = SimpleQueue()
        self.threads: list[threading.Thread] = []
        self.pid = os.getpid()
        self._unfinished = 0
        self._lock = threading.Lock()

    def submit(self, job: Job) -> None:
        """Queue a job, which must not raise. Threads start when there is work for them."""
        with self._lock:
            self._unfinished += 1
            if len(self.threads) < min(self.size, self._unfinished):
                thread = threading.Thread(target=self._work, name=f"binding-schema-{len(self.threads)}", daemon=True)
                self.threads.append(thread)
                thread.start()
        self.jobs.put(job)

    def _work(self) -> None:
        used = time.monotonic()
        while True:
            job = self.jobs.get()
            if job is None:
                break
            used = _ready_connections(used)
            try:
                job()
            finally:
                _release_connections()
                with self._lock:
                    self._unfinished -= 1
        connections.close_all()

    def close(self) -> None:
        for _ in self.threads:
            self.jobs.put(None)
        for thread in self.threads:
            thread.join(timeout=10)


def _ready_connections(used: float) -> float:
    """Close connections that broke or grew old; they reopen by themselves. Returns the time now."""
    now = time.monotonic()
    for connection in connections.all(initialized_only=True):
        if connection.connection is None or connection.in_atomic_block:
            continue
        if connection.errors_occurred or now - used > PROBE_AFTER:
            # Django asks a connection only where CONN_HEALTH_CHECKS is set; a thread that lives long always should.
            if connection.is_usable():
                connection.errors_occurred = False
            else:
                connection.close()
        elif (
            connection.close_at is not None and connection.settings_dict["CONN_MAX_AGE"] and now >= connection.close_at
        ):
            connection.close()
    return now


def _release_connections() -> None:
    """Give a pooled connection back after each job. Others stay open: there are never more than threads."""
    for connection in connections.all(initialized_only=True):
        if connection.queries_logged:
            connection.queries_log.clear()
        if connection.settings_dict.get("OPTIONS", {}).get("pool") and connection.connection is not None:
            connection.close()


_pool: Pool | None = None
_pool_lock = threading.Lock()


def pool() -> Pool:
    """The process's pool; a forked process makes its own."""
    global _pool
    current = _pool
    if current is None or current.pid != os.getpid():
        with _pool_lock:
            if _pool is None or _pool.pid != os.getpid():
                _pool = Pool(_size())
            current = _pool
    return current


def _size() -> int:
    for database in connections.settings.values():
        name = str(database.get("NAME", ""))
        if database["ENGINE"].endswith("sqlite3") and (":memory:" in name or "mode=memory" in name):
            return 1  # each further connection would be a database of its own
    return max(settings().DB_THREADS, 1)


def shutdown() -> None:
    """Let the threads finish and close their connections, as tests need before they drop a database."""
    global _pool
    with _pool_lock:
        if _pool is not None and _pool.pid == os.getpid():
            _pool.close()
        _pool = None


def runs_inline() -> bool:
    """Whether work of the current task stays on the thread that waits for it: within a hook, or with DB_THREADS 0."""
    return _inside_hook.get() or not settings().DB_THREADS


async def run(function: Callable[[], T]) -> T:
    """Run ``function`` on a worker and return its result. Cancelling stops the waiting, not the function."""
    if runs_inline():
        return await sync_to_async(function, thread_sensitive=True)()
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    context = contextvars.copy_context()

    def job() -> None:
        SyncToAsync.threadlocal.main_event_loop = loop
        SyncToAsync.threadlocal.main_event_loop_pid = os.getpid()
        try:
            result = context.run(function)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the one who waits gets it
            post(loop, [(future, None, error)])
        else:
            post(loop, [(future, result, None)])

    pool().submit(job)
    return await future


Outcome = tuple["asyncio.Future[Any]", Any, BaseException | None]


def post(loop: asyncio.AbstractEventLoop, outcomes: list[Outcome], then: Callable[[], None] | None = None) -> None:
    """Settle futures of ``loop`` from a worker, all with one wake-up; ``then`` runs on the loop afterwards."""

    def settle() -> None:
        for future, result, error in outcomes:
            if future.done():
                continue
            if error is None:
                future.set_result(result)
            elif isinstance(error, StopIteration):  # which a future cannot hold
                future.set_exception(RuntimeError(str(error)))
            else:
                future.set_exception(error)
        if then is not None:
            then()

    with contextlib.suppress(RuntimeError):  # the loop was closed; nobody waits any more
        loop.call_soon_threadsafe(settle)


def call(hook: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a hook that may be ``def`` or ``async def`` from sync code; an async one runs on the event loop meanwhile."""
    result = hook(*args, **kwargs)
    if not inspect.isawaitable(result):
        return result

    async def wait() -> Any:
        token = _inside_hook.set(True)
        try:
            return await result
        finally:
            _inside_hook.reset(token)

    return async_to_sync(wait)()
