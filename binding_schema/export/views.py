"""``GET <root>schema/``: the version of the schema and the formats that one may read, or with ``?format=`` one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from asgiref.sync import sync_to_async

from ..compile.permissions import of_setting
from ..conf import settings
from ..declare.context import Context
from ..errors import InvalidData, Unsupported
from ..resolve import threads
from ..resolve.access import allows, require
from ..transports.answer import Answer
from ..transports.rest import SAFE, Exchange, view_of
from ..types import error_item
from .formats import Unavailable, available, export, version
from .media import MEDIA


async def _schema(exchange: Exchange) -> Answer:
    await exchange.enter()
    if exchange.request.method not in SAFE:
        raise Unsupported(f"{exchange.request.method} is not supported here, but GET.", allowed=["GET"])
    ctx = Context(exchange.client, transport="rest", request=exchange.request).to(
        "", "schema", is_read=True, model=None
    )
    name = exchange.request.GET.get("format")
    work: Callable[[], Answer] = (lambda: _summary(ctx)) if name is None else (lambda: _one(ctx, name))
    # To print a large schema takes its time, which is none of the event loop's.
    return await (threads.run(work) if exchange.is_async else sync_to_async(work, thread_sensitive=True)())


def _permission() -> Any:
    return of_setting(settings(), "SCHEMA_PERMISSIONS")


def _summary(ctx: Context) -> Answer:
    """Whoever may connect may know whether the schema that his client was built with is the server's."""
    formats = available() if allows(_permission(), ctx) else []
    return Answer(orjson.dumps({"version": version(), "formats": formats}))


def _one(ctx: Context, name: str) -> Answer:
    require(ctx, _permission())
    try:
        if name in available():
            return Answer(export(name).encode(), content_type=f"{MEDIA[name]}; charset=utf-8")
        message = f"There is no format {name[:100]!r}. There are: {', '.join(available())}."
    except Unavailable:
        message = f"The format {name!r} is not available here."
    raise InvalidData(message, errors={"format": [error_item("invalid_choice", message)]})


schema_view = view_of(_schema)
