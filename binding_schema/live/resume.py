"""``subscribe`` with ``since``: what happened while the client was away, told from the log and from the rows as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..compile.ir import Stream
from ..conf import settings
from ..declare.context import Context
from ..errors import InvalidData
from ..resolve import threads
from ..types import error_item
from .batch import Batch, Changed, batch_of
from .frames import event, frame, key_data
from .interest import Interest
from .reader import Reader, position_of
from .recovery import frames_of, list_now_with_rows, object_now, snapshot

if TYPE_CHECKING:
    from .hub import Hub

Frames = list[tuple[Any, bytes]]


async def resumed(hub: Hub, ctx: Context, interest: Interest, args: Any, seq: str) -> tuple[Interest, bytes, Frames]:
    """(the interest with what it holds now, the answer's data, the frames that follow). ``seq`` is the moment of the answer:
    it stands on the last frame alone, since a client may be lost again before that comes."""
    since = position_of(args.f_since)
    if since is None:
        message = "`since` is not a resume point: take it from `meta.seq` of a frame."
        raise InvalidData(message, errors={"since": [error_item("invalid_since", message)]})
    ctx = ctx.to(interest.stream.name, "list", is_read=True, model=interest.stream.model)
    answer = b'{"success":true}'
    batch = await threads.run(lambda: _missed(hub, interest.stream, since))
    if interest.query is None:
        return interest, answer, await threads.run(lambda: _object(hub, ctx, interest, batch, seq))
    if args.f_have is None or batch is None:
        found = await snapshot(hub, interest)
        return interest, answer, frames_of(hub, interest, found, "gap" if batch is None else "unknown", seq)
    have = set(args.f_have)
    return interest, answer, await threads.run(lambda: _list(hub, ctx, interest, have, batch, seq))


def _missed(hub: Hub, stream: Stream, since: int) -> Batch | None:
    """On a worker: what the log says of the stream since then; None where it does not reach back so far."""
    using = hub.using_of(stream)
    entries = Reader(using).replay(since, settings().LIVE_RESUME_MAX_CHANGES)
    return None if entries is None else batch_of(entries, hub.routes, {stream.key}, using)


def _object(hub: Hub, ctx: Context, interest: Interest, batch: Batch | None, seq: str) -> Frames:
    (key,) = interest.held
    stream = interest.stream
    found = object_now(hub.door.planner, ctx, stream, {key})
    changed = _changed(batch, stream)
    if key in found and changed is not None and key not in changed and not _rights(batch, stream):
        return []
    if key not in found:
        interest.held.clear()
    change = (changed or {}).get(key)
    return [_told(interest, key, found.get(key), change, "update", seq)]


def _list(hub: Hub, ctx: Context, interest: Interest, have: set[Any], batch: Batch, seq: str) -> Frames:
    assert interest.query is not None
    stream, changed = interest.stream, _changed(batch, interest.stream)
    keys, rows, _ = list_now_with_rows(hub.door.planner, ctx, stream, interest.query)
    interest.held = set(keys)
    interest.full = len(keys) >= interest.query.limit
    everything = changed is None or _rights(batch, stream)
    told = list(have - set(keys))
    told += [key for key in keys if key not in have or key in (changed or {}) or everything]
    return [
        _told(
            interest,
            key,
            rows.get(key),
            (changed or {}).get(key),
            _cause(key, have, rows),
            seq if key == told[-1] else "",
        )
        for key in told
    ]


def _cause(key: Any, have: set[Any], rows: Mapping[Any, bytes]) -> str:
    return "leave" if key not in rows else "update" if key in have else "enter"


def _changed(batch: Batch | None, stream: Stream) -> dict[Any, Changed] | None:
    """The stream's changes by key; None for too many to say."""
    if batch is None or stream.key in batch.everything:
        return None
    return batch.changed.get(stream.key, {})


def _rights(batch: Batch | None, stream: Stream) -> bool:
    """Whether rights changed: then each row may look different to this user."""
    return batch is None or bool(batch.rights.keys() & {"", stream.key})


def _told(
    interest: Interest, key: Any, body: bytes | None, change: Changed | None, cause: str, seq: str
) -> tuple[Any, bytes]:
    stream = interest.stream
    place = (stream.key, interest.hash, key)
    if body is None:
        # Also for a row that was deleted: that the client had it, is only what the client says.
        return place, frame(event(stream, "delete", interest.hash), key_data(stream, key), seq=seq, cause="leave")
    if cause == "enter" and change is not None and change.op == "c":
        cause = "create"
    return place, frame(event(stream, "retrieve", interest.hash), body, seq=seq, cause=cause)
