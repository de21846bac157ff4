"""The few shapes that every layer speaks of, named once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, TypedDict

#: What JSON can hold once parsed.
Json: TypeAlias = Any
Data: TypeAlias = Mapping[str, Any]


class ErrorItem(TypedDict):
    """One complaint about one field: a stable ``code`` and a ``message`` for people."""

    code: str
    message: str


FieldErrors: TypeAlias = dict[str, Any]
ALL: Final = "__all__"


def error_item(code: str, message: str) -> ErrorItem:
    return {"code": code, "message": message}


@dataclass(frozen=True, slots=True)
class VerbSpec:
    """A built-in verb: data, not branches. ``method`` is the HTTP method of its resource route."""

    name: str
    read: bool
    method: str


#: The built-in verbs of docs/protocol.md, section 2, that answer from the database.
VERBS: Final[Mapping[str, VerbSpec]] = {
    spec.name: spec
    for spec in (
        VerbSpec("retrieve", True, "GET"),
        VerbSpec("list", True, "GET"),
        VerbSpec("search", True, "GET"),
        VerbSpec("create", False, "POST"),
        VerbSpec("update", False, "PATCH"),
        VerbSpec("save", False, "POST"),
        VerbSpec("delete", False, "DELETE"),
        VerbSpec("schema", True, "GET"),
    )
}

#: Keys that a verb's own data uses: a binding's field may not have such a name (docs/protocol.md, section 2).
RESERVED_KEYS: Final = frozenset(
    "ids rows missing filters order query page limit after count truncated next previous success errors "
    "snapshot since have reason".split()
)


#: What a client may put after an event (docs/protocol.md, section 1).
HASH: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")

#: The fields that are wanted of a stream's objects, each with the selection within it; None: all fields.
Selection: TypeAlias = "tuple[tuple[str, Selection | None], ...]"


@dataclass(frozen=True, slots=True)
class Request:
    """One parsed frame. ``meta`` holds the request's options; ``selection`` narrows the objects of an answer, for transports
    whose clients say what they want."""

    stream: str
    verb: str
    hash: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    selection: Selection | None = None

    @property
    def event(self) -> str:
        event = f"{self.stream}.{self.verb}"
        return f"{event}#{self.hash}" if self.hash else event


@dataclass(frozen=True, slots=True)
class Result:
    """What a verb answers: ``data`` is the dumped JSON object of the frame; ``ok`` is False for a failed write.

    ``keys`` are the primary keys of the objects that it tells of, for live frames to follow; ``seq`` a resume point.
    """

    data: bytes
    ok: bool = True
    keys: tuple[Any, ...] = ()
    seq: str = ""
