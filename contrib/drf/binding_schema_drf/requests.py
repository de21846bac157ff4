"""Django REST framework's Request, as serializers, permissions and throttles expect one, for a request on any transport."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, Final

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from binding_schema import Context

#: The HTTP method that a view would have been asked by, which is what the framework's permissions go by.
METHODS: Final = {"create": "POST", "update": "PATCH", "save": "POST", "delete": "DELETE", "schema": "OPTIONS"}


class LocalRequest(HttpRequest):
    """The request of code of one's own, which came from nowhere: a URL in it stays as it is, without a host."""

    def build_absolute_uri(self, location: str | None = None) -> str:
        return location or self.path


def method_of(ctx: Context) -> str:
    return METHODS.get(ctx.verb) or ("GET" if ctx.is_read else "POST")


def request_of(ctx: Context, data: Any = None) -> Request:
    """A Request whose ``user`` is the context's, and whose ``data`` is ``data``.

    It is made from the HTTP request, from the scope of the WebSocket that the request came by (or that a live frame goes to),
    or from nothing. Headers, cookies and query parameters are those. The request that it is made from stays as it is.
    """
    given = ctx.request if isinstance(ctx.request, Request) else None
    http = _twin(given._request if given is not None else http_request_of(ctx.request))
    http.method = method_of(ctx)
    request = Request(http, parser_context=given.parser_context if given is not None else None)
    request.user = ctx.user
    request.auth = given.auth if given is not None else None
    request.accepted_renderer = given.accepted_renderer if given is not None else JSONRenderer()
    request.accepted_media_type = request.accepted_renderer.media_type
    request.version = given.version if given is not None else None
    request.versioning_scheme = given.versioning_scheme if given is not None else None
    request._authenticator = None  # so that nobody authenticates it once more
    request._data = request._full_data = {} if data is None else data
    request._files = given.FILES if given is not None else MultiValueDict()
    return request


def http_request_of(source: Any) -> HttpRequest:
    """Django's request of a Context's or Handshake's source: a request, an ASGI scope, or None."""
    if isinstance(source, HttpRequest):
        return source
    return _of_scope(source) if isinstance(source, Mapping) else LocalRequest()


def _of_scope(scope: Mapping[str, Any]) -> HttpRequest:
    scheme = {"ws": "http", "wss": "https"}.get(scope.get("scheme", "ws"), "http")
    request = ASGIRequest({**scope, "type": "http", "method": "GET", "scheme": scheme}, BytesIO())
    for name in ("session", "user"):
        if name in scope:
            setattr(request, name, scope[name])
    return request


def _twin(http: HttpRequest) -> HttpRequest:
    """A shallow copy: other threads may look at the same connection's request, with another user or method."""
    twin = type(http).__new__(type(http))
    twin.__dict__.update(http.__dict__)
    return twin
