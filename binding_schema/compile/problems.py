"""Declaration mistakes: collected while compiling, shown by Django's system checks."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field

from django.core import checks


def place(binding: type) -> str:
    """``file:line Class``, for a message that leads straight to the declaration."""
    try:
        _, line = inspect.getsourcelines(binding)
        file = inspect.getsourcefile(binding) or binding.__module__
    except (OSError, TypeError):
        return f"{binding.__module__}.{binding.__qualname__}"
    return f"{file}:{line} {binding.__qualname__}"


@dataclass(slots=True)
class Problems:
    """``add`` collects; ``found`` holds Django check messages with ids ``binding_schema.E…``."""

    found: list[checks.CheckMessage] = field(default_factory=list)

    def add(self, number: int, binding: type, message: str, hint: str) -> None:
        """``message`` says what is wrong, ``hint`` what to write instead."""
        self.found.append(
            checks.Error(f"{place(binding)}: {message}", hint=hint, obj=binding, id=f"binding_schema.E{number:03}")
        )

    def text(self) -> str:
        return "\n".join(f"{item.id} {item.msg}\n    {item.hint}" for item in self.found)
