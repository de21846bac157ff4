"""``self.consumer``: what bindings and authentication strategies see of who asks, whatever the transport."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from channels.layers import get_channel_layer
from django.http import HttpRequest

from binding_schema import Context


class Consumer:
    """One request's view of its connection.

    ``scope`` is the ASGI scope of a WebSocket, or one that is made of an HTTP request. ``user`` is who asks, ``hash`` the hash
    of the request's event, None where it has none. ``context`` is the library's own; None while a user is looked for.
    """

    def __init__(self, source: Any, user: Any = None, context: Context | None = None) -> None:
        self._source = source
        self.user = user
        self.context = context
        self.hash = (context.hash if context is not None else "") or None

    @cached_property
    def scope(self) -> Mapping[str, Any]:
        # When it is asked for: one of these is made for each row that a binding serializes.
        return scope_of(self._source)

    @property
    def channel_layer(self) -> Any:
        return get_channel_layer()


def of_context(context: Context, user: Any = None) -> Consumer:
    """For a binding. ``user``: who was read already, where the database cannot be asked."""
    return Consumer(context.request, context.user if user is None else user, context)


def scope_of(source: Any) -> Mapping[str, Any]:
    """The scope of a connection; of an HTTP request one with the keys that a WebSocket's has."""
    if isinstance(source, Mapping):
        return source
    if not isinstance(source, HttpRequest):
        return {"type": "local", "headers": [], "cookies": {}, "query_string": b""}
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in source.headers.items()]
    scope: dict[str, Any] = {
        "type": "http",
        "method": source.method,
        "path": source.path,
        "query_string": source.META.get("QUERY_STRING", "").encode("latin-1"),
        "headers": headers,
        "client": (source.META.get("REMOTE_ADDR"), 0),
        "cookies": source.COOKIES,
    }
    for name in ("session", "user"):  # where a middleware put one
        if hasattr(source, name):
            scope[name] = getattr(source, name)
    return scope
