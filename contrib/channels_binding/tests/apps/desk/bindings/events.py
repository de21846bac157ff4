"""Custom events."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model

from apps.desk.models import Place, Task
from binding_schema import Event, IsAdminUser, IsAuthenticated
from binding_schema.errors import Conflict
from channels_binding.bindings import AsyncBinding, SyncBinding
from channels_binding.consumers import bind


class Echo(AsyncBinding):
    stream = "desk.Echo"
    permission_classes = [IsAuthenticated]

    rang = Event(dict[str, int])

    @bind("hello")
    async def greet(self, data: dict[str, Any]) -> None:
        """As the original's handlers answer."""
        await self.reflect("hello", {"to": self.user.username, **data})

    @bind()
    async def back(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"data": data, "hash": self.consumer.hash, "type": self.consumer.scope["type"]}

    @bind(name="quiet")
    async def whatever(self, data: dict[str, Any]) -> None:
        pass

    @bind
    def plain(self, data: dict[str, Any]) -> list[Any]:
        return [Decimal("1.50"), dt.date(2026, 1, 31), Place(pk=1, name="here")]

    @bind()
    def number(self, data: dict[str, Any]) -> int:
        return 42

    @bind()
    async def both(self, data: dict[str, Any]) -> dict[str, Any]:
        await self.reflect("both", {"first": 1})
        await self.reflect("both", {"second": 2})
        await self.reflect("progress", {"percent": 50})
        return {"third": 3}

    @bind()
    def unawaited(self, data: dict[str, Any]) -> None:
        """On a worker what is not awaited is done all the same."""
        self.reflect("progress", [1, 2])
        self.reflect("done", None)

    @bind()
    async def ring(self, data: dict[str, Any]) -> None:
        await self.dispatch("rang", {"times": data["times"]})

    @bind()
    async def shout(self, data: dict[str, Any]) -> None:
        await self.broadcast("noise", {"text": data["text"]})

    @bind()
    async def join(self, data: dict[str, Any]) -> None:
        await self.subscribe(data.get("group"))

    @bind()
    async def leave(self, data: dict[str, Any]) -> None:
        await self.unsubscribe(data.get("group"))

    @bind(permission_classes=[IsAdminUser])
    async def secret(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"users": await get_user_model().objects.acount()}

    @bind()
    async def fails(self, data: dict[str, Any]) -> None:
        raise ValueError("a secret of the server's")


class Work(SyncBinding):
    stream = "desk.Work"
    permission_classes = [IsAuthenticated]

    def __init__(self, consumer: Any) -> None:
        super().__init__(consumer)
        self.calls = 0

    @bind("make")
    def make(self, data: dict[str, Any]) -> dict[str, Any]:
        self.calls += 1
        Task.objects.create(title=data["title"])
        self.dispatch("made", {"title": data["title"]})
        if data.get("fails"):
            raise Conflict("Not now.")
        return {"calls": self.calls}


class Careful(AsyncBinding):
    """Nobody said who may: the library's own answer holds, by which writing needs a right, and handlers count as writing."""

    model = Task
    stream = "desk.Careful"

    @bind()
    async def touch(self, data: dict[str, Any]) -> None:
        pass

    @bind(read=True)
    async def look(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"seen": True}
