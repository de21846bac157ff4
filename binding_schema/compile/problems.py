"""Declaration mistakes: collected while compiling, shown by Django's system checks."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field

from django.core import checks
from django.core.exceptions import ImproperlyConfigured


def place(binding: type) -> str:
    """``file:line Class``, for a message that leads straight to the declaration."""
    try:
        _, line = inspect.getsourcelines(binding)
        file = inspect.getsourcefile(binding) or binding.__module__
    except (OSError, TypeError):
        return f"{binding.__module__}.{binding.__qualname__}"
    return f"{file}:{line} {binding.__qualname__}"


class WrongBindings(ImproperlyConfigured):
    """The bindings have mistakes, so that there is no schema to serve."""


@dataclass(slots=True)
class Problems:
    """``add`` and ``warn`` collect Django check messages with ids ``binding_schema.E…`` and ``binding_schema.W…``.

    ``found`` holds the errors: a schema that has one is not served. ``warnings`` holds what may be meant as it is.
    """

    found: list[checks.CheckMessage] = field(default_factory=list)
    warnings: list[checks.CheckMessage] = field(default_factory=list)

    def add(self, number: int, binding: type, message: str, hint: str) -> None:
        """``message`` says what is wrong, ``hint`` what to write instead. The same problem is told once."""
        text = f"{place(binding)}: {message}"
        self.put(checks.Error(text, hint=hint, obj=binding, id=f"binding_schema.E{number:03}"))

    def warn(self, number: int, binding: type, message: str, hint: str) -> None:
        text = f"{place(binding)}: {message}"
        self.put(checks.Warning(text, hint=hint, obj=binding, id=f"binding_schema.W{number:03}"))

    def put(self, item: checks.CheckMessage) -> None:
        """A problem that has no binding class to point at."""
        kept = self.found if item.level >= checks.ERROR else self.warnings
        if item not in kept:
            kept.append(item)

    def text(self) -> str:
        return "\n".join(f"{item.id} {item.msg}\n    {item.hint}" for item in self.found)
