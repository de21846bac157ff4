"""Connections that a test talks over, and what they are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async

from binding_schema.consumers import AsyncConsumer
from binding_schema.testing import Reply, WebSocketClient

TICKET = "helpdesk.Ticket"
Told = list[tuple[str, Any, str]]


def ws(user: Any, **options: Any) -> WebSocketClient:
    return WebSocketClient(AsyncConsumer.as_asgi(), user, **options)


async def ask(client: WebSocketClient, event: str, /, meta: Any = None, **data: Any) -> Reply:
    """Send a frame under the name that it is given, and return its answer. No other frame may come before."""
    await client.send_frame({"event": event, "data": data, "meta": meta or {}})
    reply = await client.receive()
    assert reply.event == event or reply.data.get("event") == event, reply
    return reply


async def done(work: Callable[[], Any]) -> Any:
    """Do something to the database, on a thread."""
    return await sync_to_async(work)()


def brief(frames: list[Reply]) -> Told:
    """(event without its app, id, cause) of each frame."""
    return [(item.event.partition(".")[2], item.data.get("id"), item.meta.get("cause", "")) for item in frames]


async def told(client: WebSocketClient) -> Told:
    return brief(await client.settled())
