"""Subscriptions: interests of the live engine, each with a session of its own, so that none ends another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from enum import Enum
from typing import Any

import strawberry

from ...compile.ir import Event, Stream
from ...conf import settings
from ...declare.context import Context
from ...errors import BindingError, Unauthenticated, Unsupported
from ...live import service
from ...live.session import Session
from ...resolve import threads
from ...types import Request, Result, Selection
from .building import plain
from .door import context_of, door, graphql_error
from .fields import StreamFields, data_of_all
from .names import pascal
from .root import optional, subscription
from .rows import loads, row, rows_of
from .selection import nodes_at, refuse_deeper, selected
from .shapes import Results, holds_objects

Subscribe = Callable[[Session, Context, Stream, Request], Awaitable[Result]]


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
        params = {**fields.listing(fields.inputs), **first, **ids}
        found[many] = subscription(many, params, change, source, rows=stream.list_limit)
    for event in stream.events.values():
        name = f"{fields.one}{pascal(event.name)}"
        schema = event.adapter.json_schema(mode="serialization")
        make = Results(fields.types, pascal(name), "Event", fields.owner)
        kind = fields.types.of_schema(schema, schema.get("$defs", {}), "", make)
        found[name] = subscription(name, {}, kind, _events(stream, event, kind), event.help)
    return found


def _change_type(fields: StreamFields) -> Any:
    rows: Any = list[fields.kind] | None  # type: ignore[name-defined]
    members = {
        "cause": plain(ChangeCause, "cause"),
        "id": plain(strawberry.ID | None, "id", "The object's; null where a whole list is told."),
        "seq": plain(str, "seq", "A resume point, for `since`; empty where another change follows at once."),
        "object": plain(fields.kind | None, "object", "The object as its receiver may see it; null once it is gone."),
        "rows": plain(rows, "rows", "Of a `SNAPSHOT` of a list: all of its rows."),
        "reason": plain(
            str | None, "reason", "Of a `RESYNC`: why changes cannot be told one by one. Snapshots follow."
        ),
    }
    return fields.type(f"{fields.name}Change", members)


class _Feed:
    """A session whose frames an operation takes one by one: a client that does not read leaves them in its bounded queue."""

    def __init__(self, info: Any, stream: Stream) -> None:
        self.context = context_of(info)
        self.stream = stream
        self.frames: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(maxsize=1)
        self.session: Session | None = None

    async def open(self, data: dict[str, Any], how: Subscribe = service.subscribe) -> dict[str, Any]:
        """Subscribe; the answer's frame. Raises GraphQLError."""
        since = await service.moment()
        user = await threads.run(lambda: self.context.client.user)
        self.session = Session(self.context.client, user, "graphql", self.context.request, self._put, self._end)
        if not await service.attach(self.session, since):
            raise graphql_error(Unauthenticated())
        ctx = Context(
            self.context.client, transport="graphql", request=self.context.request, connection=self.session.id
        )
        request = Request(self.stream.name, "subscribe", "", data, {})
        self.session.began(request.event)
        try:
            if not settings().LIVE:
                raise Unsupported("Live frames are switched off here.")
            result = await how(self.session, ctx, self.stream, request)
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
        """(verb, frame) of the stream's: events for all reach every session. Raises GraphQLError once the user may not be
        connected any more."""
        while True:
            frame = await self.frames.get()
            if frame is None:
                raise graphql_error(Unauthenticated())
            name, _, verb = frame["event"].rpartition(".")
            if name == self.stream.name:
                yield verb, frame

    async def close(self) -> None:
        if self.session is not None:
            await service.detach(self.session)


def _source(stream: Stream) -> Any:
    async def source(info: Any, arguments: dict[str, Any]) -> AsyncGenerator[Any, None]:
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
                # Nothing more will be told: the one object is gone, or may not be asked for any more.
                if (verb == "delete" and "id" in arguments) or frame["data"].get("reason") in ("forbidden", "failed"):
                    return
        finally:
            await feed.close()

    return source


def _change(verb: str, frame: dict[str, Any], data: dict[str, Any], wanted: dict[str, Selection | None]) -> Any:
    meta = frame.get("meta", {})
    # A recovery says no cause: what it tells of is there now, or is there no longer.
    cause = {"resync": "resync", "delete": "leave"}.get(verb, "snapshot")
    change: dict[str, Any] = {
        "cause": ChangeCause(meta.get("cause", cause)), "seq": meta.get("seq", ""), "id": data.get("id"),
        "object": None, "rows": None, "reason": data.get("reason"),
    }  # fmt: skip
    if "rows" in data:
        change["rows"] = [row(item, wanted["rows"]) for item in data["rows"]]
    elif verb in ("retrieve", "snapshot"):
        change["object"] = row(dict(data), wanted["object"])
    return row(change, None)


def _events(stream: Stream, event: Event, kind: Any) -> Any:
    is_typed = holds_objects(kind)

    async def source(info: Any, arguments: dict[str, Any]) -> AsyncGenerator[Any, None]:
        feed = _Feed(info, stream)
        try:
            await feed.open({}, service.listen)
            async for verb, frame in feed:
                if verb == event.name:
                    yield rows_of(frame["data"]) if is_typed else frame["data"]
        finally:
            await feed.close()

    return source
