"""A list without rows is followed as any other: rows may enter it, and it replaces what had its hash before."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import sync_to_async

from binding_schema.consumers import AsyncConsumer
from binding_schema.testing import WebSocketClient
from helpdesk.models import Ticket
from tests.conftest import Demo

pytestmark = pytest.mark.django_db(transaction=True)
NONE = {"priority": 4, "status": "closed", "title__icontains": "new"}


@pytest.mark.parametrize("verb", ["list", "search"])
async def test_rows_enter_an_empty_list(demo: Demo, verb: str) -> None:
    ticket = demo.of(demo.network)[0]
    async with WebSocketClient(AsyncConsumer.as_asgi(), demo.alice) as client:
        assert (await client.send(f"helpdesk.Ticket.{verb}#l")).data["count"] > 0
        assert (await client.send(f"helpdesk.Ticket.{verb}#l", filters=NONE)).data["count"] == 0
        await save(ticket, title="New")  # was in the list before
        await save(ticket, priority=4, status="closed")
        told = await client.receive()
        assert (told.event, told.data["status"], told.meta["cause"]) == (
            "helpdesk.Ticket.retrieve#l",
            "closed",
            "enter",
        )


async def save(ticket: Ticket, **values: Any) -> None:
    def work() -> None:
        for name, value in values.items():
            setattr(ticket, name, value)
        ticket.save()

    await sync_to_async(work)()
