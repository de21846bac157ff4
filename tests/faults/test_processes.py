"""Two servers on one database and one channel layer: what happens in one is told by the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import Any

import httpx
import orjson
import pytest

from binding_schema.resolve.authentication import make_token
from tests.conftest import Demo, Server

from .conftest import DEACTIVATE, Layers, Script, Serve, StartRedis, core, metrics, pubsub, report
from .receivers import STREAM, Receiver, eventually

#: Longer than any test: what is told before it was told because of a message.
NEVER = 600


def core_layer(start: StartRedis) -> Layers:
    return core(start().url)


def pubsub_layer(start: StartRedis) -> Layers:
    return pubsub(start().url)


def sharded_layer(start: StartRedis) -> Layers:
    return pubsub(*(start().url for _ in range(3)))


@pytest.mark.parametrize("make", [core_layer, pubsub_layer, sharded_layer])
async def test_a_change_in_one_process_is_told_by_the_other(
    make: Callable[[StartRedis], Layers], private_redis: StartRedis, serve: Serve, demo: Demo
) -> None:
    layers = make(private_redis)
    one, other = serve(layers, LIVE_POLL_INTERVAL=60), serve(layers, LIVE_POLL_INTERVAL=60)
    ticket = demo.of(demo.network)[0]
    async with Receiver(one.ws_url, demo.admin) as writer, Receiver(other.ws_url, demo.alice) as reader:
        await reader.follow()
        before = metrics(other)
        times = []
        for number in range(20):
            await writer.write("update", id=ticket.pk, title=f"Told {number}")
            times.append(await eventually(lambda n=number: reader.told(ticket.pk, title=f"Told {n}"), 5))
        created = (await writer.write("create", title="New", team=demo.network.pk))["data"]["id"]
        await eventually(lambda: reader.told(created, title="New"), 20)
        await writer.write("delete", id=created)
        await eventually(lambda: created not in reader.rows, 20)
        assert reader.rows == await reader.truth()
        report(median_ms=round(sorted(times)[10] * 1000), worst_ms=round(max(times) * 1000))
        assert sorted(times)[10] < 1, times
        after = metrics(other)
    assert after["announced"] - before["announced"] >= 22
    assert after["repaired"] == 0


async def test_moving_a_ticket_tells_each_agent_what_she_may_know(
    private_redis: StartRedis, serve: Serve, demo: Demo
) -> None:
    layers = core(private_redis().url)
    one, other = serve(layers, LIVE_POLL_INTERVAL=NEVER), serve(layers, LIVE_POLL_INTERVAL=NEVER)
    ticket = demo.of(demo.network)[0]
    people = (demo.alice, demo.bob, demo.carol, demo.dave)
    async with AsyncExitStack() as stack:
        writer = await stack.enter_async_context(Receiver(one.ws_url, demo.admin))
        receivers = [await stack.enter_async_context(Receiver(other.ws_url, user)) for user in people]
        streams = [await stack.enter_async_context(EventStream(other, user)) for user in people]
        for receiver in receivers:
            await receiver.follow()
        # Whoever heard of nothing hears of this one: then there was nothing to hear of.
        last = demo.of(demo.hardware)[0]
        await writer.write("update", id=ticket.pk, team=demo.billing.pk)
        await eventually(lambda: all(receiver.frames for receiver in receivers[:3]), 20)
        await eventually(lambda: all(len(stream.frames) == 2 for stream in streams[:3]), 20)
        await writer.write("update", id=last.pk, title="Last")
        await eventually(lambda: receivers[3].frames and len(streams[3].frames) == 2, 20)
        for heard in ([receiver.frames for receiver in receivers], [stream.frames[1:] for stream in streams]):
            alice, bob, carol, dave = ([summary(frame) for frame in frames] for frames in heard)
            assert alice == [("delete", ticket.pk, "leave", None)]
            assert bob == [("retrieve", ticket.pk, "enter", "Billing")]
            assert carol == [("retrieve", ticket.pk, "update", "Billing")]
            assert dave == [("retrieve", last.pk, "update", "Hardware")]
            assert set(heard[0][0]["data"]) == {"id"}
        for receiver in receivers:
            assert receiver.rows == await receiver.truth()


def summary(frame: dict[str, Any]) -> tuple[Any, ...]:
    """(verb, id, cause, the team's name) of a live frame."""
    verb = frame["event"].rpartition(".")[2].partition("#")[0]
    team = frame["data"].get("team")
    return verb, frame["data"]["id"], frame["meta"]["cause"], team["name"] if team else None


class EventStream:
    """``GET /api/helpdesk.Ticket/events/?snapshot=true``: ``frames`` are what came, the answer with the snapshot first."""

    def __init__(self, server: Server, user: Any) -> None:
        self.url = f"{server.url}/api/{STREAM}/events/?snapshot=true"
        self.headers = {"Authorization": f"Bearer {make_token(user)}"}
        self.frames: list[dict[str, Any]] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> EventStream:
        client = await self._stack.enter_async_context(httpx.AsyncClient(trust_env=False, timeout=30))
        answer = await self._stack.enter_async_context(client.stream("GET", self.url, headers=self.headers))
        assert answer.status_code == 200
        self._task = asyncio.create_task(self._read(answer))
        await eventually(lambda: self.frames, 10)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await self._stack.aclose()

    async def _read(self, answer: httpx.Response) -> None:
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                self.frames.append(orjson.loads(line.removeprefix("data: ")))


async def test_a_user_deactivated_elsewhere_is_disconnected(
    private_redis: StartRedis, serve: Serve, script: Script, demo: Demo
) -> None:
    layers = core(private_redis().url)
    server = serve(layers, LIVE_POLL_INTERVAL=NEVER)
    # Nobody has subscribed to anything yet: a connection alone is enough to be ended.
    async with Receiver(server.ws_url, demo.alice) as idle:
        assert idle.closed is None
        async with Receiver(server.ws_url, demo.alice) as follower, Receiver(server.ws_url, demo.carol) as carol:
            await follower.follow()
            await carol.follow()
            await asyncio.to_thread(script(DEACTIVATE, layers).wait, 30)
            await eventually(lambda: (idle.closed, follower.closed) == (4401, 4401), 20)
            assert carol.closed is None


async def test_a_user_deactivated_before_anyone_subscribed(
    private_redis: StartRedis, serve: Serve, script: Script, demo: Demo
) -> None:
    layers = core(private_redis().url)
    server = serve(layers, LIVE_POLL_INTERVAL=NEVER)
    async with Receiver(server.ws_url, demo.alice) as idle:
        await asyncio.sleep(0.5)  # for the process to join the group of the users' changes
        await asyncio.to_thread(script(DEACTIVATE, layers).wait, 30)
        await eventually(lambda: idle.closed == 4401, 20)
