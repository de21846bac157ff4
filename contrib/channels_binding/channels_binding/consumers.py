"""The consumers: ``path("", AsyncConsumer, name="root")``, with ``.as_asgi()`` or without."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import django
from django.apps import apps

# First, since bindings that are found meanwhile may import it from here.
from .handlers import bind

if not apps.ready and not apps.loading:
    # An asgi file that imports nothing but this is what the original was served by: somebody has to load the apps.
    django.setup()

from binding_schema import consumers, extend

__all__ = ["AsyncConsumer", "SyncConsumer", "bind"]

if apps.ready:
    # Mistakes in the bindings end the server at its start, not each connection at its own.
    extend.schema()


class _Called:
    """A consumer's class as an ASGI application: called with scope, receive and send it gives what can be awaited."""

    consumer_class: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.consumer_class = cls

    def __await__(self) -> Generator[Any, None, None]:
        if self.scope["type"] != "websocket":  # type: ignore[attr-defined]
            raise ValueError(f"{type(self).__name__} serves WebSocket, not {self.scope['type']}.")  # type: ignore[attr-defined]
        return self.run().__await__()  # type: ignore[attr-defined,no-any-return]


class AsyncConsumer(_Called, consumers.AsyncConsumer):
    """Requests are answered as they come, several at once. Subclasses may override ``connected`` and ``disconnected``."""


class SyncConsumer(_Called, consumers.SyncConsumer):
    """Requests are answered one by one, each as a whole on one worker thread."""
