"""What a hook, a permission and an action get to know about the request they run in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from django.db import models


class Principal(Protocol):
    """Who asks. ``user`` may read the database when it is first asked for, on the worker thread."""

    @property
    def user(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Context:
    """One request, as hooks see it.

    ``verb`` is the verb asked for; permissions see a ``save`` as the ``create`` or ``update`` that it is.
    ``transport`` is ``"ws"``, ``"rest"`` or ``"local"``; ``request`` is Django's HttpRequest or the ASGI scope.
    ``meta`` holds the options that the client sent beside the data.
    """

    principal: Principal
    stream: str = ""
    verb: str = ""
    is_read: bool = True
    transport: str = "local"
    model: type[models.Model] | None = None
    request: Any = None
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def user(self) -> Any:
        """The authenticated user, or an ``AnonymousUser``."""
        return self.principal.user

    def to(self, stream: str, verb: str, *, is_read: bool, model: type[models.Model] | None) -> Context:
        """The same request, as another stream or verb sees it."""
        return replace(self, stream=stream, verb=verb, is_read=is_read, model=model)
