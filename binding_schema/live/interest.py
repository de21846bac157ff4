"""What a connection wants to hear of, and what it holds."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from ..compile.ir import Stream
from ..resolve.conditions import guarded
from ..resolve.dump import canonical
from ..resolve.read import extra_of

if TYPE_CHECKING:
    from .batch import Changed
    from .session import Session


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Query:
    """The rows of a list: filters, order and text search in ``args``, from ``start``, at most ``limit``.

    Equal ones are asked once. ``guarded``: it filters by a field that not everyone may read, so that each receiver's rights
    decide whether it may be asked at all.
    """

    stream: Stream = field(compare=False)
    args: Any = field(compare=False)
    key: bytes
    start: int
    limit: int
    guarded: bool = field(compare=False)

    @classmethod
    def of(cls, stream: Stream, args: Any, start: int, limit: int) -> Query:
        """The query, one object for all who ask the same."""
        after = getattr(args, "f_after", None)
        # A copy: the encoder's own bytes hold on to all of its buffer, which is kilobytes.
        key = bytes(
            bytearray(canonical([stream.key, args.f_filters, args.f_order, args.f_query, after, extra_of(args)]))
        )
        found = cls(stream, args, key, start, limit, guarded(stream, args.f_filters, args.f_query))
        return _queries.setdefault(found, found)

    @property
    def is_window(self) -> bool:
        """Whether rows before it decide what is in it."""
        return self.start > 0 or bool(getattr(self.args, "f_after", None))


_queries: WeakValueDictionary[Query, Query] = WeakValueDictionary()


@dataclass(slots=True, eq=False)
class Interest:
    """``held`` are the keys that the receiver was sent; without a ``query`` they are all that it wants to hear of.

    ``slot`` is what a newer interest replaces. A list that has as many rows as it may is ``full``: what enters it pushes
    something out, so it is asked again.
    """

    session: Session
    stream: Stream
    hash: str
    slot: Hashable
    explicit: bool
    held: set[Any]
    query: Query | None = None
    full: bool = False
    #: Follows the stream without a first answer and without a bound: it is never asked again as a list.
    is_open: bool = False
    #: Holds no objects: it is there for the stream's events.
    hears_events: bool = False

    @property
    def is_window(self) -> bool:
        """Whether a change has to be answered by asking the whole list again."""
        query = self.query
        return query is not None and (query.guarded or (not self.is_open and (self.full or query.is_window)))

    @property
    def is_active(self) -> bool:
        """Neither replaced nor dropped, and not owed a snapshot."""
        session = self.session
        return session.interests.get(self.slot) is self and not session.closed and self not in (session.behind or ())

    @property
    def channel(self) -> tuple[str, str]:
        """Interests without a hash share one: their rows are one set to the receiver."""
        return self.stream.key, self.hash


@dataclass(slots=True)
class Recheck:
    """What is to be looked up for one interest: objects, with what happened to them; and, with ``whole``, all that it holds:
    ``u`` as if it had changed, ``v`` for whether it is in sight."""

    changed: dict[Any, Changed] = field(default_factory=dict)
    whole: str = ""


class Register:
    """All interests of one event loop, by what they are asked for."""

    def __init__(self) -> None:
        self._objects: dict[tuple[str, Any], dict[Interest, None]] = {}
        self._lists: dict[str, dict[Interest, None]] = {}
        self._streams: dict[str, dict[Interest, None]] = {}

    def __bool__(self) -> bool:
        return bool(self._streams)

    def add(self, interest: Interest) -> None:
        key = interest.stream.key
        self._streams.setdefault(key, {})[interest] = None
        if interest.query is not None:
            self._lists.setdefault(key, {})[interest] = None
        else:
            for item in interest.held:
                self._objects.setdefault((key, item), {})[interest] = None

    def remove(self, interest: Interest) -> None:
        key = interest.stream.key
        _drop(self._streams, key, interest)
        if interest.query is not None:
            _drop(self._lists, key, interest)
        else:
            for item in interest.held:
                _drop(self._objects, (key, item), interest)

    def lose(self, interest: Interest, item: Any) -> None:
        """The receiver holds an object no longer."""
        interest.held.discard(item)
        if interest.query is None:
            _drop(self._objects, (interest.stream.key, item), interest)

    def of_stream(self, stream: Stream) -> Iterable[Interest]:
        return tuple(self._streams.get(stream.key, ()))

    def lists(self, stream: Stream) -> Iterable[Interest]:
        return tuple(self._lists.get(stream.key, ()))

    def concerned(self, stream: Stream, keys: Iterable[Any]) -> Iterator[Interest]:
        """The interests that a change of these objects may matter to, each once."""
        yield from self.lists(stream)
        found: dict[Interest, None] = {}
        for item in keys:
            found.update(self._objects.get((stream.key, item), {}))
        yield from found

    def sessions(self) -> set[Session]:
        return {interest.session for group in self._streams.values() for interest in group}

    def held(self, stream: Stream) -> set[Any]:
        """Every key of a stream that some receiver holds."""
        return {item for interest in self._streams.get(stream.key, ()) for item in interest.held}


def _drop(index: dict[Any, dict[Interest, None]], key: Any, interest: Interest) -> None:
    group = index.get(key)
    if group is not None:
        group.pop(interest, None)
        if not group:
            del index[key]
