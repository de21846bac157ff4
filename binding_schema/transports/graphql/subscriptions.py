"""Subscriptions: interests of the live engine, each with a session of its own, so that none ends another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from enum import Enum
from typing import Any

import strawberry
from graphql import GraphQLError

from ...compile.ir import Event, Stream
from ...declare.context import Context
from ...errors import BindingError, Unauthenticated
from ...live import service
from ...live.session import Session
from ...resolve import threads
from ...types import Request, Selection
from .building import build, plain
from .door import context_of, door, graphql_error
from .fields import StreamFields, data_of_all
from .names import camel
from .root import optional, subscription
from .rows import loads, row
from .selection import nodes_at, refuse_deeper, selected


@strawberry.enum(description="Why a change was told.")
class ChangeCause(Enum):
    SNAPSHOT = "snapshot"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    ENTER = "enter"
    LEAVE = "leave"
    RESYNC = "resync"


def subscriptions_of(stream: Stream, fields: StreamFields) -> dict[str, Any]:
    """Python name -> strawberry field."""
    found: dict[str, Any] = {}
    if fields.inputs is not None and fields.kind is not None:
        change = _change_type(fields)
        one, many = f"{fields.one}Changed", f"{fields.many}Changed"
        first = {"snapshot": optional(bool), "since": optional(str)}
        ids = {"have": optional(list[strawberry.ID]), "limit": optional(int)}
        source = _source(stream)
        found[one] = subscription(one, {"id": (strawberry.ID, ...), **first}, change, source)
        found[many] = subscription(many, {**fields.listing(fields.inputs), **first, **ids}, change, source)
    for event in stream.events.values():
        name = f"{fields.one}{camel('_' + event.name)[:1].upper()}{camel(event.name)[1:]}"
        payload = fields.types.result(
            event.adapter.json_schema(mode="serialization"), f"{name[:1].upper()}{name[1:]}Event"
        )
        found[name] = subscription(name, {}, payload, _events(stream, event, fields), event.help)
    return found


def _change_type(fields: StreamFields) -> Any:
    kind = fields.kind
    members = {
        "cause": plain(ChangeCause, "cause"),
        "id": plain(strawberry.ID | None, "id", "The object's; null for a snapshot of a list."),
        "seq": plain(str, "seq", "A resume point, for `since`."),
        "object": plain(kind | None, "object", "The object as its receiver may see it; null once it is gone."),
        "rows": plain(list[kind] | None, "rows", "The whole list, where it is told as one: `SNAPSHOT` and `RESYNC`."),  # type: ignore[valid-type]
        "reason": plain(str | None, "reason", "Of a `RESYNC`: why changes could not be told one by one."),
    }
    return build(f"{fields.name}Change", members)


class _Feed:
    """A session whose frames an operation takes one by one: a client that does not read leaves them in its bounded queue."""

    def __init__(self, info: Any, stream: Stream) -> None:
        self.context = context_of(info)
        self.stream = stream
        self.frames: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(maxsize=1)
        self.session: Session | None = None

    async def open(self, data: dict[str, Any]) -> dict[str, Any]:
        """Subscribe; the answer's frame. Raises GraphQLError."""
        user = await threads.run(lambda: self.context.client.user)
        self.session = Session(self.context.client, user, "graphql", self.context.request, self._put, self._end)
        await service.attach(self.session)
        ctx = Context(
            self.context.client, transport="graphql", request=self.context.request, connection=self.session.id
        )
        request = Request(self.stream.name, "subscribe", "", data, {})
        self.session.began(request.event)
        try:
            result = await service.dispatch(self.session, door(), ctx, request, door().dispatch)
        except BindingError as error:
            raise graphql_error(error) from None
        self.session.replied(request.event)
        return {"data": loads(result.data), "meta": {"seq": result.seq}}

    async def _put(self, frame: bytes) -> None:
        await self.frames.put(loads(frame))

    async def _end(self) -> None:
        assert self.session is not None
        self.session.closed = True
        while not self.frames.empty():
            self.frames.get_nowait()
        self.frames.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """(verb, frame). Raises GraphQLError once the user may not be connected any more."""
        while True:
            frame = await self.frames.get()
            if frame is None:
                raise graphql_error(Unauthenticated())
            yield frame["event"].partition("#")[0].rpartition(".")[2], frame

    async def close(self) -> None:
        if self.session is not None:
            await service.detach(self.session)


def _source(stream: Stream) -> Any:
    async def source(info: Any, arguments: dict[str, Any]) -> AsyncIterator[Any]:
        raw = info._raw_info
        for path in (("object",), ("rows",)):
            refuse_deeper(stream.shape, door().schema.by_key, raw, nodes_at(raw, path))
        wanted = {name: selected(raw, stream.shape, name) for name in ("object", "rows")}
        feed = _Feed(info, stream)
        try:
            answer = await feed.open(data_of_all(arguments))
            if arguments.get("snapshot"):
                yield _change("snapshot", answer, answer["data"], wanted)
            async for verb, frame in feed:
                if verb in ("retrieve", "delete", "list", "resync"):
                    yield _change(verb, frame, frame["data"], wanted)
        finally:
            await feed.close()

    return source


def _change(verb: str, frame: dict[str, Any], data: dict[str, Any], wanted: dict[str, Selection | None]) -> Any:
    meta = frame.get("meta", {})
    change: dict[str, Any] = {
        "cause": ChangeCause(meta.get("cause", "snapshot" if verb in ("snapshot", "list") else "resync"))
    }
    change |= {
        "seq": meta.get("seq", ""),
        "id": data.get("id"),
        "object": None,
        "rows": None,
        "reason": data.get("reason"),
    }
    if verb == "resync":
        change["cause"] = ChangeCause.RESYNC
    elif "rows" in data:
        change["rows"] = [row(item, wanted["rows"]) for item in data["rows"]]
    elif verb != "delete":
        change["object"] = row(dict(data), wanted["object"])
    return row(change, None)


def _events(stream: Stream, event: Event, fields: StreamFields) -> Any:
    shape = fields.types.shape_of(event.adapter.json_schema(mode="serialization"))

    async def source(info: Any, arguments: dict[str, Any]) -> AsyncIterator[Any]:
        feed = _Feed(info, stream)
        try:
            await feed.open({})
            async for verb, frame in feed:
                if verb == event.name:
                    yield row(frame["data"], None) if shape == "object" else frame["data"]
        finally:
            await feed.close()

    return source


__all__ = ["GraphQLError", "subscriptions_of"]
