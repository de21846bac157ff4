"""``lookup_field``: requests that name their object by a unique field get its ``id`` instead, before anything else is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
from pydantic import ValidationError as TypeFault

from ..compile.inputs import PREFIX
from ..compile.ir import Naming, Schema, Stream
from ..declare.context import Context
from ..errors import NotFound
from ..types import Request
from .access import admit, base, require, row_rule
from .dump import dumps
from .failures import invalid_data

#: The verbs about one object, and whether they only read.
VERBS = {"retrieve": True, "update": False, "delete": False}
LIVE = frozenset({"subscribe", "unsubscribe"})
KEYS = frozenset({"id", "ids"})


def by_id(schema: Schema, ctx: Context, request: Request) -> Callable[[], Request] | None:
    """What makes of the request one that names its object by ``id``, on a worker; None where there is nothing to do.

    It raises InvalidData for a value of the wrong type, and NotFound where the user sees no such object, after whatever
    the user may not do at all was refused, so that nobody learns from it what there is.
    """
    stream = schema.streams.get(request.stream)
    naming = stream.naming if stream is not None else None
    if stream is None or naming is None or naming.name not in request.data or not request.data.keys().isdisjoint(KEYS):
        return None
    action = stream.actions.get(request.verb)
    permission, is_read = stream.permission, VERBS.get(request.verb, True)
    if action is not None:
        if not action.on_object or PREFIX + naming.name in action.params.model_fields:
            return None
        permission, is_read = action.permission, action.read
    elif request.verb not in LIVE and (request.verb not in VERBS or request.verb not in stream.verbs):
        return None
    own = ctx.to(stream.name, request.verb, is_read=is_read, model=stream.model)
    return lambda: _found(own, stream, naming, request, permission)


def _found(ctx: Context, stream: Stream, naming: Naming, request: Request, permission: Any) -> Request:
    require(ctx, permission)
    data = dict(request.data)
    try:
        parsed = naming.type.model_validate({naming.name: data.pop(naming.name)})
    except TypeFault as error:
        raise invalid_data(error) from None
    value = getattr(parsed, PREFIX + naming.name)
    key = base(ctx, stream, row_rule(ctx, stream)).filter(**{naming.path: value}).values_list("pk", flat=True).first()
    if key is None:
        admit(ctx, stream)  # what is found is counted with the rest of the request
        raise NotFound()
    dump = stream.fields["id"].type.dump
    # As it would have come from the client.
    return replace(request, data={**data, "id": orjson.loads(dumps(key if dump is None else dump(key)))})
