"""Users with the same rights share what they are sent: each is still told exactly what she may see, as if judged alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User

from binding_schema.consumers import AsyncConsumer
from binding_schema.live import sight
from binding_schema.testing import WebSocketClient
from helpdesk.models import Label
from tests.conftest import Demo

pytestmark = pytest.mark.django_db(transaction=True)
_numbers = count()
Told = dict[str, list[tuple[str, Any, str | None]]]


@pytest.fixture(params=["flags", "whole users"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Users read as the few columns that their rights follow from, or whole."""
    found: str = request.param
    if found == "whole users":
        monkeypatch.setattr(sight, "has_flags", lambda: False)
    return found


async def test_each_is_told_what_she_may_see(demo: Demo, way: str) -> None:
    users = {"admin": demo.admin, "alice": demo.alice, "bob": demo.bob, "carol": demo.carol, "dave": demo.dave}
    await _save(demo.dave, is_staff=True)
    ticket = demo.of(demo.network)[0]
    async with _following(users) as clients:
        await _save(ticket, title="Seen by the team")
        assert _who(await _told(clients)) == {"admin", "alice", "carol"}
        await _save(ticket, team=demo.hardware, assignee=demo.dave, cost=7)
        told = await _told(clients)
        events = {
            name: [event.partition("#")[0].rpartition(".")[2] for event, _, _ in frames]
            for name, frames in told.items()
            if frames
        }
        assert events == {"admin": ["retrieve"], "alice": ["delete"], "carol": ["delete"], "dave": ["retrieve"]}
        # What is for staff only goes to staff only; a nested row to who may see it.
        assert told["dave"][0][1]["cost"] == told["admin"][0][1]["cost"] == "7.00"
        await _save(ticket, team=demo.billing)
        told = await _told(clients)
        assert _who(told) == {"admin", "bob", "carol", "dave"}
        assert "cost" not in told["bob"][0][1]
        assert told["bob"] == told["carol"]
        assert told["bob"][0][1]["team"] == {"id": demo.billing.pk, "name": "Billing"}


async def test_who_loses_a_flag_is_told_less(demo: Demo, way: str) -> None:
    await _save(demo.carol, is_staff=True)
    ticket = demo.of(demo.network)[0]
    async with _following({"alice": demo.alice, "carol": demo.carol}) as clients:
        await _save(ticket, cost=5)
        told = await _told(clients)
        assert "cost" not in told["alice"][0][1]
        assert told["carol"][0][1]["cost"] == "5.00"
        # Past every signal: her rights are read with each change.
        await sync_to_async(User.objects.filter(pk=demo.carol.pk).update)(is_staff=False)
        await _save(ticket, cost=6)
        told = await _told(clients)
        assert told["alice"] == told["carol"]
        await sync_to_async(User.objects.filter(pk=demo.carol.pk).update)(is_active=False)
        await _save(ticket, title="Not for who may not log in")
        assert _who(await _told({"alice": clients["alice"]})) == {"alice"}
        with pytest.raises(ConnectionError, match="4401"):
            await clients["carol"].receive()


@asynccontextmanager
async def _following(users: dict[str, User]) -> AsyncIterator[dict[str, WebSocketClient]]:
    async with AsyncExitStack() as stack:
        clients = {}
        for name, user in users.items():
            clients[name] = await stack.enter_async_context(WebSocketClient(AsyncConsumer.as_asgi(), user))
            await clients[name].send("helpdesk.Ticket.subscribe#tickets", snapshot=True)
            await clients[name].send("helpdesk.Label.subscribe#fence")
        yield clients


async def _told(clients: dict[str, WebSocketClient]) -> Told:
    """What each client is sent of tickets, up to a frame of a later change that all are told of."""
    await sync_to_async(Label.objects.create)(name=f"Fence {next(_numbers)}", color="#000000")
    told: Told = {name: [] for name in clients}
    for name, client in clients.items():
        while not (frame := await client.receive()).event.endswith("#fence"):
            told[name].append((frame.event, frame.data, frame.meta["cause"]))
    return told


def _who(told: Told) -> set[str]:
    return {name for name, frames in told.items() if frames}


async def _save(row: Any, **values: Any) -> None:
    def work() -> None:
        for name, value in values.items():
            setattr(row, name, value)
        row.save()

    await sync_to_async(work)()
