"""Bindings that a test declares for itself, behind a dispatcher of their own: no stream of the project is touched."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from django.db.backends.utils import CursorWrapper

from binding_schema import Binding, Context
from binding_schema.compile.build import compile_schema
from binding_schema.resolve import threads
from binding_schema.resolve.authentication import Fixed
from binding_schema.resolve.dispatch import Dispatcher
from binding_schema.types import Request


class Local:
    """`await local.send(user, "app.Club.search", page=2)` gives the answer's data, or raises the BindingError."""

    def __init__(self, *bindings: type[Binding[Any]]) -> None:
        schema, problems = compile_schema(bindings)
        assert not problems.found, problems.text()
        self.dispatcher = Dispatcher(schema)

    def context(self, user: Any) -> Context:
        return Context(Fixed(user))

    async def send(self, user: Any, event: str, /, **data: Any) -> Any:
        return await self.ask(self.context(user), event, data)

    async def ask(self, ctx: Context, event: str, data: dict[str, Any]) -> Any:
        stream, _, verb = event.rpartition(".")
        return orjson.loads((await self.dispatcher.dispatch(ctx, Request(stream, verb, "", data))).data)


@contextmanager
def counted(table: str) -> Iterator[list[str]]:
    """The SELECTs from a table that all threads send meanwhile. Each thread has a connection of its own, so that
    Django's own capturing, which is one connection's, would miss them."""
    seen: list[str] = []
    original = CursorWrapper.execute

    def execute(self: CursorWrapper, sql: str, params: Any = None) -> Any:
        if sql.startswith("SELECT") and f'FROM "{table}"' in sql:
            seen.append(sql)
        return original(self, sql, params)

    CursorWrapper.execute = execute  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        CursorWrapper.execute = original  # type: ignore[method-assign]


@contextmanager
def busy_workers() -> Iterator[None]:
    """Holds every worker, so that what is asked meanwhile waits together."""
    release, pool = threading.Event(), threads.pool()
    barrier = threading.Barrier(pool.size + 1)

    def hold() -> None:
        barrier.wait(10)
        release.wait(30)

    for _ in range(pool.size):
        pool.submit(hold)
    barrier.wait(10)
    try:
        yield
    finally:
        release.set()


async def together(*asked: Any) -> list[Any]:
    """Start all of these coroutines while no worker is free; then let them run. Errors are among the answers."""
    with busy_workers():
        tasks = [asyncio.ensure_future(item) for item in asked]
        await asyncio.sleep(0.02)
    return await asyncio.gather(*tasks, return_exceptions=True)
