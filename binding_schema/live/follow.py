"""What ``ctx.subscribe`` and ``ctx.unsubscribe`` do at once: all that can be judged before the request is answered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from ..compile import current
from ..compile.ir import Stream
from ..declare.context import Context
from ..errors import InvalidData, UnknownStream
from ..resolve.dump import dumps
from ..types import HASH, Request


def note(ctx: Context, request: Request) -> None:
    """Keep the request for ``service.dispatch``, which does it after the answer. Nothing, where there is no connection.

    A hook may be called several times for one request, so the same twice in a row is once.
    """
    stream = current.schema().streams.get(request.stream)
    if stream is None:
        raise UnknownStream(f"There is no stream {request.stream[:100]!r}.")
    if request.hash and not HASH.fullmatch(request.hash):
        raise InvalidData(f"{request.hash[:100]!r} is no hash: write 1 to 64 of A-Z a-z 0-9 _ . : -")
    try:
        sent = orjson.loads(dumps(request.data))
    except TypeError as error:
        raise InvalidData(f"The data of a {request.verb} must be what becomes a JSON object: {error}.") from None
    unknown = sent.keys() - _known(stream, request.verb, sent)
    if unknown:
        raise InvalidData(f"{request.verb} of {stream.name} takes no {', '.join(sorted(unknown))}.")
    request = replace(request, data=sent)
    if ctx.connection and request not in ctx.follow_ups[-1:]:
        ctx.follow_ups.append(request)


def _known(stream: Stream, verb: str, sent: dict[str, Any]) -> set[str]:
    """The keys that the verb takes. A binding that filters by the whole data takes any."""
    if stream.types is None:
        return set()
    kind = stream.types.args[verb]
    if kind.model_config.get("extra") == "allow":
        return set(sent)
    own = {item.alias or "" for item in kind.model_fields.values()}
    return own | ({stream.naming.name} if stream.naming is not None else set())
