"""The test client and the live engine: what a test leaves behind."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from binding_schema.consumers import AsyncConsumer
from binding_schema.live.source import Source
from binding_schema.testing import WebSocketClient
from tests.conftest import Demo

pytestmark = pytest.mark.django_db(transaction=True)


async def test_nothing_is_read_once_the_last_client_has_left(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    """On SQLite a reader would lock the tables that the test runner empties."""
    reading, original = threading.Event(), Source.read

    def read(self: Source, *args: Any) -> Any:
        reading.set()
        time.sleep(0.2)
        found = original(self, *args)
        reading.clear()
        return found

    monkeypatch.setattr(Source, "read", read)
    async with WebSocketClient(AsyncConsumer.as_asgi(), demo.alice) as client:
        await client.send("helpdesk.Ticket.list")
        await sync_to_async(demo.of(demo.network)[0].save)()
        assert await sync_to_async(reading.wait)(5)
    assert not reading.is_set()
