"""What a hook, a permission and an action get to know about the request they run in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from django.db import models

from ..types import Request
from .outlets import Reach, outlets

NO_ENGINE = 'That is done by the live engine: add "binding_schema" to INSTALLED_APPS, and leave LIVE on.'


class Principal(Protocol):
    """Who asks. ``user`` may read the database when it is first asked for, on the worker thread."""

    @property
    def user(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Context:
    """One request, as hooks see it.

    ``verb`` is the verb asked for; permissions see a ``save`` as the ``create`` or ``update`` that it is.
    ``transport`` is ``"ws"``, ``"rest"`` or ``"local"``; ``request`` is Django's HttpRequest or the ASGI scope.
    ``meta`` holds the options that the client sent beside the data, ``hash`` the hash of its event. ``connection`` is the id of
    the connection that asked, empty where there is none. ``follow_ups`` are what ``subscribe`` and ``unsubscribe`` noted.
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
    hash: str = ""
    follow_ups: list[Request] = field(default_factory=list, compare=False, repr=False)

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

        ``event`` is a name, which gets the stream before it, or a whole ``<stream>.<name>``, with a ``#<hash>`` after it if
        wanted. ``data`` is what becomes a JSON object. ``after_commit``: sent once the current transaction is committed, and
        never if it is rolled back. Raises InvalidData if the event is declared and the data is not of its type.
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
            raise RuntimeError(NO_ENGINE)
        name = event if "." in event.partition("#")[0] else f"{self.stream}.{event}"
        outlets.emit(self, reach, name, data, obj, after_commit)

    # Subscriptions ---------------------------------------------------------------------------------------------------

    def subscribe(self, stream: str = "", *, hash: str = "", **data: Any) -> None:
        """Subscribe the connection that asked to a stream (without one to its own), as its client's frame ``subscribe`` would.

        ``data`` is that frame's. It is done once the request that is being answered has succeeded, and the client is sent what
        its own frame would have been answered by. Where there is no connection, over HTTP and GraphQL, nothing is done. Raises
        UnknownStream and InvalidData.
        """
        self._follow("subscribe", stream, hash, data)

    def unsubscribe(self, stream: str = "", *, hash: str = "", **data: Any) -> None:
        """End what a ``subscribe`` with the same hash, or the same ``id``, began; without both, the stream's lists."""
        self._follow("unsubscribe", stream, hash, data)

    def _follow(self, verb: str, stream: str, hash: str, data: dict[str, Any]) -> None:
        if outlets.follow is None:
            raise RuntimeError(NO_ENGINE)
        outlets.follow(self, Request(stream or self.stream, verb, hash, data))
