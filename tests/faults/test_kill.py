"""Processes that end at the worst moment."""

from __future__ import annotations

import asyncio
import signal
import time

from asgiref.sync import sync_to_async

from helpdesk.models import Ticket
from tests.conftest import Demo

from .conftest import Script, Serve, core
from .receivers import Receiver, eventually

# The first callback after the commit kills the process, so that the wake-up is never sent.
KILLED_AFTER_COMMIT = """
import os, signal
from django.db import transaction
from helpdesk.models import Ticket
with transaction.atomic():
    transaction.on_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))
    ticket = Ticket.objects.get(pk={key})
    ticket.title = "Written by the dead"
    ticket.save()
"""


async def test_a_worker_killed_between_commit_and_publish(
    redis_url: str, serve: Serve, script: Script, demo: Demo
) -> None:
    layers = core(redis_url)
    servers = [serve(layers), serve(layers)]
    ticket = demo.of(demo.network)[0]
    async with (
        Receiver(servers[0].ws_url, demo.alice) as alice,
        Receiver(servers[1].ws_url, demo.carol) as carol,
    ):
        await alice.follow()
        await carol.follow()
        killed = script(KILLED_AFTER_COMMIT.format(key=ticket.pk), layers)
        assert await asyncio.to_thread(killed.wait, 30) == -signal.SIGKILL
        died = time.monotonic()
        await eventually(lambda: all(item.told(ticket.pk, title="Written by the dead") for item in (alice, carol)), 6)
        assert time.monotonic() - died < 6


async def test_a_server_killed_while_it_writes(redis_url: str, serve: Serve, demo: Demo) -> None:
    """Whatever it had committed is told by the other one; what it had not is told by nobody."""
    layers = core(redis_url)
    doomed, other = serve(layers), serve(layers)
    keys = [ticket.pk for ticket in demo.of(demo.network)]
    async with Receiver(doomed.ws_url, demo.admin) as writer, Receiver(other.ws_url, demo.alice) as reader:
        await reader.follow()
        for number in range(300):
            await writer.post("save", hash=f"n{number}", rows=[{"id": key, "title": f"No. {number}"} for key in keys])
        await asyncio.sleep(0.5)
        doomed.process.kill()
        await asyncio.to_thread(doomed.process.wait)
        # PostgreSQL finishes or undoes what was on its way: then nothing changes any more.
        last = ""
        while (now := await sync_to_async(titles)()) != last:
            last = now
            await asyncio.sleep(1)
        assert "No. " in last
        await eventually(lambda: {row["title"] for row in reader.rows.values()} == {last}, 6)
        assert reader.rows == await reader.truth()


def titles() -> str:
    """The title of all the tickets of a team; a bulk write gives them the same one, or none."""
    (title,) = set(Ticket.objects.filter(team__name="Network").values_list("title", flat=True))
    return title


async def test_a_server_that_ends_is_left_for_the_next_one(redis_url: str, serve: Serve, demo: Demo) -> None:
    """A client that is told 1012 connects to the new process, resumes from its newest frame, and misses nothing."""
    layers = core(redis_url)
    first, steady = serve(layers), serve(layers)
    keys = [ticket.pk for ticket in demo.of(demo.network, demo.billing)]
    writing, written = True, 0

    async def write() -> None:
        nonlocal written
        async with Receiver(steady.ws_url, demo.admin) as writer:
            while writing:
                team = demo.network if written % 3 else demo.billing
                await writer.write("update", id=keys[written % len(keys)], title=f"No. {written}", team=team.pk)
                written += 1
                await asyncio.sleep(0.01)

    async with Receiver(first.ws_url, demo.alice) as reader:
        await reader.follow()
        task = asyncio.create_task(write())
        await eventually(lambda: reader.counts["retrieve"] > 20, 20)
        for _ in range(2):
            first.process.terminate()
            await eventually(lambda: reader.closed is not None, 10)
            assert reader.closed == 1012
            await asyncio.to_thread(first.process.wait, 10)
            first = serve(layers)
            await reader.connect(first.ws_url)
            await reader.resume()
            before = reader.counts["retrieve"]
            await eventually(lambda n=before: reader.counts["retrieve"] > n + 20, 20)
        writing = False
        await task
        await reader.settles()
        assert not reader.counts["resync"]
        assert not reader.counts["list"]
    assert written > 60
