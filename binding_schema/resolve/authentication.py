"""Who asks: authentication classes, signed tokens, and the Principal that a connection or a request carries."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

from django.conf import settings as django_settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user, get_user_model
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.crypto import constant_time_compare
from django.utils.module_loading import import_string

from ..conf import settings
from ..declare.adapters import adapted
from ..errors import Unauthenticated
from .threads import call

SALT = "binding_schema.token"


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a client presents: lower-case ``headers``, ``cookies``, the bearer ``token``, the HttpRequest or ASGI scope."""

    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    token: str | None
    source: Any

    def get(self, name: str) -> Any:
        """``user`` or ``session``, where a middleware put one on the request or scope."""
        if isinstance(self.source, Mapping):
            return self.source.get(name)
        return getattr(self.source, name, None)


class BaseAuthentication:
    """Override ``authenticate``, as ``def`` or ``async def``.

    It returns a user; None if the client presents nothing of this kind; it raises Unauthenticated for a wrong one.
    ``needs_csrf``: a browser sends this kind by itself, so that a write needs the CSRF token.
    """

    needs_csrf = False

    def authenticate(self, handshake: Handshake) -> Any:
        raise NotImplementedError

    def expires_at(self, handshake: Handshake) -> float | None:
        """When what was presented is over by itself (seconds since the epoch), for connections that only listen; None where
        that is not known without asking. Called after ``authenticate`` gave a user."""
        return None


class SessionAuthentication(BaseAuthentication):
    """Django's session, from the middleware before us or from the cookie itself."""

    needs_csrf = True

    def authenticate(self, handshake: Handshake) -> Any:
        user = handshake.get("user")
        if user is not None and not isinstance(handshake.source, Mapping):
            return user if user.is_authenticated else None
        if user is not None and handshake.get("session") is None:
            return user if user.is_authenticated else None
        session = handshake.get("session") or _session(handshake.cookies.get(django_settings.SESSION_COOKIE_NAME))
        return None if session is None else _session_user(session)


def _session(key: str | None) -> Any:
    return import_module(django_settings.SESSION_ENGINE).SessionStore(key) if key else None


def _session_user(session: Any) -> Any:
    """The user of a session, by Django's own rules (backend, password hash), read anew each time."""
    store = _session(session.session_key) if session.session_key else session
    if not all(key in store for key in (SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY)):
        return None

    class Holder:
        session = _ReadOnly(store.items())
        META: dict[str, str] = {}

    user = get_user(Holder())  # type: ignore[arg-type]
    return user if user.is_authenticated else None


class _ReadOnly(dict[str, Any]):
    """A session as Django's ``get_user`` reads it. Under a rotated SECRET_KEY it would give the session a new key, of which
    a WebSocket cannot tell the browser: that is left to the browser's next HTTP request."""

    def cycle_key(self) -> None:
        pass

    def flush(self) -> None:
        pass


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer``, or the WebSocket subprotocol pair ``binding-schema, bearer.<token>``."""

    def authenticate(self, handshake: Handshake) -> Any:
        if handshake.token is None:
            return None
        user = user_of_token(handshake.token)
        if user is None:
            raise Unauthenticated("The token is not valid, or no longer.")
        return user

    def expires_at(self, handshake: Handshake) -> float | None:
        return float(_signer().unsign_object(handshake.token or "")["e"])


def make_token(user: Any, max_age: int | None = None) -> str:
    """A signed token for ``user`` that expires after ``max_age`` seconds (setting TOKEN_MAX_AGE) and with the password."""
    expires = int(time.time()) + (max_age or settings().TOKEN_MAX_AGE)
    payload = {"u": str(user.pk), "e": expires, "h": _password_mark(user)}
    return _signer().sign_object(payload, compress=True)


def user_of_token(token: str) -> Any:
    """The active user that a token was made for, or None if it is forged, expired, or the password changed since."""
    try:
        payload = _signer().unsign_object(token)
        if payload["e"] < time.time():
            return None
        user = get_user_model()._default_manager.get(pk=payload["u"])
    except (signing.BadSignature, get_user_model().DoesNotExist, KeyError, TypeError, ValueError, ValidationError):
        return None
    mark = _password_mark(user)
    return user if user.is_active and constant_time_compare(mark, payload["h"]) else None


def _signer() -> signing.TimestampSigner:
    # A token stands in a header and in the name of a subprotocol: both may hold a dot, but not Django's usual colon.
    return signing.TimestampSigner(salt=SALT, sep=".")


def _password_mark(user: Any) -> str:
    full = getattr(user, "get_session_auth_hash", lambda: "")()
    return str(full)[:16]


@lru_cache(maxsize=1)
def _classes(paths: tuple[str, ...]) -> tuple[BaseAuthentication, ...]:
    found = [import_string(path) for path in paths]
    return tuple(adapted("authentication", item) or item() for item in found)


def authentication_classes() -> tuple[BaseAuthentication, ...]:
    return _classes(settings().AUTHENTICATION_CLASSES)


class Client:
    """The Principal of a connection or a request.

    Its user is read when first asked for, on the worker of the operation that needs it, and again once it is older than
    USER_MAX_AGE: a deactivated user, an ended session and an expired token lose their connection's rights.
    """

    __slots__ = ("_handshake", "_read_at", "_user", "expires_at", "needs_csrf")

    def __init__(self, handshake: Handshake) -> None:
        self._handshake = handshake
        self._user: Any = None
        self._read_at = 0.0
        self.needs_csrf = False
        self.expires_at: float | None = None

    @property
    def user(self) -> Any:
        now = time.monotonic()
        if self._user is None or now - self._read_at > settings().USER_MAX_AGE:
            self._user, self._read_at = self._authenticate(), now
        return self._user

    def renew(self) -> Any:
        """The user as the credentials and the database have it now. Raises Unauthenticated for credentials that are over."""
        self._read_at = float("-inf")
        return self.user

    def _authenticate(self) -> Any:
        again = self._user is not None
        for item in authentication_classes():
            user = call(item.authenticate, self._handshake)
            if user is not None and user.is_authenticated:
                self.needs_csrf, self.expires_at = item.needs_csrf, item.expires_at(self._handshake)
                user = _fresh(user) if again else user
                break
        else:
            user = AnonymousUser()
        if again and not user.is_authenticated and not settings().ANONYMOUS_CONNECTION_ALLOWED:
            raise Unauthenticated("You are not logged in any more.")
        return user


def _fresh(user: Any) -> Any:
    """The user as the database has it now: a middleware's user object is as old as the connection."""
    manager = getattr(type(user), "_default_manager", None)
    if manager is None or user.pk is None:
        return user
    current = manager.filter(pk=user.pk).first()
    return current if current is not None and current.is_active else AnonymousUser()


@dataclass(frozen=True, slots=True)
class Fixed:
    """A Principal whose user is given: tests, commands, and code that dispatches on somebody's behalf."""

    user: Any


def bearer(header: str | None) -> str | None:
    """The token of an ``Authorization`` header, or None if there is no bearer token in it."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None
