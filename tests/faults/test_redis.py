"""Redis goes away and comes back, or forgets who listens."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from tests.conftest import Demo

from .conftest import Serve, StartRedis, core, metrics, pubsub, report
from .receivers import Receiver, eventually

NEVER = 600


@pytest.mark.parametrize(
    "make, poll, outage",
    # The core layer fails openly: its listener comes back and reads the log, without any poll. The pub/sub layer mends its
    # connection without a word, so that only the poll knows of what was told meanwhile.
    [(core, NEVER, 10), (pubsub, 2, 5)],
    ids=["core", "pubsub"],
)
async def test_redis_stopped_and_started(
    make: Any, poll: int, outage: int, private_redis: StartRedis, serve: Serve, demo: Demo
) -> None:
    server = private_redis()
    layers = make(server.url)
    one, other = serve(layers, LIVE_POLL_INTERVAL=poll), serve(layers, LIVE_POLL_INTERVAL=poll)
    keys = [ticket.pk for ticket in demo.of(demo.network)]
    async with (
        Receiver(one.ws_url, demo.admin) as writer,
        Receiver(one.ws_url, demo.alice) as near,
        Receiver(other.ws_url, demo.alice) as far,
    ):
        await near.follow()
        await far.follow()
        await writer.write("update", id=keys[0], title="Before")
        await eventually(lambda: far.told(keys[0], title="Before"), 5)

        await asyncio.to_thread(server.stop)
        for second in range(outage):
            key = keys[1 + second % (len(keys) - 1)]
            await writer.write("update", id=key, title=f"During {second}")
            # The writer's own process needs no layer.
            await eventually(lambda k=key, s=second: near.told(k, title=f"During {s}"), 2)
            await asyncio.sleep(1)
        await asyncio.to_thread(server.start)
        await writer.write("update", id=keys[0], title="After")
        await eventually(lambda: far.told(keys[0], title="After"), 15)
        await far.settles(15)
        await near.settles(5)

        # Messages wake the other process again: each comes in much less time than a poll takes.
        before = metrics(other)["announced"]
        async with asyncio.timeout(30):
            while metrics(other)["announced"] == before:
                await writer.write("update", id=keys[1], title="Is anyone there?")
                await asyncio.sleep(0.2)
        times = []
        for number in range(10):
            await writer.write("update", id=keys[2], title=f"Again {number}")
            times.append(await eventually(lambda n=number: far.told(keys[2], title=f"Again {n}"), 5))
        report(median_ms=round(sorted(times)[5] * 1000), worst_ms=round(max(times) * 1000))
        assert sorted(times)[5] < 1, times
        assert not far.counts["resync"]
        if make is core:
            assert metrics(other)["layer_errors"] >= 1
            assert re.search(r"channel layer failed .*; trying again in", other.log.read_text())
        assert metrics(one)["publish_errors"] >= 1
        assert "channel layer did not take a wake-up" in one.log.read_text()


async def test_a_group_that_expires_is_joined_again(private_redis: StartRedis, serve: Serve, demo: Demo) -> None:
    layers = core(private_redis().url, group_expiry=5)
    one, other = serve(layers, LIVE_POLL_INTERVAL=NEVER), serve(layers, LIVE_POLL_INTERVAL=NEVER)
    ticket = demo.of(demo.network)[0]
    async with Receiver(one.ws_url, demo.admin) as writer, Receiver(other.ws_url, demo.alice) as idle:
        await idle.follow()
        await asyncio.sleep(20)
        assert not idle.frames
        await writer.write("update", id=ticket.pk, title="Still here")
        assert await eventually(lambda: idle.told(ticket.pk, title="Still here"), 5) < 2
        assert metrics(other)["layer_errors"] == 0
