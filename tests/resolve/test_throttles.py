"""Throttles: asked once for each request, after the permissions; the setting, and what counts as a request."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User

from binding_schema import BaseThrottle, Binding, Context, IsAuthenticated, action, auto
from binding_schema.consumers import AsyncConsumer
from binding_schema.errors import RateLimited, Unauthenticated
from binding_schema.resolve.dispatch import dispatcher
from binding_schema.testing import WebSocketClient
from tests.app.models import Club

from .local import Local, together

pytestmark = pytest.mark.django_db(transaction=True)


class Counting(BaseThrottle):
    """Lets so many requests of each user through."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.seen: list[tuple[Any, str]] = []

    def wait(self, ctx: Context) -> float | None:
        self.seen.append((ctx.user.pk, ctx.verb))
        return 7.5 if len([key for key, _ in self.seen if key == ctx.user.pk]) > self.most else None


class AsyncCounting(Counting):
    async def wait(self, ctx: Context) -> float | None:  # type: ignore[override]
        return super().wait(ctx)


def local(*throttles: Any) -> Local:
    class Throttled(Binding[Club]):
        stream = "app.Club"

        id: auto
        name: auto

        permissions = [IsAuthenticated]

        @action(read=True)
        def ping(self, ctx: Context) -> str:
            return "pong"

    Throttled.throttles = throttles
    return Local(Throttled)


@pytest.mark.parametrize("kind", [Counting, AsyncCounting])
async def test_each_request_counts(alice: User, bob: User, kind: type[Counting]) -> None:
    throttle = kind(7)
    clubs = local(throttle)
    made = await clubs.send(alice, "app.Club.create", name="Chess")
    asked: list[tuple[str, dict[str, Any]]] = [
        ("update", {"id": made["id"], "name": "Go"}), ("save", {"rows": [{"name": "a"}, {"name": "b"}]}),
        ("retrieve", {"id": made["id"]}), ("list", {}), ("schema", {}), ("ping", {}),
    ]  # fmt: skip
    for verb, data in asked:
        await clubs.send(alice, f"app.Club.{verb}", **data)
    for verb, data in [*asked, ("delete", {"id": made["id"]}), ("search", {}), ("create", {"name": "late"})]:
        with pytest.raises(RateLimited) as refused:
            await clubs.send(alice, f"app.Club.{verb}", **data)
        assert refused.value.extra == {"retry_after": 7.5}
    # A refused write has written nothing.
    assert sorted([item.name async for item in Club.objects.all()]) == ["Go", "a", "b"]
    # Others are not counted with her; a batch counts once.
    assert (await clubs.send(bob, "app.Club.ping"))["result"] == "pong"
    assert [verb for key, verb in throttle.seen if key == alice.pk][:7] == [
        "create", "update", "create", "retrieve", "list", "schema", "ping",
    ]  # fmt: skip


async def test_all_of_them_are_asked_and_the_longest_wait_is_told(alice: User) -> None:
    first, second = Counting(0), Counting(0)
    second.wait = lambda ctx: 20  # type: ignore[method-assign]
    with pytest.raises(RateLimited) as refused:
        await local(first, second).send(alice, "app.Club.list")
    assert refused.value.extra == {"retry_after": 20.0}


async def test_who_has_no_right_is_not_counted(alice: User) -> None:
    throttle = Counting(0)
    with pytest.raises(Unauthenticated):
        await local(throttle).send(AnonymousUser(), "app.Club.list")
    assert throttle.seen == []


async def test_reads_that_wait_together_count_each(alice: User) -> None:
    throttle = Counting(2)
    clubs = local(throttle)
    found = await together(*(clubs.send(alice, "app.Club.list") for _ in range(4)))
    assert sorted(type(item).__name__ for item in found) == ["RateLimited", "RateLimited", "dict", "dict"]


async def test_subscriptions_count(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    throttle = Counting(2)
    stream = dispatcher().schema.streams["app.Circle"]
    monkeypatch.setattr(type(stream), "throttles", property(lambda self: (throttle,) if self is stream else ()))
    async with WebSocketClient(AsyncConsumer.as_asgi(), alice) as client:
        replies = [await client.send("app.Circle.subscribe", snapshot=snapshot) for snapshot in (True, False, True)]
    assert [reply.code or reply.data["success"] for reply in replies] == [True, True, "rate_limited"]
    assert replies[-1].data["retry_after"] == 7.5


async def test_subscriptions_to_events_alone_count(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    throttle = Counting(1)
    stream = dispatcher().schema.streams["tests.Clock"]
    monkeypatch.setattr(type(stream), "throttles", property(lambda self: (throttle,) if self is stream else ()))
    async with WebSocketClient(AsyncConsumer.as_asgi(), alice) as client:
        replies = [await client.send("tests.Clock.subscribe") for _ in range(2)]
    assert [reply.code or reply.data["success"] for reply in replies] == [True, "rate_limited"]


class Setting(BaseThrottle):
    def wait(self, ctx: Context) -> float:
        return 3


async def test_the_setting_is_for_bindings_that_say_nothing(alice: User, settings: Any) -> None:
    settings.BINDING_SCHEMA = {**settings.BINDING_SCHEMA, "DEFAULT_THROTTLES": [f"{__name__}.Setting"]}

    class Silent(Binding[Club]):
        stream = "app.Club"
        permissions = [IsAuthenticated]
        id: auto

    class Free(Silent):
        stream = "app.Free"
        throttles = []

    bindings = Local(Silent, Free)
    with pytest.raises(RateLimited):
        await bindings.send(alice, "app.Club.list")
    assert json.dumps(await bindings.send(alice, "app.Free.list"))
