"""Thousands of changes to hundreds of receivers, through a layer that drops messages."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from contextlib import AsyncExitStack
from typing import Any

import pytest

from helpdesk.models import Ticket
from tests.conftest import Demo

from .conftest import Serve, core, metrics, report
from .receivers import Receiver, eventually

RECEIVERS, TICKETS = 200, 900
BULK_WRITES, ROWS, SINGLE_WRITES = 9, 500, 500
COUNTED = ("announced", "changes", "repaired", "overflows", "resyncs", "frames")


def random_row(chance: random.Random, key: int) -> dict[str, Any]:
    """Values by which tickets go into lists and out of them."""
    status, priority = chance.choice(Ticket.Status.values), chance.randint(1, 4)
    return {"id": key, "status": status, "priority": priority, "title": f"No. {chance.random()}"}


def filters_of(number: int) -> dict[str, Any]:
    """Every list has its like in the other process, and for other users."""
    statuses = Ticket.Status.values
    return {"status": statuses[number // 10 % 3], "priority__gte": number // 30 % 4 + 1}


def is_accounted_for(counted: dict[str, int]) -> bool:
    """Each change was announced, or found without that and counted; some were dropped."""
    return counted["repaired"] > 0 and counted["announced"] + counted["repaired"] == counted["changes"]


@pytest.mark.timeout(240)
async def test_a_burst(redis_url: str, serve: Serve, demo: Demo) -> None:
    layers = core(redis_url)
    servers = [serve(layers), serve(layers)]
    chance = random.Random(5)
    teams = [demo.network, demo.billing, demo.hardware]
    await Ticket.objects.abulk_create(Ticket(title="New", team=teams[number % 3]) for number in range(TICKETS))
    keys = [key async for key in Ticket.objects.values_list("pk", flat=True)]
    people = [demo.admin, demo.alice, demo.bob, demo.carol, demo.dave]
    async with AsyncExitStack() as stack:
        receivers = [Receiver(servers[number % 2].ws_url, people[number % 5]) for number in range(RECEIVERS)]
        for receiver in receivers:
            await stack.enter_async_context(receiver)
        await asyncio.gather(*(item.follow(**filters_of(number)) for number, item in enumerate(receivers)))
        writer, other = [await stack.enter_async_context(Receiver(item.ws_url, demo.admin)) for item in servers]

        started = time.monotonic()
        for number in range(BULK_WRITES):
            rows = [random_row(chance, key) for key in chance.sample(keys, ROWS)]
            await (writer, other)[number % 2].write("save", rows=rows)
        # The second process stops for a moment, as a machine that swaps or migrates does.
        servers[1].process.send_signal(signal.SIGSTOP)
        try:
            for _ in range(SINGLE_WRITES):
                await writer.write("update", **random_row(chance, chance.choice(keys)))
        finally:
            servers[1].process.send_signal(signal.SIGCONT)
        written = time.monotonic() - started
        await asyncio.gather(*(item.settles(60) for item in receivers))
        settled = time.monotonic() - started

        frames = sum(len(item.frames) for item in receivers)
        assert frames > 10_000
        # What the layer dropped was found in the log, and is counted once the next poll has made sure of it. How much it
        # dropped follows from how many wake-ups went as one.
        await eventually(lambda: is_accounted_for(metrics(servers[1])), 30)
        assert metrics(servers[0])["repaired"] == 0
        counted = {f"{name}_{n}": metrics(server)[name] for n, server in enumerate(servers) for name in COUNTED}
        report(written_s=round(written, 1), settled_s=round(settled, 1), frames=frames, **counted)
