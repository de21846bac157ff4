"""``Event``: a custom event that a binding's code sends, with the type of its data."""

from __future__ import annotations

from typing import Any


class Event:
    """Declared on a binding as ``escalated = Event(Escalation)``, sent by ``ctx.dispatch("escalated", {...})``.

    ``payload`` is any type that Pydantic knows and that dumps to a JSON object: a TypedDict, a dataclass, a Pydantic model,
    ``dict[str, int]``. What is sent is validated against it, and exports tell clients of it. Its event on the wire is
    ``<stream>.<name>``.
    """

    def __init__(self, payload: Any = dict, *, help: str = "") -> None:
        self.payload = payload
        self.help = help
