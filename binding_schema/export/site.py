"""Where a project serves what the exports describe, and by which cookies and headers its clients are known."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings as django_settings
from django.urls import NoReverseMatch, reverse

from ..conf import settings


@dataclass(frozen=True, slots=True)
class Site:
    """``root`` is the path of the HTTP routes, ``websocket`` the path or the URL of the consumer."""

    title: str
    root: str
    websocket: str
    session_cookie: str
    csrf_header: str
    allows_anonymous: bool


def site() -> Site:
    config = settings()
    header = django_settings.CSRF_HEADER_NAME.removeprefix("HTTP_").replace("_", "-")
    return Site(
        title=config.SCHEMA_TITLE,
        root=_root(),
        websocket=config.WEBSOCKET_URL or "/ws/",
        session_cookie=django_settings.SESSION_COOKIE_NAME,
        csrf_header="X-CSRFToken" if header == "X-CSRFTOKEN" else header,
        allows_anonymous=config.ANONYMOUS_CONNECTION_ALLOWED,
    )


def _root() -> str:
    try:
        return reverse("binding_schema")
    except NoReverseMatch:  # under a namespace, or served over WebSocket only
        return "/api/"
