"""A client that stops reading its socket: it costs little memory, holds up nobody, and is told `resync` once it reads again."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

from helpdesk.models import Ticket
from tests.conftest import Demo

from .conftest import DEACTIVATE, Script, Serve, core, metrics, report, resident
from .receivers import Receiver, eventually

NEVER = 600
TICKETS, ROUNDS, SIZE = 500, 40, 10_000
#: So much may a server grow while three clients do not read 200 MB of frames each.
GROWTH = 100 << 20

# Each line of its input is a round: every large ticket gets a new body, in one transaction.
LARGE_CHANGES = """
import sys
from binding_schema import live
from helpdesk.models import Ticket
large = Ticket.objects.filter(title="Large")
for line in sys.stdin:
    with live.grouped():
        large.update(body=line.strip() + "x" * %d)
        live.changed(large)
    print("done", flush=True)
"""


async def one_round(process: Any, number: int) -> None:
    def step() -> str:
        process.stdin.write(f"Round {number}\n")
        process.stdin.flush()
        return str(process.stdout.readline()).strip()

    assert await asyncio.to_thread(step) == "done"


async def test_a_reader_that_stops_reading(redis_url: str, serve: Serve, script: Script, demo: Demo) -> None:
    layers = core(redis_url)
    # Without pings, by which the server would soon find out that nobody reads, and end the connection.
    server = serve(layers, "--ws-ping-interval", "600", LIVE_POLL_INTERVAL=NEVER)
    await Ticket.objects.abulk_create(Ticket(title="Large", team=demo.hardware) for _ in range(TICKETS))
    ticket = demo.of(demo.billing)[0]
    writer_process = script(LARGE_CHANGES % SIZE, layers)
    async with AsyncExitStack() as stack:
        stuck = [await stack.enter_async_context(Receiver(server.ws_url, demo.admin, is_narrow=True)) for _ in range(3)]
        reader = await stack.enter_async_context(Receiver(server.ws_url, demo.dave))
        other = await stack.enter_async_context(Receiver(server.ws_url, demo.bob))
        for receiver in (*stuck, reader, other):
            await receiver.follow()
        for receiver in stuck:
            receiver.is_reading.clear()
        delays: list[float] = []
        for number in range(ROUNDS):
            await one_round(writer_process, number)
            await other.write("update", id=ticket.pk, title=f"Small {number}")
            delays.append(await eventually(lambda n=number: other.told(ticket.pk, title=f"Small {n}"), 10))
            if number == 10:  # by then each of them is far behind
                before = resident(server)
        body = f"Round {ROUNDS - 1}x"
        large = [key for key, row in reader.rows.items() if row["title"] == "Large"]
        await eventually(lambda: all(reader.rows[key]["body"].startswith(body) for key in large), 20)
        growth = resident(server) - before
        middle, worst = sorted(delays)[ROUNDS // 2], max(delays)
        report(growth_mb=growth >> 20, delay_median_ms=round(middle * 1000), delay_worst_ms=round(worst * 1000))
        assert growth < GROWTH
        assert metrics(server)["overflows"] >= 3
        assert metrics(server)["resyncs"] == 0
        assert middle < 1, delays
        assert worst < 3, delays
        assert not other.counts["resync"]

        for receiver in stuck:
            receiver.is_reading.set()
        for receiver in stuck:
            await receiver.settles(30)
            assert receiver.counts["resync"] >= 1
            assert receiver.counts["list"] >= 1
        # And it is told of changes again.
        await other.write("update", id=ticket.pk, title="Afterwards")
        for receiver in stuck:
            await eventually(lambda r=receiver: r.told(ticket.pk, title="Afterwards"), 10)


async def test_the_end_of_one_that_does_not_read_holds_up_nobody(
    redis_url: str, serve: Serve, script: Script, demo: Demo
) -> None:
    layers = core(redis_url)
    server = serve(layers, "--ws-ping-interval", "600", LIVE_POLL_INTERVAL=NEVER)
    await Ticket.objects.abulk_create(Ticket(title="Large", team=demo.network) for _ in range(TICKETS))
    writer_process = script(LARGE_CHANGES % SIZE, layers)
    ticket = demo.of(demo.network)[0]
    async with (
        Receiver(server.ws_url, demo.alice, is_narrow=True) as stuck,
        Receiver(server.ws_url, demo.carol) as carol,
    ):
        await stuck.follow()
        await carol.follow()
        stuck.is_reading.clear()
        for number in range(3):
            await one_round(writer_process, number)
        await eventually(lambda: metrics(server)["overflows"] >= 1, 10)
        await asyncio.to_thread(script(DEACTIVATE, layers).wait, 30)
        for number in range(3):
            await carol.write("update", id=ticket.pk, title=f"Not waiting {number}")
            await eventually(lambda n=number: carol.told(ticket.pk, title=f"Not waiting {n}"), 3)
        # She is sent nothing more, and learns that it is over when she reads.
        await one_round(writer_process, 99)
        stuck.is_reading.set()
        await eventually(lambda: stuck.closed is not None, 10)
        assert stuck.closed == 4401
        assert not any(row["body"].startswith("Round 99x") for row in stuck.rows.values())
