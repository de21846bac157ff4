"""Seventh pass: declared custom events."""

from __future__ import annotations

from typing import Any

from pydantic import PydanticUserError, TypeAdapter
from pydantic.errors import PydanticSchemaGenerationError

from ..declare.binding import Binding
from ..declare.events import Event as Declaration
from ..types import VERBS
from .ir import Event
from .problems import Problems

TAKEN = frozenset(VERBS) | {"subscribe", "unsubscribe", "events", "resync", "error"}


def compile_events(binding: type[Binding[Any]], problems: Problems) -> dict[str, Event]:
    """The events by name; one that a subclass sets to None is gone."""
    found: dict[str, Event] = {}
    for name in dir(binding):
        declared = getattr(binding, name, None)
        if not isinstance(declared, Declaration):
            continue
        if name in TAKEN:
            hint = f"Call it another name, such as `{name}d = Event(...)`."
            problems.add(83, binding, f"event {name!r} has the name of a built-in verb.", hint)
            continue
        try:
            found[name] = Event(name, TypeAdapter(declared.payload), declared.help)
        except (PydanticUserError, PydanticSchemaGenerationError) as error:
            hint = "Use a TypedDict, a dataclass, a Pydantic model, or dict[str, int]."
            problems.add(84, binding, f"event {name!r}: {str(error).splitlines()[0]}", hint)
    return found
