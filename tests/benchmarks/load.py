"""The load: connections that each send the next request when the reply to the last one has come."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass
from itertools import count
from random import Random
from time import perf_counter

from django.contrib.auth.models import User

from .communicator import BenchmarkError, Communicator
from .contenders import PAGE_SIZE, Contender

# Beyond the measured time: for the warm-up and for the replies still under way at its end.
_PATIENCE = 60.0


@dataclass(frozen=True)
class Workload:
    """What the connections ask for, the same for every contender."""

    verb: str
    connections: int
    rows: int
    users: Sequence[User]
    nonces: Iterator[int]

    def keys(self, random: Random) -> Iterator[int]:
        last = self.rows // PAGE_SIZE if self.verb == "search" else self.rows
        while True:
            yield random.randint(1, last)


@asynccontextmanager
async def connected(contender: Contender, users: Sequence[User], connections: int) -> AsyncIterator[list[Communicator]]:
    """Open connections; connection n belongs to user n modulo the number of users."""
    application = contender.application()
    # A copy each, as a server has it: every handshake loads its own user.
    opened = [Communicator(application, copy(users[n % len(users)])) for n in range(connections)]
    for communicator in opened:
        if not await communicator.open():
            raise BenchmarkError(f"{contender.name} refused an authenticated connection")
    yield opened
    for communicator in opened:
        await communicator.close()


async def measure(contender: Contender, workload: Workload, seconds: float, seed: str) -> float:
    """Requests per second that `contender` answered, once it ran warm. Every reply is checked."""
    async with connected(contender, workload.users, workload.connections) as communicators:
        gc.collect()
        run = _Run(contender, workload)
        async with asyncio.timeout(seconds + _PATIENCE), asyncio.TaskGroup() as group:
            for number, communicator in enumerate(communicators):
                group.create_task(run.client(communicator, Random(f"{seed} {number}")))
            await asyncio.sleep(min(0.5, seconds / 5))
            # Both ends lie inside the load, so that neither the start nor the last stragglers count.
            answered, start = run.answered, perf_counter()
            await asyncio.sleep(seconds)
            rate = (run.answered - answered) / (perf_counter() - start)
            run.over = True
        return rate


class _Run:
    def __init__(self, contender: Contender, workload: Workload) -> None:
        self.contender = contender
        self.workload = workload
        self.answered = 0
        self.over = False

    async def client(self, communicator: Communicator, random: Random) -> None:
        contender, workload = self.contender, self.workload
        verb, rows = workload.verb, workload.rows
        for key in workload.keys(random):
            nonce = next(workload.nonces)
            reply = await communicator.ask(contender.frame(verb, key, nonce))
            check(contender.name, reply, contender.marks(verb, key, nonce, rows))
            self.answered += 1
            if self.over:
                return


def check(name: str, reply: str, marks: tuple[str, ...]) -> None:
    """Raise BenchmarkError unless `reply` holds all of `marks`. Cheaper than parsing, which all would pay for."""
    for mark in marks:
        if mark not in reply:
            raise BenchmarkError(f"{name} did not answer as it should: no {mark} in {reply[:500]}")


def nonces() -> Iterator[int]:
    return count(1_000_000)
