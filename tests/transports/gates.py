"""A stream whose actions last until the test lets them go on, and consumers that serve it."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, ClassVar

from binding_schema import Binding, Context, IsAuthenticated, action
from binding_schema.compile.build import compile_schema
from binding_schema.consumers import AsyncConsumer, SyncConsumer
from binding_schema.resolve.dispatch import Dispatcher
from helpdesk.models import Label


class Gates:
    """What has begun, in order, and what may end. ``open`` lets one through, now or when it comes."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self._events: dict[str, threading.Event] = {}

    def event(self, name: str) -> threading.Event:
        return self._events.setdefault(name, threading.Event())

    def open(self, *names: str) -> None:
        for name in names:
            self.event(name).set()

    async def until(self, number: int) -> None:
        """Wait until so many have begun."""
        async with asyncio.timeout(10):
            while len(self.begun) < number:  # noqa: ASYNC110 - begun on any thread
                await asyncio.sleep(0.005)


class GateBinding(Binding[Any]):
    stream = "tests.Gate"
    permissions = [IsAuthenticated]

    gates: ClassVar[Gates]

    @action(read=True)
    async def wait(self, ctx: Context, name: str) -> str:
        """Waits on the event loop, and so holds no worker."""
        self.gates.begun.append(name)
        while not self.gates.event(name).is_set():  # noqa: ASYNC110 - the sync action below waits for the same
            await asyncio.sleep(0.005)
        self.gates.ended.append(name)
        return name

    @action
    def write(self, ctx: Context, name: str) -> str:
        """Waits on a worker, then writes a row."""
        self.gates.begun.append(name)
        assert self.gates.event(name).wait(10)
        Label.objects.create(name=name)
        self.gates.ended.append(name)
        return name


schema, problems = compile_schema([GateBinding])
assert not problems.found, problems.text()


class Gated(AsyncConsumer):
    dispatcher: ClassVar[Dispatcher] = Dispatcher(schema)

    def _door(self) -> Dispatcher:
        return self.dispatcher


class SyncGated(SyncConsumer):
    def _door(self) -> Dispatcher:
        return Gated.dispatcher
