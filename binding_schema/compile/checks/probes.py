"""Whether clients can find out, by filtering, what a nested binding keeps from some of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..ir import Field, Kind, Stream
from ..problems import Problems


def probes(streams: Mapping[str, Stream], problems: Problems) -> None:
    for stream in streams.values():
        for what, name, path in _asked(stream):
            hidden = _hidden(stream, path, streams)
            if hidden is not None:
                owner, item = hidden
                hint = f"Leave {name!r} out, or make {item.name!r} readable to all."
                message = f"{what} {name!r} tells those who may not read {owner}'s field {item.name!r} what is in it."
                problems.warn(11, type(stream.binding), message, hint)


def _asked(stream: Stream) -> Iterator[tuple[str, str, str]]:
    for key, item in stream.filters.items():
        if item.path:
            yield "filter", key, item.path
    for name, order in stream.orders.items():
        yield "ordering", name, order.path
    for search in stream.search:
        yield "search field", search.path, search.path


def _hidden(stream: Stream, path: str, streams: Mapping[str, Stream]) -> tuple[str, Field] | None:
    """The restricted field of a nested binding that a path ends in. The binding's own fields are guarded when asked."""
    owner, parts = stream, path.split("__")
    for part in parts[:-1]:
        nested = [item for item in owner.fields.values() if item.kind in (Kind.ONE, Kind.MANY) and item.path == part]
        if not nested or nested[0].target not in streams:
            return None
        owner = streams[nested[0].target]
    if owner is stream:
        return None
    for item in owner.fields.values():
        if parts[-1] in (item.path, item.attribute) and (item.write_only or item.readable is not True):
            return owner.key, item
    return None
