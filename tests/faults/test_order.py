"""PostgreSQL's transactions commit in another order than they began. What the log says is told all the same, and resumed."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack
from typing import Any

from tests.conftest import Demo

from .conftest import Script, Serve, core
from .receivers import Receiver, eventually

NEVER = 600

# Each line of its input is a step: begin and write, then commit or roll back.
WRITER = """
import sys
from django.db import transaction
from helpdesk.models import Ticket

for line in sys.stdin:
    key, title, end = line.split()
    try:
        with transaction.atomic():
            ticket = Ticket.objects.get(pk=key)
            ticket.title = title
            ticket.save()
            print("written", flush=True)
            sys.stdin.readline()
            if end == "rollback":
                raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    print("done", flush=True)
"""


class Writer:
    """A process with a transaction that ends when it is told to."""

    def __init__(self, process: Any) -> None:
        self.process = process

    async def begin(self, key: int, title: str, end: str = "commit") -> None:
        await self._step(f"{key} {title} {end}", "written")

    async def end(self) -> None:
        await self._step("", "done")

    async def _step(self, line: str, answer: str) -> None:
        def step() -> str:
            self.process.stdin.write(f"{line}\n")
            self.process.stdin.flush()
            return str(self.process.stdout.readline()).strip()

        assert await asyncio.to_thread(step) == answer


async def test_a_transaction_that_began_first_and_committed_last(
    redis_url: str, serve: Serve, script: Script, demo: Demo
) -> None:
    layers = core(redis_url)
    server = serve(layers, LIVE_POLL_INTERVAL=NEVER)
    early, late, undone = (Writer(script(WRITER, layers)) for _ in range(3))
    first, second, third = (ticket.pk for ticket in demo.of(demo.network)[:3])
    async with Receiver(server.ws_url, demo.alice) as reader, AsyncExitStack() as stack:
        await reader.follow()
        await early.begin(first, "Early")
        await undone.begin(third, "Undone", "rollback")
        await late.begin(second, "Late")
        await late.end()
        await eventually(lambda: reader.told(second, title="Late"), 5)
        between, held = reader.seq, dict(reader.rows)
        assert not reader.told(first, title="Early")
        await undone.end()
        await early.end()
        await eventually(lambda: reader.told(first, title="Early"), 5)
        assert "Undone" not in {row["title"] for row in (await reader.truth()).values()}
        assert reader.rows == await reader.truth()

        # One that left after the frame in between hears of the rest, and only by what the log says.
        back = await stack.enter_async_context(Receiver(server.ws_url, demo.alice))
        back.seq, back.rows = between, held
        await back.resume()
        await eventually(lambda: back.told(first, title="Early"), 5)
        assert back.rows == await back.truth()
        assert not back.counts["resync"]
        # What the client holds and nothing happened to is not sent again.
        assert back.counts["retrieve"] <= 2


async def test_resumed_from_any_frame_nothing_is_missed(
    redis_url: str, serve: Serve, script: Script, demo: Demo
) -> None:
    """Each frame is a place at which the connection may break, those in the middle of a transaction's among them."""
    layers = core(redis_url)
    server = serve(layers, LIVE_POLL_INTERVAL=NEVER)
    writers = [Writer(script(WRITER, layers)) for _ in range(4)]
    keys = [ticket.pk for ticket in demo.of(demo.network)]
    chance = random.Random(3)
    async with Receiver(server.ws_url, demo.alice) as reader, Receiver(server.ws_url, demo.admin) as admin:
        reader.remembers = True
        await reader.follow(priority__gte=2)
        for number in range(6):
            # Writers begin in one order and end in another; a bulk write of all rows is told in the meantime.
            chosen = chance.sample(keys, len(writers))
            for writer, key in zip(writers, chosen, strict=True):
                await writer.begin(key, f"T{number}", chance.choice(["commit", "commit", "rollback"]))
            free = [key for key in keys if key not in chosen]
            rows = [{"id": key, "body": f"B{number}", "priority": chance.randint(1, 4)} for key in free]
            await admin.write("save", rows=rows)
            for writer in chance.sample(writers, len(writers)):
                await writer.end()
                if chance.random() < 0.5:
                    await asyncio.sleep(0.02)
            # And one while nothing is open: then all before it is settled, and it is told as several frames.
            await admin.write("save", rows=[{"id": key, "body": f"C{number}"} for key in keys])
            await reader.settles()
        assert len(reader.history) > 60
        for seq, rows in chance.sample(reader.history, 60):
            async with Receiver(server.ws_url, demo.alice) as back:
                back.filters, back.seq, back.rows = reader.filters, seq, dict(rows)
                await back.resume()
                await back.settles(5)
                assert not back.counts["resync"]


async def test_writers_at_once_with_a_reader_that_comes_and_goes(redis_url: str, serve: Serve, demo: Demo) -> None:
    """Twelve connections write at the same time through two servers, while one that reads breaks off and resumes."""
    layers = core(redis_url)
    servers = [serve(layers, LIVE_POLL_INTERVAL=NEVER) for _ in range(2)]
    keys = [ticket.pk for ticket in demo.of(demo.network, demo.billing)]
    writing = True

    async def write(number: int) -> None:
        chance = random.Random(number)
        async with Receiver(servers[number % 2].ws_url, demo.admin) as writer:
            for step in range(25):
                rows = [{"id": key, "title": f"{number}.{step}"} for key in sorted(chance.sample(keys, 4))]
                rows[0]["team"] = chance.choice([demo.network.pk, demo.billing.pk])
                await writer.write("save", rows=rows)

    async with Receiver(servers[1].ws_url, demo.alice) as reader, Receiver(servers[0].ws_url, demo.carol) as steady:
        await reader.follow()
        await steady.follow()

        async def break_off() -> int:
            times = 0
            while writing:
                await asyncio.sleep(0.3)
                await reader.leave()
                await asyncio.sleep(0.1)
                await reader.connect(servers[times % 2].ws_url)
                await reader.resume()
                times += 1
            return times

        breaking = asyncio.create_task(break_off())
        await asyncio.gather(*(write(number) for number in range(12)))
        writing = False
        assert await breaking >= 2
        await reader.settles()
        await steady.settles()
        assert not reader.counts["resync"]
        assert not steady.counts["resync"]
