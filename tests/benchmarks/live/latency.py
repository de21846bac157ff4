"""From a change's commit to its frame at each receiver, at a steady rate of changes."""

import asyncio
import gc
from argparse import Namespace
from collections.abc import Sequence
from contextlib import suppress
from statistics import quantiles
from time import perf_counter, sleep
from typing import Any

from tests.benchmarks.communicator import BenchmarkError
from tests.benchmarks.report import progress

from .contenders import BARE, MANY_USERS, ONE_USER, PLAIN, Contender, Writer, change, rows_from
from .receivers import PATIENCE, Receiver, closed, opened
from .tables import Table

RECEIVERS = 200
#: Changes a second; for plain Channels fewer, because it cannot send 10,000 frames a second.
RATE, PLAIN_RATE = 50, 5


class _Clock:
    """Commits by nonce, and how long after its commit each frame came."""

    def __init__(self, first: int, expected: int) -> None:
        self.committed: dict[int, float] = {}
        self.waits: list[float] = []
        self.complete = asyncio.Event()
        self._first = first
        self._expected = expected

    def heard(self, receiver: Receiver, text: str) -> None:
        now = perf_counter()
        start = text.index("Title ") + 6
        nonce = int(text[start : text.index(".", start)])
        if nonce >= self._first:  # those before are the warm-up
            self.waits.append(now - self.committed[nonce])
            if len(self.waits) == self._expected:
                self.complete.set()


async def measure(users: Sequence[Any], options: Namespace) -> list[Table]:
    """Milliseconds, for each contender in each round."""
    tables = {
        percent: Table(f"ms from commit to frame at {RECEIVERS} receivers, {name}", digits=2)
        for percent, name in ((50, "median"), (99, "99th percentile"))
    }
    writer = Writer()
    for _ in range(options.rounds):
        for contender, rate in ((ONE_USER, RATE), (MANY_USERS, RATE), (PLAIN, PLAIN_RATE), (BARE, RATE)):
            waits = quantiles(await _waits(contender, users, writer, rate, options.seconds * 2), n=100)
            for percent, table in tables.items():
                table.add(f"{contender.name}, {rate} changes a second", waits[percent - 1] * 1000)
    await writer.close()
    progress("Measured: latency")
    return list(tables.values())


async def _waits(contender: Contender, users: Sequence[Any], writer: Writer, rate: int, seconds: float) -> list[float]:
    warm, changes = rate, int(rate * seconds)
    clock = _Clock(warm, RECEIVERS * changes)
    who = users if contender.many else users[:1]
    receivers = await opened(contender.application(), who, RECEIVERS, contender.requests, clock.heard)
    gc.collect()
    loop = asyncio.get_running_loop()

    def write() -> None:
        start = perf_counter()
        for nonce in range(warm + changes):
            # By the clock, not after the change before: a slow one must not thin out those that follow.
            sleep(max(start + nonce / rate - perf_counter(), 0))
            change(loop, contender, nonce, rows_from(nonce, 1), _stamp(clock, nonce))
        if perf_counter() - start > 1.1 * (warm + changes) / rate:
            raise BenchmarkError(f"the machine is too busy to write {rate} changes a second")

    await writer.run(write)
    with suppress(TimeoutError):
        await asyncio.wait_for(clock.complete.wait(), PATIENCE)
    await closed(receivers)
    if len(clock.waits) != RECEIVERS * changes:
        raise BenchmarkError(f"{contender.name}: {len(clock.waits)} frames came, not {RECEIVERS * changes}")
    return clock.waits


def _stamp(clock: _Clock, nonce: int) -> Any:
    def committed() -> None:
        clock.committed[nonce] = perf_counter()

    return committed
