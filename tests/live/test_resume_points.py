"""Where a client may resume from: a connection that is lost between two frames loses neither."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction

from binding_schema.consumers import AsyncConsumer
from binding_schema.live.session import Session
from binding_schema.testing import Reply, WebSocketClient
from helpdesk.models import Ticket
from tests.conftest import Demo

pytestmark = pytest.mark.django_db(transaction=True)
SUBSCRIBE = "helpdesk.Ticket.subscribe#l"


def connection(user: Any) -> WebSocketClient:
    return WebSocketClient(AsyncConsumer.as_asgi(), user)


async def rename(tickets: list[Ticket], title: str) -> None:
    def work() -> None:
        with transaction.atomic():
            for ticket in tickets:
                ticket.title = title
                ticket.save()

    await sync_to_async(work)()


async def resumed(user: Any, since: str, have: list[Any], frames: int) -> list[Reply]:
    async with connection(user) as client:
        answer = await client.send(SUBSCRIBE, since=since, have=have)
        return [answer, *[await client.receive() for _ in range(frames)]]


@pytest.mark.parametrize("limit", [None, 10])
async def test_between_two_frames_of_one_transaction(demo: Demo, limit: int | None) -> None:
    tickets = demo.of(demo.network)[:3]
    more = {} if limit is None else {"limit": limit}  # with a full list the frames come from asking it again
    async with connection(demo.alice) as client:
        answer = await client.send(SUBSCRIBE, snapshot=True, order="id", **more)
        have = [row["id"] for row in answer.data["rows"]]
        await rename(tickets, "Again")
        frames = [await client.receive() for _ in tickets]
    assert ["seq" in frame.meta for frame in frames] == [False, False, True]
    answer, *told = await resumed(demo.alice, answer.meta["seq"], have, 3)
    assert {frame.data["id"] for frame in told} == {ticket.pk for ticket in tickets}
    assert told[-1].meta["seq"] >= frames[-1].meta["seq"]


async def test_between_the_answer_of_a_resume_and_its_frames(demo: Demo) -> None:
    tickets = demo.of(demo.network)[:2]
    async with connection(demo.alice) as client:
        answer = await client.send(SUBSCRIBE, snapshot=True)
        since, have = answer.meta["seq"], [row["id"] for row in answer.data["rows"]]
    await rename(tickets, "Meanwhile")
    for _ in range(2):  # the first time the client is lost before what it holds has become newer
        answer, *told = await resumed(demo.alice, since, have, 2)
        assert answer.meta["seq"] == since
        assert ["seq" in frame.meta for frame in told] == [False, True]
        assert {frame.data["id"] for frame in told} == {ticket.pk for ticket in tickets}
    answer, *_ = await resumed(demo.alice, told[-1].meta["seq"], have, 0)
    assert answer.meta["seq"] >= told[-1].meta["seq"]


async def test_a_resync_has_its_resume_point_on_the_snapshot(demo: Demo) -> None:
    async with connection(demo.alice) as client:
        since = (await client.send(SUBSCRIBE)).meta["seq"]
        _, notice, snapshot = [
            await client.send(SUBSCRIBE, since=since),
            await client.receive(),
            await client.receive(),
        ]
    assert (notice.data, notice.meta) == ({"reason": "unknown"}, {})
    assert snapshot.event == "helpdesk.Ticket.list#l"
    assert snapshot.meta["seq"] >= since


# What waits for one connection --------------------------------------------------------------------------------------------


class Sent(list[bytes]):
    """What a session sent. It takes one frame at a time, each once ``gate`` is open."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()

    async def __call__(self, frame: bytes) -> None:
        await self.gate.wait()
        self.append(frame)


async def end() -> None:
    pass


async def test_a_newer_frame_takes_the_turn_of_one_that_waits_for_an_answer(demo: Demo) -> None:
    sent = Sent()
    sent.gate.set()
    session = Session(None, demo.alice, "ws", None, sent, end)  # type: ignore[arg-type]
    session.began("X.save")
    session.push(("x", "", 1), b"mine", "X.save")
    assert session.defers
    session.push(("x", "", 1), b"another's, later")
    session.push(("x", "", 2), b"other object")
    session.replied("X.save")
    await asyncio.sleep(0.01)
    assert not session.defers
    assert sent == [b"other object", b"another's, later"]


async def test_a_recovery_larger_than_the_queue_arrives(demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"MAX_QUEUED_FRAMES": 2, "MAX_QUEUED_BYTES": 1000}
    sent, recovered = Sent(), []
    session = Session(None, demo.alice, "ws", None, sent, end)  # type: ignore[arg-type]
    session.recover = lambda *told: recovered.append(told)
    for number in range(5):
        session.push(number, b"x")
    assert recovered == [(session, "overflow")]
    sent.gate.set()
    await session.drained()
    session.push(5, b"not before the snapshot")
    session.urge([(number, b"y" * 900) for number in range(4)])
    await session.drained()
    assert sent == [b"y" * 900] * 4


async def test_what_is_told_of_a_new_interest_follows_its_answer(demo: Demo) -> None:
    sent = Sent()
    sent.gate.set()
    session = Session(None, demo.alice, "ws", None, sent, end)  # type: ignore[arg-type]
    session.began("X.subscribe")
    session.began("X.list")
    session.hold("X.subscribe")
    session.push(("x", "", 1), b"newer than the answer")
    session.replied("X.list")
    await asyncio.sleep(0.01)
    assert session.defers
    assert not sent
    session.replied("X.subscribe")
    session.push(("x", "", 2), b"later")
    await session.drained()
    assert sent == [b"newer than the answer", b"later"]
