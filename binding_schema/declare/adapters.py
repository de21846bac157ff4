"""What another framework's classes mean to a binding: packages that build on this one register an Adapter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from django.utils.module_loading import import_string

from .filters import CustomFilter
from .serializers import Serializer
from .throttles import BaseThrottle


class Misdeclared(Exception):
    """Raised by an Adapter for a class that is its own and cannot be used: becomes a system check with ``hint``."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Adapter:
    """Override the methods for what you know. Each returns None for what is not yours."""

    def permission(self, item: Any) -> Any:
        """A BasePermission for what stands in ``permissions``, ``readable`` or ``writable``."""

    def throttle(self, item: Any) -> BaseThrottle | None:
        """A BaseThrottle for what stands in ``throttles``."""

    def authentication(self, item: type) -> Any:
        """A BaseAuthentication for a class that AUTHENTICATION_CLASSES names."""

    def serializer(self, binding: type, item: Any) -> Serializer | None:
        """For a binding's ``serializer_class``."""

    def filters(self, binding: type, item: Any) -> Mapping[str, CustomFilter] | None:
        """For a binding's ``filterset_class``: its filters by name."""


_paths: dict[str, None] = {}


def register(path: str) -> None:
    """Name an Adapter subclass by its dotted path, when your app's ``apps`` module is imported: it is imported itself only when
    bindings are compiled, with all apps ready."""
    _paths[path] = None
    adapters.cache_clear()


@lru_cache(maxsize=1)
def adapters() -> tuple[Adapter, ...]:
    return tuple(import_string(path)() for path in _paths)


def _answers(method: str, *arguments: Any) -> Iterator[Any]:
    for adapter in adapters():
        answer = getattr(adapter, method)(*arguments)
        if answer is not None:
            yield answer


def adapted(method: str, *arguments: Any) -> Any:
    """What the first adapter that knows it makes of it; None if none does. Raises Misdeclared."""
    return next(_answers(method, *arguments), None)
