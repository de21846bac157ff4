"""Deliveries a second: a row is changed, and again as soon as every receiver has heard of it."""

import asyncio
import gc
from argparse import Namespace
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from time import perf_counter
from typing import Any

from tests.benchmarks.communicator import BenchmarkError
from tests.benchmarks.report import progress

from .contenders import CONTENDERS, MANY_USERS, PLAIN, Contender, Writer, rows_from
from .receivers import PATIENCE, Receiver, closed, opened
from .tables import Table

#: Rows of one transaction in a burst. Many more, and the in-memory layer, which holds 100 messages for a consumer, drops some.
BURST = 10


class Group:
    """A contender's receivers, and how many frames of the present change they have heard."""

    def __init__(self, contender: Contender) -> None:
        self.contender = contender
        self.receivers: list[Receiver] = []
        self._mark = self._wrong = ""
        self._missing = 0
        self._all = asyncio.Event()
        self._changes = 0

    async def open(self, users: Sequence[Any], number: int) -> None:
        who = users if self.contender.many else users[:1]
        self.receivers = await opened(self.contender.application(), who, number, self.contender.requests, self._heard)

    def _heard(self, receiver: Receiver, text: str) -> None:
        # Kept for `change`: an exception raised here is the sender's, who may well go on without this receiver.
        if self._mark not in text:
            self._wrong = text
        receiver.count += 1
        self._missing -= 1
        if not self._missing:
            self._all.set()

    async def change(self, writer: Writer, nonce: int, rows: Sequence[int]) -> None:
        """Change rows, and wait until every receiver has heard of each."""
        self._mark, self._missing = f"Title {nonce}.", len(self.receivers) * len(rows)
        self._changes += len(rows)
        self._all.clear()
        await writer.change(self.contender, nonce, rows)
        try:
            await asyncio.wait_for(self._all.wait(), PATIENCE)
        except TimeoutError:
            raise BenchmarkError(f"{self.contender.name}: {self._missing} frames are missing") from None
        if self._wrong:
            raise BenchmarkError(f"{self.contender.name}: not of {self._mark}: {self._wrong[:300]}")

    def check(self) -> None:
        """Raise BenchmarkError unless every receiver heard of every change exactly once."""
        wrong = {receiver.count for receiver in self.receivers} - {self._changes}
        if wrong:
            raise BenchmarkError(f"{self.contender.name}: {self._changes} changes, but {wrong} frames for a receiver")


@asynccontextmanager
async def listening(contender: Contender, users: Sequence[Any], number: int) -> AsyncIterator[Group]:
    """A contender's receivers, no others: the in-memory layer looks through every channel there is with each message."""
    group = Group(contender)
    await group.open(users, number)
    gc.collect()
    yield group
    group.check()
    await closed(group.receivers)


async def measure(users: Sequence[Any], options: Namespace) -> list[Table]:
    """Deliveries per second of each contender in each round, one change at a time and in bursts."""
    tables = {
        rows: Table(f"deliveries per second to {options.receivers:,} receivers, {kind}", PLAIN.name)
        for rows, kind in ((1, "one change at a time"), (BURST, f"{BURST} changes at a time"))
    }
    writer, nonces = Writer(), count(1)
    for number in range(options.rounds):
        # In turns, because the speed of a machine drifts: what slows one contender slows all in a round.
        for contender in CONTENDERS:
            async with listening(contender, users, options.receivers) as group:
                await group.change(writer, next(nonces), [1])
                for rows, table in tables.items():
                    table.add(contender.name, await _rate(group, writer, nonces, rows, options.seconds))
        progress(f"Measured: deliveries, round {number + 1}")
    await writer.close()
    return list(tables.values())


async def profile(users: Sequence[Any], options: Namespace) -> float:
    """Ours alone, each connection another user's: that is the harder case."""
    writer, nonces = Writer(), count(1)
    async with listening(MANY_USERS, users, options.receivers) as group:
        rate = await _rate(group, writer, nonces, 1, options.seconds)
    await writer.close()
    return rate


async def _rate(group: Group, writer: Writer, nonces: Iterator[int], rows: int, seconds: float) -> float:
    start, changes = perf_counter(), 0
    while perf_counter() - start < seconds:
        nonce = next(nonces)
        await group.change(writer, nonce, rows_from(nonce, rows))
        changes += rows
    return changes * len(group.receivers) / (perf_counter() - start)
