"""What a client presents, read from an ASGI scope or an HttpRequest; and whether its Origin is welcome."""

from __future__ import annotations

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings as django_settings
from django.http import HttpRequest
from django.http.request import validate_host

from ..conf import settings
from ..resolve.authentication import Handshake, bearer

#: The subprotocol of browsers, whose WebSocket takes no headers: ``binding-schema, bearer.<token>``.
SUBPROTOCOL = "binding-schema"
_BEARER = "bearer."


def of_scope(scope: Mapping[str, Any]) -> Handshake:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope.get("headers", ())}
    token = bearer(headers.get("authorization"))
    if token is None:
        offered = (item for item in scope.get("subprotocols", ()) if item.startswith(_BEARER))
        token = next((item.removeprefix(_BEARER) for item in offered), None)
    return Handshake(headers, scope.get("cookies") or _cookies(headers.get("cookie", "")), token, scope)


def of_request(request: HttpRequest) -> Handshake:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Handshake(headers, request.COOKIES, bearer(headers.get("authorization")), request)


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}


def origin_allowed(handshake: Handshake) -> bool:
    """Browsers always send an Origin with a WebSocket handshake; a client without one is no browser, and brings no
    cookies that are not its own."""
    origin = handshake.headers.get("origin")
    if origin is None:
        return True
    allowed = settings().ALLOWED_ORIGINS
    if allowed is not None:
        return origin in allowed or "*" in allowed
    try:
        host = urlsplit(origin).hostname
    except ValueError:
        return False
    hosts = django_settings.ALLOWED_HOSTS
    if django_settings.DEBUG and not hosts:
        hosts = [".localhost", "127.0.0.1", "[::1]"]
    if not host:
        return False
    return validate_host(f"[{host}]" if ":" in host else host, hosts)
