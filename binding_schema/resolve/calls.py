"""The one door for a project's own code: views, tasks, commands, other frameworks' endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from ..declare.context import Context
from ..errors import InvalidFrame
from ..types import Request
from .authentication import Fixed
from .dispatch import dispatcher


def call(
    user: Any,
    event: str,
    data: Mapping[str, Any] | None = None,
    *,
    request: Any = None,
    meta: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Answer ``<stream>.<verb>`` as for a client that is ``user``, on the calling thread and in its transaction.

    ``request``: the HttpRequest, if there is one, for hooks to see. Returns the answer's data; a failed write is one whose
    ``success`` is false. Raises BindingError where a client would get an error frame.
    """
    ctx, asked = _asked(user, event, data, request, meta)
    answer: dict[str, Any] = orjson.loads(dispatcher().dispatch_sync(ctx, asked).data)
    return answer


async def acall(
    user: Any,
    event: str,
    data: Mapping[str, Any] | None = None,
    *,
    request: Any = None,
    meta: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The same from an event loop, on the library's worker threads."""
    ctx, asked = _asked(user, event, data, request, meta)
    answer: dict[str, Any] = orjson.loads((await dispatcher().dispatch(ctx, asked)).data)
    return answer


def _asked(
    user: Any, event: str, data: Mapping[str, Any] | None, request: Any, meta: Mapping[str, Any] | None
) -> tuple[Context, Request]:
    stream, _, verb = event.partition("#")[0].rpartition(".")
    if not stream or not verb:
        raise InvalidFrame(f"{event[:100]!r} is no event: write <stream>.<verb>.")
    options = dict(meta or {})
    ctx = Context(Fixed(user), transport="local" if request is None else "rest", request=request, meta=options)
    return ctx, Request(stream, verb, data=dict(data or {}), meta=options)
