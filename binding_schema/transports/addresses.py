"""Where the project serves the WebSocket, as far as it can be known without being told."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings as django_settings
from django.urls.resolvers import RoutePattern

from ..conf import settings
from .ws import AsyncConsumer

#: What the documentation proposes.
USUAL = "/ws/"


def websocket_address() -> str:
    """WEBSOCKET_URL; without it the path of the first consumer of ours in ASGI_APPLICATION's routes; else ``/ws/``."""
    return settings().WEBSOCKET_URL or next(_paths(_application()), USUAL)


def _application() -> Any:
    """ASGI_APPLICATION where it is loaded, which it is under an ASGI server. To import it is the server's business."""
    module, _, name = str(getattr(django_settings, "ASGI_APPLICATION", "")).rpartition(".")
    return getattr(sys.modules.get(module), name, None)


def _paths(application: Any, prefix: str = "/", depth: int = 0) -> Iterator[str]:
    """The paths, without parameters, of our consumers below ``application``: routers, and what stands around them."""
    if application is None or depth > 20:
        return
    if isinstance(application, ProtocolTypeRouter):
        yield from _paths(application.application_mapping.get("websocket"), prefix, depth + 1)
    elif isinstance(application, URLRouter):
        for route in application.routes:
            pattern: Any = getattr(route, "pattern", None)
            if isinstance(pattern, RoutePattern) and not pattern.converters:
                yield from _paths(getattr(route, "callback", None), f"{prefix}{pattern}", depth + 1)
    elif _is_ours(getattr(application, "consumer_class", None)):
        yield prefix
    else:  # a middleware, as Channels' own are made, or its validator of origins
        inner = getattr(application, "inner", None) or getattr(application, "application", None)
        yield from _paths(inner, prefix, depth + 1)


def _is_ours(consumer: Any) -> bool:
    return isinstance(consumer, type) and issubclass(consumer, AsyncConsumer)
