"""The database goes away and comes back."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager

from asgiref.sync import sync_to_async
from django.db import connection

from binding_schema import live
from helpdesk.models import Ticket
from scripts import services
from tests.conftest import Demo, need

from .conftest import Serve, metrics, terminate_connections
from .receivers import Receiver, eventually


def write(key: int, title: str) -> None:
    ticket = Ticket.objects.get(pk=key)
    ticket.title = title
    ticket.save()


async def test_connections_that_the_database_ends(serve: Serve, demo: Demo) -> None:
    server = serve(None, LIVE_POLL_INTERVAL=0.1)
    keys = [ticket.pk for ticket in demo.of(demo.network)]
    async with Receiver(server.ws_url, demo.alice) as alice, Receiver(server.ws_url, demo.carol) as carol:
        await alice.follow()
        await carol.follow(status="open")
        ended = 0
        for number in range(40):
            await sync_to_async(write)(keys[number % len(keys)], f"No. {number}")
            if number % 8 == 0:
                ended += await sync_to_async(terminate_connections)()
            await asyncio.sleep(0.05)
        assert ended >= 4
        await sync_to_async(write)(keys[0], "Last")
        await eventually(lambda: alice.told(keys[0], title="Last"), 15)
        await alice.settles()
        await carol.settles()
        assert metrics(server)["failures"] >= 1
        assert "Nothing is lost" in server.log.read_text()
        assert not alice.counts["resync"]


def change_the_large_ones(letter: str) -> None:
    """5 MB of frames for whoever sees them, more than may wait for one connection."""
    large = Ticket.objects.filter(title="Large")
    with live.grouped():
        large.update(body=letter * 10_000)
        live.changed(large)


@contextmanager
def closed_database() -> Iterator[None]:
    """Nobody gets a new connection, and those that there were are ended: what clients see of a server that restarts."""
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    with services.connect(need("postgresql").env) as maintenance:
        maintenance.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        try:
            terminate_connections()
            yield
        finally:
            maintenance.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


async def test_a_database_that_is_away_for_a_while(serve: Serve, demo: Demo) -> None:
    server = serve(None, LIVE_POLL_INTERVAL=0.5)
    keys = [ticket.pk for ticket in demo.of(demo.network)]
    await Ticket.objects.abulk_create(Ticket(title="Large", team=demo.hardware) for _ in range(500))
    async with (
        Receiver(server.ws_url, demo.alice) as alice,
        Receiver(server.ws_url, demo.dave, is_narrow=True) as behind,
    ):
        await alice.follow()
        await behind.follow()
        behind.is_reading.clear()
        async with asyncio.timeout(60):
            for letter in itertools.cycle("abc"):
                if metrics(server)["overflows"]:
                    break
                await sync_to_async(change_the_large_ones)(letter)
                await asyncio.sleep(1)
        away = closed_database()
        await sync_to_async(away.__enter__)()
        try:
            behind.is_reading.set()
            for number in range(5):
                await sync_to_async(write)(keys[number], f"While away {number}")
                await asyncio.sleep(1)
            assert not alice.frames
            assert not behind.counts["list"]
        finally:
            await sync_to_async(away.__exit__)(None, None, None)
        await eventually(lambda: alice.told(keys[4], title="While away 4"), 15)
        await alice.settles()
        await behind.settles()
        assert behind.counts["resync"] >= 1
        assert alice.closed is None
        assert not alice.counts["resync"]
        # Whoever got one of the ended connections said so; the others waited for a new one.
        assert metrics(server)["failures"] or "has to wait" in server.log.read_text()
