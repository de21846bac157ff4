"""Snapshots: the first answer of a subscription, and what replaces changes that cannot be told one by one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db import InterfaceError, OperationalError, router

from ..compile.ir import Stream
from ..conf import settings
from ..declare.context import Context
from ..errors import BindingError
from ..resolve import threads
from ..resolve.access import require, view
from ..resolve.dump import dumps
from ..resolve.plan import Planner
from ..resolve.read import Read, by_key, keys_in_window
from .deliver import snapshot as one_view
from .frames import event, frame, key_data
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
    with one_view(router.db_for_read(stream.model)):
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


async def resynced(hub: Hub, session: Session) -> None:
    """``X.resync`` and a snapshot for each interest that is behind: one at a time, each when the connection has taken what
    was sent before, so that a reader that is slow, or stops again, has one waiting for it. From then on it is told of
    changes, also of those that were made while the snapshot was read."""
    wait = 0.0
    while True:
        await session.drained()
        session.lagging = False
        if session.closed or not session.behind:
            break
        interest, gap = next(iter(session.behind.items()))
        since, seq = hub.rounds.number, hub.seq_of(interest.stream)  # the snapshot is of this moment at least
        try:
            found = await snapshot(hub, interest)
            wait = 0.0
        except (OperationalError, InterfaceError):
            wait = min(wait * 2 or 0.2, 5.0)
            logger.warning("A snapshot of %s has to wait %.1f s for the database.", interest.stream.name, wait)
            await asyncio.sleep(wait)
            continue
        except Exception as error:
            if not isinstance(error, BindingError):
                logger.exception("A snapshot of %s failed.", interest.stream.name)
            reason = "forbidden" if isinstance(error, BindingError) else "failed"
            if interest in session.behind:
                session.urge([_frame(interest, "resync", dumps({"reason": reason}))])
                hub.drop(interest)
            continue
        if interest not in session.behind:
            continue
        session.urge(frames_of(hub, interest, found, gap.reason, seq))
        if session.behind.get(interest) is gap:
            del session.behind[interest]
            hub.catch_up(interest, since)
    session.behind = None


Snapshot = tuple[tuple[Any, ...], bytes] | dict[Any, bytes] | None


async def snapshot(hub: Hub, interest: Interest) -> Snapshot:
    """What an interest's receiver may see now: (keys, dump) of a list, or objects by key. Raises BindingError where the
    receiver may not ask any more."""
    stream, session, planner = interest.stream, interest.session, hub.door.planner
    if interest.hears_events or stream.model is None:
        return None
    if interest.query is not None:
        query, ctx = interest.query, _context(session, stream, "list")
        if interest.is_open:  # it may hold far more than a list has rows, and is to have room again
            query = replace(query, limit=min(query.limit // 2 or 1, stream.list_limit))
        return await threads.run(lambda: list_now(planner, ctx, stream, query))
    ctx, held = _context(session, stream, "retrieve"), set(interest.held)
    return await threads.run(lambda: object_now(planner, ctx, stream, held))


def frames_of(hub: Hub, interest: Interest, found: Snapshot, reason: str, seq: str) -> list[tuple[Any, bytes]]:
    """The frames of a snapshot, the last of them with ``seq``; the receiver holds from now on what they say."""
    metrics.resyncs += 1
    stream, notice = interest.stream, dumps({"reason": reason})
    if found is None:
        return [_frame(interest, "resync", notice, seq)]
    if isinstance(found, tuple):
        assert interest.query is not None
        keys, data = found
        interest.held = set(keys)
        interest.full = len(keys) >= interest.query.limit
        return [_frame(interest, "resync", notice), _frame(interest, "list", data, seq)]
    frames, held = [_frame(interest, "resync", notice)], list(interest.held)
    for key in held:
        name, data = ("retrieve", found[key]) if key in found else ("delete", key_data(stream, key))
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
