"""For hand-written resolvers that return generated types: rows by way of ``dispatch``, with its rights and its plans."""

from __future__ import annotations

from typing import Any

from ...compile.ir import Stream
from ...declare.binding import Binding
from .door import ask, door
from .rows import loads, row
from .selection import nodes_at, refuse_deeper, selected


async def fetch_one(info: Any, binding: type[Binding[Any]] | str, id: Any) -> Any:
    """The object as the user may see it, with what the operation selects of the field being resolved.

    ``binding`` is a served binding's class, or its stream's name. Raises GraphQLError (``not_found``...).
    """
    stream = stream_of(binding)
    selection = _selection(info, stream)
    return row(loads((await ask(info, stream.name, "retrieve", {"id": id}, selection)).data), selection)


async def fetch_rows(info: Any, binding: type[Binding[Any]] | str, **arguments: Any) -> list[Any]:
    """The rows of a ``search``, for a field that is a list of them: ``filters``, ``order``, ``query``, ``page``, ``limit`` as in
    the flat protocol. Raises GraphQLError."""
    stream = stream_of(binding)
    selection = _selection(info, stream)
    found = loads((await ask(info, stream.name, "search", {**arguments, "count": False}, selection)).data)
    return [row(item, selection) for item in found["rows"]]


def stream_of(binding: type[Binding[Any]] | str) -> Stream:
    """Raises LookupError for a binding that is not served."""
    streams = door().schema.streams
    found = streams.get(binding) if isinstance(binding, str) else _served(binding)
    if found is None:
        raise LookupError(f"{binding!r} is not served; there are {', '.join(streams)}.")
    return found


def _served(binding: type[Binding[Any]]) -> Stream | None:
    return next((item for item in door().schema.streams.values() if type(item.binding) is binding), None)


def _selection(info: Any, stream: Stream) -> Any:
    raw = info._raw_info
    refuse_deeper(stream.shape, door().schema.by_key, raw, nodes_at(raw, ()))
    return selected(raw, stream.shape)
