"""What transports with a connection call instead of ``dispatch``: the same answers, and the interests that follow from them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from ..compile.ir import Stream
from ..conf import settings
from ..declare.context import Context
from ..errors import BindingError, InvalidData, NotFound, UnknownStream, Unsupported
from ..resolve import naming, threads
from ..resolve.access import admit, require
from ..resolve.dispatch import Dispatcher, internal
from ..resolve.dump import dumps
from ..resolve.failures import invalid_data
from ..resolve.read import Read, check_arguments
from ..types import Request, Result
from .frames import frame
from .hub import Hub, hub
from .interest import Interest, Query
from .recovery import list_now, still_connected
from .resume import resumed
from .rounds import Moment
from .session import Session

#: Verbs whose answer is followed by live frames, unless a binding or a request says otherwise.
AUTOMATIC = frozenset({"retrieve", "list", "search", "create", "update", "save"})
LISTS = frozenset({"list", "search"})
VERBS = frozenset({"subscribe", "unsubscribe"})
Dispatch = Callable[[Context, Request], Awaitable[Result]]


async def dispatch(session: Session, door: Dispatcher, ctx: Context, request: Request, answer: Dispatch) -> Result:
    """Answer a request of a connection; ``answer`` is how the transport has it dispatched. Raises BindingError."""
    result = await _answered(session, door, ctx, request, answer)
    for wanted in ctx.follow_ups if result.ok else ():
        await _follow(session, door, ctx, wanted)
    return result


async def _follow(session: Session, door: Dispatcher, ctx: Context, request: Request) -> None:
    """Do what code asked for on the connection's behalf. The answer is a frame beside that of the client's own request."""
    session.began(request.event)
    # Hooks that this calls ask for it again, maybe: that is done already.
    ctx = replace(ctx, hash=request.hash, meta={}, follow_ups=[])
    try:
        result = await _answered(session, door, ctx, request, door.dispatch)
        text = frame(request.event, result.data, seq=result.seq)
    except Exception as error:  # noqa: BLE001 - told to the client; what it asked for itself is answered all the same
        known = error if isinstance(error, BindingError) else internal(error, request.event)
        text = frame("error", dumps(known.data(request.event)))
    session.urge([(("answer", object()), text)])
    session.replied(request.event)


async def _answered(session: Session, door: Dispatcher, ctx: Context, request: Request, answer: Dispatch) -> Result:
    stream = door.schema.streams.get(request.stream)
    if request.verb in VERBS:
        if stream is None:
            raise UnknownStream(f"There is no stream {request.stream[:100]!r}.")
        if not settings().LIVE:
            raise Unsupported("Live frames are switched off here.")
        named = naming.by_id(door.schema, ctx, request)
        if named is not None:
            request = await threads.run(named)
        if request.verb == "unsubscribe":
            return _unsubscribe(session, stream, request)
        return await subscribe(session, ctx, stream, request)
    if stream is None or not _is_followed(stream, request):
        return await answer(ctx, request)
    engine = hub()
    await engine.ready()
    mark = await engine.mark(stream)
    try:
        result = await answer(ctx, request)
        # An empty list is a list that rows may enter; an answer without any object leaves nothing to follow.
        follows = result.ok and (result.keys or request.verb in LISTS)
        interest = _automatic(session, stream, request, result) if follows else None
        if interest is None or session.closed:
            engine.release(mark)
            return result
    except BaseException:
        engine.release(mark)
        raise
    session.hold(request.event)
    engine.activate(interest, mark)
    return result


def _is_followed(stream: Stream, request: Request) -> bool:
    return (
        settings().LIVE
        and request.verb in AUTOMATIC
        and request.verb in stream.verbs
        and stream.auto_subscribe
        and stream.model is not None
        and request.meta.get("subscribe", True) is not False
    )


# Automatic interests ----------------------------------------------------------------------------------------------------


def _automatic(session: Session, stream: Stream, request: Request, result: Result) -> Interest:
    query, is_one = None, request.verb not in LISTS and len(result.keys) == 1
    if request.verb in LISTS:
        query = _query(stream, request)
    slot: Any = ("hash", stream.key, request.hash)
    if not request.hash:
        slot = ("object", stream.key, result.keys[0]) if is_one else ("verb", stream.key, request.verb)
    held = set(result.keys[: settings().MAX_HELD_IDS])
    interest = Interest(session, stream, request.hash, slot, False, held, query)
    interest.full = query is not None and len(held) >= query.limit
    return interest


def _query(stream: Stream, request: Request) -> Query:
    """The rows that an answered ``list`` or ``search`` showed."""
    assert stream.types is not None
    args = stream.types.args[request.verb].model_validate(request.data)
    if request.verb == "list":
        return Query.of(stream, args, 0, min(stream.list_limit, settings().MAX_HELD_IDS))
    limit = args.f_limit or stream.page_size  # type: ignore[attr-defined]
    by_cursor = "f_after" in args.model_fields_set
    return Query.of(stream, args, 0 if by_cursor else (args.f_page - 1) * limit, limit)  # type: ignore[attr-defined]


# subscribe and unsubscribe ------------------------------------------------------------------------------------------------


async def subscribe(session: Session, ctx: Context, stream: Stream, request: Request) -> Result:
    """``{success: true}`` and a resume point; with ``snapshot`` also what retrieve or list would answer."""
    engine = hub()
    await engine.ready()
    ctx = ctx.to(stream.name, "subscribe", is_read=True, model=stream.model)
    if stream.types is None or "list" not in stream.types.args:
        if request.data:
            raise InvalidData(f"{stream.name} has events only: subscribe with no data.")
        return await listen(session, ctx, stream, request)
    args = _arguments(stream, "subscribe", request)
    # The first answer about one object is a retrieve, which counts itself.
    if stream.throttles and (args.f_id is None or args.f_since is not None):
        await threads.run(lambda: admit(ctx, stream))
    mark = await engine.mark(stream)
    try:
        session.admit(_slot(stream, request, args.f_id), explicit=True)
        first = _object if args.f_id is not None else _list
        interest, data, frames = await first(session, engine, ctx, stream, request, args, mark.seq)
        if session.closed:
            raise NotFound()
        session.hold(request.event)
        engine.activate(interest, mark)
    except BaseException:
        engine.release(mark)
        raise
    if interest.query is None and not interest.held:
        engine.drop(interest)  # the object was found to be gone
    for key, text in frames:
        session.push(key, text, request.event)
    # The client may be lost before the frames reach it: until then it is where it was.
    return Result(data, keys=tuple(interest.held), seq=args.f_since if frames else mark.seq)


async def listen(session: Session, ctx: Context, stream: Stream, request: Request) -> Result:
    """Hear a stream's events, and of none of its objects."""
    engine = hub()
    await engine.ready()
    ctx = ctx.to(stream.name, "subscribe", is_read=True, model=stream.model)
    await threads.run(lambda: _let_in(ctx, stream))
    mark = await engine.mark(stream)
    if session.closed:
        engine.release(mark)
        raise NotFound()
    interest = _interest(session, stream, request, None, set())
    interest.hears_events = True
    engine.activate(interest, mark)
    return Result(b'{"success":true}', seq=engine.seq_of(stream))


def _let_in(ctx: Context, stream: Stream) -> None:
    require(ctx, stream.permission)
    admit(ctx, stream)


def _arguments(stream: Stream, verb: str, request: Request) -> Any:
    assert stream.types is not None
    try:
        args: Any = stream.types.args[verb].model_validate(request.data)
    except ValidationError as error:
        raise invalid_data(error) from None
    listing = [
        name for name in ("filters", "order", "query", "limit", "have") if getattr(args, f"f_{name}", None) is not None
    ]
    if args.f_id is not None and listing:
        raise InvalidData(f"`id` names one object: leave out {', '.join(listing)}.")
    return args


def _slot(stream: Stream, request: Request, key: Any) -> Any:
    if request.hash:
        return ("hash", stream.key, request.hash)
    return ("object", stream.key, key) if key is not None else ("verb", stream.key, "subscribe")


def _interest(session: Session, stream: Stream, request: Request, query: Query | None, held: set[Any]) -> Interest:
    key = next(iter(held)) if query is None and held else None
    return Interest(session, stream, request.hash, _slot(stream, request, key), True, held, query)


First = tuple[Interest, bytes, list[tuple[Any, bytes]]]


async def _object(
    session: Session, engine: Hub, ctx: Context, stream: Stream, request: Request, args: Any, seq: str
) -> First:
    interest = _interest(session, stream, request, None, {args.f_id})
    if args.f_since is not None:
        return await resumed(engine, ctx, interest, args, seq)
    retrieve = Request(stream.name, "retrieve", "", {"id": request.data["id"]})
    result = await engine.door.dispatch(ctx, retrieve)
    data = b'{"success":true,' + result.data[1:] if args.f_snapshot else b'{"success":true}'
    return interest, data, []


async def _list(
    session: Session, engine: Hub, ctx: Context, stream: Stream, request: Request, args: Any, seq: str
) -> First:
    limit = min(args.f_limit or stream.list_limit, settings().MAX_HELD_IDS)
    query = Query.of(stream, args, 0, limit)
    interest = _interest(session, stream, request, query, set())
    if args.f_since is not None:
        return await resumed(engine, ctx, interest, args, seq)
    if not args.f_snapshot:
        # The receiver holds nothing yet. It is told whatever changes, and holds that from then on.
        interest.is_open = args.f_limit is None and not query.guarded
        if interest.is_open:
            interest.query = Query.of(stream, args, 0, settings().MAX_HELD_IDS)
        await threads.run(lambda: _checked(engine.door, ctx, stream, query))
        return interest, b'{"success":true}', []
    ctx = ctx.to(stream.name, "list", is_read=True, model=stream.model)
    keys, data = await threads.run(lambda: list_now(engine.door.planner, ctx, stream, query))
    interest.held = set(keys)
    interest.full = len(keys) >= limit
    return interest, b'{"success":true,' + data[1:], []


def _checked(door: Dispatcher, ctx: Context, stream: Stream, query: Query) -> None:
    """On a worker: whether the list may be asked for at all, without asking for its rows."""
    require(ctx, stream.permission)
    check_arguments(Read(ctx, stream, query.args))


def _unsubscribe(session: Session, stream: Stream, request: Request) -> Result:
    """End the interest that the hash names, or that in an object. There being none is no error."""
    key = None
    if request.data and stream.types is not None:
        key = _arguments(stream, "unsubscribe", request).f_id
    slots = [_slot(stream, request, key)]
    if not request.hash and key is None:
        slots += [slot for slot in session.interests if slot[1] == stream.key and slot[0] == "verb"]
    for slot in slots:
        interest = session.interests.get(slot)
        if interest is not None:
            hub().drop(interest)
    return Result(dumps({"success": True}))


async def moment() -> Moment | None:
    """To be asked for before a connection's user is read, and given to ``attach``."""
    if not settings().LIVE:
        return None
    engine = hub()
    await engine.ready()
    return engine.rounds.moment


async def attach(session: Session, since: Moment | None) -> bool:
    """A connection began: from now on it hears events for its user and for all, and ends when the user's rights do. False if
    they have ended since its user was read."""
    if since is None:
        return True
    engine = hub()
    await engine.ready()
    session.recover = engine.applier.recover
    engine.sessions.add(session)
    if session.user_key is None or not engine.rounds.has_user_changed(session.user_key, since):
        return True
    return await threads.run(lambda: still_connected(session))


async def detach(session: Session) -> None:
    """A connection is over."""
    if settings().LIVE:
        hub().leave(session)
    await session.close()
