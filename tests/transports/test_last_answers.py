"""A user whose own request ends her rights gets its answer before the connection is closed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from binding_schema.consumers import AsyncConsumer
from binding_schema.declare.context import Context
from binding_schema.testing import WebSocketClient
from binding_schema.transports import ws
from binding_schema.types import Request, Result
from tests.conftest import Demo

pytestmark = pytest.mark.django_db(transaction=True)


def consumer(user: Any, seconds: float) -> Any:
    """It answers long after the password has changed: after the live engine has heard of that."""

    def change() -> None:
        user.set_password("another")
        user.save()

    class Slow(AsyncConsumer):
        async def _dispatch(self, ctx: Context, request: Request) -> Result:
            await sync_to_async(change)()
            await asyncio.sleep(seconds)
            return Result(b'{"token":"new"}')

    return Slow.as_asgi()


async def test_the_answer_comes_before_the_end(demo: Demo) -> None:
    async with WebSocketClient(consumer(demo.alice, 0.5), demo.alice) as client:
        await client.send_frame({"event": "helpdesk.Ticket.stats"})
        await asyncio.sleep(0.2)
        await client.send_frame({"event": "helpdesk.Ticket.list"})  # too late: not taken any more
        assert (await client.receive()).data == {"token": "new"}
        with pytest.raises(ConnectionError):
            await client.receive()
    assert client.closed == 4401


async def test_an_answer_that_takes_long_is_not_waited_for(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ws, "LAST_ANSWERS", 0.1)
    async with WebSocketClient(consumer(demo.alice, 1), demo.alice) as client:
        await client.send_frame({"event": "helpdesk.Ticket.stats"})
        with pytest.raises(ConnectionError):
            await client.receive()
    assert client.closed == 4401
