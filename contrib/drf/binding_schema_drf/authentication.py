"""Authentication classes of Django REST framework, over HTTP and in a WebSocket's handshake."""

from __future__ import annotations

from typing import Any

from rest_framework import authentication, exceptions
from rest_framework.request import Request

from binding_schema import errors, extend

from .requests import http_request_of


class Asked(extend.BaseAuthentication):
    """Asks a class of the framework about the client's headers.

    A browser's WebSocket takes no headers; the subprotocol ``bearer.<token>`` stands for ``Authorization: Bearer <token>`` there.
    """

    def __init__(self, item: Any) -> None:
        self.item = item
        self.needs_csrf = bool(getattr(item, "needs_csrf", False))

    def authenticate(self, handshake: extend.Handshake) -> Any:
        found = self._asked(handshake)
        return None if found is None else found[0]

    def expires_at(self, handshake: extend.Handshake) -> float | None:
        # simplejwt's tokens say when they are over; a connection that only listens ends then.
        found = self._asked(handshake) if hasattr(self.item, "get_validated_token") else None
        over = getattr(found[1], "payload", {}).get("exp") if found is not None else None
        return None if over is None else float(over)

    def _asked(self, handshake: extend.Handshake) -> Any:
        try:
            return self.item().authenticate(self._request(handshake))
        except exceptions.APIException as error:
            detail = error.detail
            message = detail.get("detail", "") if isinstance(detail, dict) else detail
            raise errors.Unauthenticated(str(message)) from None

    def _request(self, handshake: extend.Handshake) -> Request:
        request = Request(http_request_of(handshake.source))
        if handshake.token is not None and "HTTP_AUTHORIZATION" not in request.META:
            request.META["HTTP_AUTHORIZATION"] = f"Bearer {handshake.token}"
        return request


def authentication_of(item: Any) -> extend.BaseAuthentication:
    session = authentication.SessionAuthentication
    if not issubclass(item, session) or item.authenticate is not session.authenticate:
        return Asked(item)
    # The framework's looks at what a middleware made of the cookie; ours reads the cookie itself, over WebSocket too. Both ask
    # for the CSRF token, unless a subclass says otherwise.
    ours = extend.SessionAuthentication()
    ours.needs_csrf = item.enforce_csrf is session.enforce_csrf
    return ours
