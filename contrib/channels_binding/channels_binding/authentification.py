"""``AUTHENTIFICATION_CLASSES``: strategies with ``get_user(self, consumer)``, over WebSocket and HTTP alike."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from typing import Any, cast

from channels.auth import get_user as user_of_session
from channels.exceptions import DenyConnection
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils.module_loading import import_string

from binding_schema.errors import Unauthenticated
from binding_schema.extend import BaseAuthentication, Handshake, run_hook

from .requests import Consumer
from .settings import strategy_paths

#: Schemes of the Authorization header that a browser fills in by itself.
OF_BROWSERS = frozenset({"basic", "digest", "negotiate", "ntlm"})


class DefaultDjangoUser:
    """The user whom Channels' AuthMiddlewareStack or Django's own middleware has found, as long as the session says so."""

    async def get_user(self, consumer: Consumer) -> Any:
        user, session = consumer.scope.get("user"), consumer.scope.get("session")
        if user is None or session is None or consumer.scope["type"] != "websocket":
            return user
        return await user_of_session(cast(Any, consumer.scope))


class _Strategies(BaseAuthentication):
    """Asks the project's strategies in their order; the first user counts."""

    def _first(self, handshake: Handshake, some: Any) -> Any:
        for strategy in strategies():
            user = self._user_of(strategy, handshake) if some(strategy) else None
            if user is not None:
                return user
        return None

    def _user_of(self, strategy: Any, handshake: Handshake) -> Any:
        """Raises Unauthenticated where the strategy denies the connection."""
        try:
            user = run_hook(strategy.get_user, Consumer(_as_it_is_now(handshake.source)))
        except (DenyConnection, PermissionDenied):
            raise Unauthenticated() from None
        if not user:
            return None
        if not hasattr(user, "is_authenticated"):
            raise TypeError(f"{type(strategy).__qualname__}.get_user returned {user!r}, which has no is_authenticated.")
        return user if user.is_authenticated else None


class ByBrowser(_Strategies):
    """Where a browser sends the credentials by itself, another site may make it do so: a write over HTTP needs the CSRF token.

    What a strategy reads is not known, so a client counts as a browser that sends cookies, or a login of HTTP's own. A strategy
    that reads neither says so by ``needs_csrf = False``.
    """

    needs_csrf = True

    def authenticate(self, handshake: Handshake) -> Any:
        return self._first(handshake, _may_read_cookies) if sent_by_browser(handshake) else None


class ByHeader(_Strategies):
    def authenticate(self, handshake: Handshake) -> Any:
        is_browser = sent_by_browser(handshake)
        return self._first(handshake, lambda strategy: not (is_browser and _may_read_cookies(strategy)))


def _as_it_is_now(source: Any) -> Any:
    """A scope with its session read anew: that of the handshake is as old as the connection, and may have ended since."""
    session = source.get("session") if isinstance(source, Mapping) else None
    key = getattr(session, "session_key", None)
    return {**source, "session": import_module(settings.SESSION_ENGINE).SessionStore(key)} if key else source


def _may_read_cookies(strategy: Any) -> bool:
    return bool(getattr(strategy, "needs_csrf", True))


def sent_by_browser(handshake: Handshake) -> bool:
    scheme = handshake.headers.get("authorization", "").partition(" ")[0].lower()
    return bool(handshake.cookies) or scheme in OF_BROWSERS


def strategies() -> tuple[Any, ...]:
    return _made(strategy_paths())


@lru_cache(maxsize=1)
def _made(paths: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(import_string(path)() for path in paths)
