"""What a hook, a permission and an action get to know about the request they run in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from django.db import models

from .outlets import Reach, outlets


class Principal(Protocol):
    """Who asks. ``user`` may read the database when it is first asked for, on the worker thread."""

    @property
    def user(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Context:
    """One request, as hooks see it.

    ``verb`` is the verb asked for; permissions see a ``save`` as the ``create`` or ``update`` that it is.
    ``transport`` is ``"ws"``, ``"rest"`` or ``"local"``; ``request`` is Django's HttpRequest or the ASGI scope.
    ``meta`` holds the options that the client sent beside the data. ``connection`` is the id of the connection that asked,
    empty where there is none.
    """

    principal: Principal
    stream: str = ""
    verb: str = ""
    is_read: bool = True
    transport: str = "local"
    model: type[models.Model] | None = None
    request: Any = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    connection: str = ""

    @property
    def user(self) -> Any:
        """The authenticated user, or an ``AnonymousUser``."""
        return self.principal.user

    def to(self, stream: str, verb: str, *, is_read: bool, model: type[models.Model] | None) -> Context:
        """The same request, as another stream or verb sees it."""
        return replace(self, stream=stream, verb=verb, is_read=is_read, model=model)

    # Events ----------------------------------------------------------------------------------------------------------

    def reflect(self, event: str, data: Any, *, after_commit: bool = True) -> None:
        """Send an event to the connection that asked; over HTTP there is none, and nothing is sent.

        ``event`` is a name, which gets the stream before it, or a whole ``<stream>.<name>``. ``data`` is what becomes a JSON
        object. ``after_commit``: sent once the current transaction is committed, and never if it is rolled back. Raises
        InvalidData if the event is declared and the data is not of its type.
        """
        self._emit("reflect", event, data, None, after_commit)

    def dispatch(self, event: str, data: Any, *, obj: models.Model | None = None, after_commit: bool = True) -> None:
        """Send an event to those who have an interest in the stream and may read it; with ``obj``, who may see that object."""
        self._emit("dispatch", event, data, obj, after_commit)

    def broadcast(self, event: str, data: Any, *, after_commit: bool = True) -> None:
        """Send an event to every connection: nothing in it may be for some only."""
        self._emit("broadcast", event, data, None, after_commit)

    def _emit(self, reach: Reach, event: str, data: Any, obj: Any, after_commit: bool) -> None:
        if outlets.emit is None:
            raise RuntimeError('Events are sent by the live engine: add "binding_schema" to INSTALLED_APPS.')
        name = event if "." in event else f"{self.stream}.{event}"
        outlets.emit(self, reach, name, data, obj, after_commit)
