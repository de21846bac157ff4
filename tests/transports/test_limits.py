"""Sizes, rates and times of a WebSocket connection."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from binding_schema.errors import RateLimited
from binding_schema.testing import WebSocketClient
from binding_schema.transports.limits import Bucket, Buckets
from helpdesk.models import Ticket
from tests.conftest import Demo

from .conftest import Connect, closed

RETRIEVE = "helpdesk.Ticket.retrieve"


async def alive(client: WebSocketClient, demo: Demo) -> bool:
    key = demo.of(demo.network)[0].pk
    return (await client.send(RETRIEVE, id=key)).data["id"] == key


async def test_an_idle_connection_is_closed(connect: Connect, demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"IDLE_TIMEOUT": 0.5}
    client = await connect(demo.alice)
    for _ in range(4):  # longer than the limit, but never idle for so long
        await asyncio.sleep(0.2)
        assert await alive(client, demo)
    assert await closed(client) == 4408


async def test_without_a_limit_it_may_be_idle(connect: Connect, demo: Demo) -> None:
    client = await connect(demo.alice)
    await asyncio.sleep(0.3)
    assert await alive(client, demo)


async def test_too_many_broken_frames(connect: Connect, demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"MAX_VIOLATIONS": 5}
    client = await connect(demo.alice)
    for _ in range(5):
        await client.send_text("{")
        assert (await client.receive()).code == "invalid_frame"
    assert await alive(client, demo)
    await client.send_text("{")
    assert (await client.receive()).code == "invalid_frame"
    assert await closed(client) == 4429


async def test_wrong_data_is_no_violation(connect: Connect, demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"MAX_VIOLATIONS": 1}
    client = await connect(demo.alice)
    for _ in range(5):
        assert (await client.send(RETRIEVE, id="x")).code == "invalid_data"
        assert (await client.send(RETRIEVE, id=10**9)).code == "not_found"
        assert (await client.send("helpdesk.Nothing.search")).code == "unknown_stream"
    assert await alive(client, demo)


async def test_after_the_last_violation_nothing_is_done(connect: Connect, demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"MAX_VIOLATIONS": 1, "MAX_IN_FLIGHT": 1}
    client = await connect(demo.alice)
    delete = {"event": "helpdesk.Ticket.delete", "data": {"id": demo.tickets[0].pk}}
    for text in ("{", "{", orjson.dumps(delete).decode()):
        await client.send_text(text)
    assert await closed(client) == 4429
    client = await connect(demo.alice)
    await client.send_frame([{}, {}, delete])
    assert await closed(client) == 4429
    assert await Ticket.objects.acount() == len(demo.tickets)


async def test_a_large_frame_is_answered(connect: Connect, demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"MAX_FRAME_BYTES": 1000}
    client = await connect(demo.alice)
    frame = {"event": "helpdesk.Ticket.create", "data": {"title": "x" * 1000}}
    await client.send_frame(frame)
    reply = await client.receive()
    assert (reply.code, "1000" in reply.data["message"]) == ("too_large", True)
    # Bytes count, not characters.
    frame["data"]["title"] = "é" * 480
    assert len(orjson.dumps(frame).decode()) < 1000
    await client.send_frame(frame)
    assert (await client.receive()).code == "too_large"
    assert await alive(client, demo)


async def test_a_large_batch_is_refused_as_a_whole(connect: Connect, demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"MAX_BATCH": 2}
    client = await connect(demo.alice)
    await client.send_frame([{"event": "helpdesk.Ticket.delete", "data": {"id": item.pk}} for item in demo.tickets[:3]])
    assert (await client.receive()).code == "too_large"
    assert await Ticket.objects.acount() == len(demo.tickets)
    assert await alive(client, demo)


async def test_bytes_are_refused(connect: Connect, demo: Demo) -> None:
    client = await connect(demo.alice)
    await client.send_bytes(orjson.dumps({"event": RETRIEVE, "data": {"id": demo.tickets[0].pk}}))
    reply = await client.receive()
    assert (reply.code, reply.data["message"]) == ("invalid_frame", "Send text frames.")
    assert await alive(client, demo)


async def test_a_rate(connect: Connect, demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"MAX_REQUESTS_PER_SECOND": 5, "MAX_VIOLATIONS": None}
    client = await connect(demo.alice)
    frame = {"event": f"{RETRIEVE}#x", "data": {"id": demo.of(demo.network)[0].pk}}
    # A burst of two seconds' worth, whether frames come one by one or in a batch.
    await client.send_frame([frame] * 6)
    for _ in range(10):
        await client.send_frame(frame)
    replies = [await client.receive() for _ in range(16)]
    refused = [reply for reply in replies if reply.code == "rate_limited"]
    assert len([reply for reply in replies if reply.event == frame["event"]]) == 16 - len(refused)
    assert 4 <= len(refused) <= 6  # a slow machine earns a request or two meanwhile
    assert all(reply.data["event"] == frame["event"] for reply in refused)
    wait = refused[-1].data["retry_after"]
    assert 0 < wait <= 0.2 + 0.001
    await asyncio.sleep(wait)
    assert await alive(client, demo)


async def test_who_goes_on_beyond_the_rate_is_closed(connect: Connect, demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"MAX_REQUESTS_PER_SECOND": 1, "MAX_VIOLATIONS": 3}
    client = await connect(demo.alice)
    for _ in range(10):
        await client.send_frame({"event": RETRIEVE, "data": {"id": 1}})
    assert await closed(client) == 4429


def test_a_bucket_says_how_long_to_wait(settings: Any) -> None:
    settings.BINDING_SCHEMA = {"MAX_REQUESTS_PER_SECOND": 10}
    bucket = Bucket()
    bucket.take(20)
    with pytest.raises(RateLimited) as refused:
        bucket.take(5)
    assert 0.3 < refused.value.extra["retry_after"] <= 0.5


def test_each_client_has_a_bucket_and_the_oldest_is_forgotten(settings: Any) -> None:
    settings.BINDING_SCHEMA = {"MAX_REQUESTS_PER_SECOND": 1}
    buckets = Buckets(limit=2)

    def limited(client: str) -> bool:
        try:
            buckets.take(client, 2)
        except RateLimited:
            return True
        return False

    assert [limited("a"), limited("a"), limited("b"), limited("a"), limited("c")] == [False, True, False, True, False]
    # "b" was seen longest ago, and made room for "c".
    assert [limited("a"), limited("b")] == [True, False]
