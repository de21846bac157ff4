"""Objects within an action's parameters and results, and of events, as types of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, get_args

from strawberry.types.base import has_object_definition

from ...compile.attributes import GRAPHQL_NAME
from . import scalars
from .building import input_type, object_type, plain
from .names import camel, distinct, pascal
from .rows import rows_of

if TYPE_CHECKING:
    from .typing_of import Types

Json = Mapping[str, Any]


class Makes(Protocol):
    def named(self, key: str | None, schema: Json, definitions: Json, name: str) -> Any:
        """The type of an object with named members; ``key`` is its name among the definitions, if it has one."""
        ...


def properties(schema: Json) -> Mapping[str, Any]:
    """The members of an object that GraphQL can name; empty for any other schema."""
    found: Mapping[str, Any] = schema.get("properties", {}) if schema.get("type") == "object" else {}
    return found if all(GRAPHQL_NAME.fullmatch(camel(name)) for name in found) else {}


def followed(schema: Json) -> Json:
    """The schema that a reference at the top stands for."""
    if "$ref" not in schema:
        return schema
    return {**schema["$defs"][schema["$ref"].rpartition("/")[2]], "$defs": schema["$defs"]}


def holds_objects(kind: Any) -> bool:
    return has_object_definition(kind) or any(holds_objects(item) for item in get_args(kind))


class _Shapes:
    """Types of the objects within one parameter, result or event: ``prefix``, the path to it, ``suffix``."""

    def __init__(self, types: Types, prefix: str, suffix: str, owner: str) -> None:
        self.types = types
        self.prefix = prefix
        self.suffix = suffix
        self.owner = owner
        self._made: dict[str, Any] = {}
        self._open: set[str] = set()

    def named(self, key: str | None, schema: Json, definitions: Json, name: str) -> Any:
        if key is not None and key in self._made:
            return self._made[key]
        if key is not None and key in self._open:
            return scalars.JSON  # an object within itself has no end that could be said here
        self._open.add(key or "")
        shown = f"{self.prefix}{pascal(name)}{self.suffix}" if name else f"{self.prefix}{self.suffix}"
        made = self.make(self.types.names.claim(shown, self.owner), schema, definitions, name)
        self._open.discard(key or "")
        if key is not None:
            self._made[key] = made
        return made

    def members(self, schema: Json, definitions: Json, name: str) -> dict[str, tuple[Any, bool, str]]:
        """name -> (annotation, whether it is always there, description)."""
        distinct(schema["properties"], self.owner)
        required = set(schema.get("required", ()))
        return {
            key: (
                self.types.of_schema(part, definitions, f"{name}_{key}", self),
                key in required,
                part.get("description", ""),
            )
            for key, part in schema["properties"].items()
        }

    def make(self, shown: str, schema: Json, definitions: Json, name: str) -> Any:
        raise NotImplementedError


class Results(_Shapes):
    """``TicketStatsResult``, and ``TicketStatsByTeamResult`` for what is in its member ``by_team``."""

    def make(self, shown: str, schema: Json, definitions: Json, name: str) -> Any:
        fields = {}
        for key, (kind, always, text) in self.members(schema, definitions, name).items():
            resolver = reader(key) if holds_objects(kind) else None
            fields[key] = plain(kind if always else kind | None, key, text, resolver)
        return object_type(shown, fields, schema.get("description", ""))


class Parameters(_Shapes):
    """``TicketMoveTargetInput`` for the parameter ``target`` of the action ``move``."""

    def make(self, shown: str, schema: Json, definitions: Json, name: str) -> Any:
        members = {
            key: (kind if required else kind | None, required, text)
            for key, (kind, required, text) in self.members(schema, definitions, name).items()
        }
        return input_type(shown, members, schema.get("description", ""))


def reader(key: str) -> Any:
    """A resolver for a member that holds objects: they are as they travel, and become rows when they are asked for."""

    def read(root):  # type: ignore[no-untyped-def]  # strawberry reads the annotations, which `plain` sets
        return rows_of(getattr(root, key))

    return read


def unwrapped(found: Any, schema: Json) -> Any:
    """The value of an action from the frame's data, which wraps what is no object."""
    kind = followed(schema).get("type")
    if kind == "object":
        return found
    if kind == "array":
        return found["rows"]
    for key in ("result", "rows"):
        if found.keys() == {key}:
            return found[key]
    return found
