"""Snapshots: the first answer of a subscription, and what replaces changes that cannot be told one by one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db import router

from ..compile.ir import Stream
from ..conf import settings
from ..declare.context import Context
from ..errors import BindingError
from ..resolve import threads
from ..resolve.access import require, view
from ..resolve.dump import dumps
from ..resolve.plan import Planner
from ..resolve.read import Read, by_key, keys_in_window
from .deliver import snapshot
from .frames import event, frame
from .interest import Interest, Query
from .metrics import metrics
from .session import Session

if TYPE_CHECKING:
    from .hub import Hub

logger = logging.getLogger("binding_schema")


def list_now_with_rows(
    planner: Planner, ctx: Context, stream: Stream, query: Query
) -> tuple[tuple[Any, ...], dict[Any, bytes], bool]:
    """On a worker: (keys, the rows' dumps by key, whether there are more) of a list."""
    assert stream.model is not None
    with snapshot(router.db_for_read(stream.model)):
        require(ctx, stream.permission)
        seen = view(ctx, planner.schema, stream, planner.gates(stream))
        keys = keys_in_window(Read(ctx, stream, query.args), seen, query.start, query.limit + 1)
        truncated, keys = len(keys) > query.limit, keys[: query.limit]
        rows = by_key(ctx, planner.plan(stream, seen), seen, keys)
    return tuple(key for key in keys if key in rows), {key: dumps(row) for key, row in rows.items()}, truncated


def list_now(planner: Planner, ctx: Context, stream: Stream, query: Query) -> tuple[tuple[Any, ...], bytes]:
    """On a worker: (keys, ``{count, rows, truncated}``) of a list. ``count`` is the number of its rows."""
    keys, rows, truncated = list_now_with_rows(planner, ctx, stream, query)
    head = dumps({"count": len(keys)})[:-1]
    return keys, head + b',"rows":[' + b",".join(rows[key] for key in keys) + b'],"truncated":' + dumps(
        truncated
    ) + b"}"


def object_now(planner: Planner, ctx: Context, stream: Stream, keys: set[Any]) -> dict[Any, bytes]:
    """On a worker: the objects that the user may see, dumped."""
    require(ctx, stream.permission)
    seen = view(ctx, planner.schema, stream, planner.gates(stream))
    return {key: dumps(row) for key, row in by_key(ctx, planner.plan(stream, seen), seen, list(keys)).items()}


def still_connected(session: Session) -> bool:
    """On a worker: whether the connection's credentials still name an active user; its user is read anew."""
    renew: Callable[[], Any] | None = getattr(session.principal, "renew", None)
    try:
        user = renew() if renew is not None else session.principal.user
    except BindingError:
        return False
    session.note_user(user)
    return bool(user.is_authenticated) or settings().ANONYMOUS_CONNECTION_ALLOWED


async def resynced(hub: Hub, session: Session, reason: str) -> None:
    """``X.resync`` and a snapshot for each interest; what happens meanwhile is caught up with."""
    since = hub.round
    frames: list[tuple[Any, bytes]] = []
    kept: list[Interest] = []
    for interest in list(session.interests.values()):
        seq = hub.seq_of(interest.stream)  # the snapshot is of this moment at least
        try:
            found = await snapshot_of(hub, interest, reason, seq)
        except Exception as error:
            if not isinstance(error, BindingError):
                logger.exception("A snapshot of %s failed.", interest.stream.name)
            found = [
                _frame(
                    interest, "resync", dumps({"reason": "forbidden" if isinstance(error, BindingError) else "failed"})
                )
            ]
            hub.drop(interest)
        frames += found
        kept.append(interest)
    session.lost_events = 0
    session.urge(frames)
    for interest in kept:
        if interest.is_active:
            hub.catch_up(interest, since)


async def snapshot_of(hub: Hub, interest: Interest, reason: str, seq: str) -> list[tuple[Any, bytes]]:
    """The frames of one interest's recovery, the last of them with ``seq``. Raises BindingError where its receiver may not
    ask any more."""
    metrics.resyncs += 1
    stream, session, planner = interest.stream, interest.session, hub.door.planner
    notice = dumps({"reason": reason})
    if interest.hears_events:
        return [_frame(interest, "resync", notice, seq)]
    if interest.query is not None:
        query = interest.query
        ctx = _context(session, stream, "list")
        keys, data = await threads.run(lambda: list_now(planner, ctx, stream, query))
        interest.held = set(keys)
        interest.full = len(keys) >= query.limit
        return [_frame(interest, "resync", notice), _frame(interest, "list", data, seq)]
    ctx = _context(session, stream, "retrieve")
    found = await threads.run(lambda: object_now(planner, ctx, stream, set(interest.held)))
    frames, held = [_frame(interest, "resync", notice)], list(interest.held)
    for key in held:
        name, data = ("retrieve", found[key]) if key in found else ("delete", dumps({"id": _shown(stream, key)}))
        point = seq if key == held[-1] else ""
        frames.append(((stream.key, interest.hash, key), frame(event(stream, name, interest.hash), data, seq=point)))
        if key not in found:
            hub.register.lose(interest, key)
    if not interest.held:
        hub.drop(interest)
    return frames


def _context(session: Session, stream: Stream, verb: str) -> Context:
    return Context(
        session.principal, stream.name, verb, is_read=True, transport=session.transport, model=stream.model,
        request=session.request, connection=session.id,
    )  # fmt: skip


def _frame(interest: Interest, verb: str, data: bytes, seq: str = "") -> tuple[Any, bytes]:
    name = event(interest.stream, verb, interest.hash)
    return ("snapshot", interest.stream.key, interest.slot, verb), frame(name, data, seq=seq)


def _shown(stream: Stream, key: Any) -> Any:
    dump = stream.fields["id"].type.dump
    return key if dump is None else dump(key)
