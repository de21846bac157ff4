"""Input types: what is written, filters and orders; and the way back to the flat protocol's data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.types.base import has_object_definition

from ...compile.ir import Action, Field, Stream
from .building import input_type
from .names import constant, distinct, place
from .typing_of import Types


class Inputs:
    """The input types of one stream, made when they are first asked for."""

    def __init__(self, stream: Stream, name: str, types: Types) -> None:
        self.stream = stream
        self.name = name
        self.types = types
        self.owner = place(stream)
        self.create = self._write("CreateInput", stream.fields.values(), creating=True)
        self.update = self._write("UpdateInput", [item for item in stream.fields.values() if not item.create_only])
        self.save = self._write(
            "SaveInput", [item for item in stream.fields.values() if not item.create_only], key=True
        )
        self.filters = self._filters()
        self.order = self._order()

    def _write(
        self, suffix: str, fields: Iterable[Field], creating: bool = False, key: bool = False
    ) -> type[Any] | None:
        members: dict[str, Any] = {}
        if key:
            members["id"] = (strawberry.ID | None, False, "Of the object to change; without it one is created.")
        for item in fields:
            if item.writable is False or (item.name == "id" and not creating):
                continue
            kind = self.types.input(item, self.name)
            required = creating and item.required
            members[item.name] = (kind if required else kind | None, required, item.help, item.deprecated)
        return input_type(self._claim(suffix), members) if members else None

    def _filters(self) -> type[Any] | None:
        if not self.stream.filters:
            return None
        cls = type(self._claim("Filters"), (), {"__module__": __name__, WORDS: _WORDS})
        members: dict[str, Any] = {}
        for key, spec in self.stream.filters.items():
            if not key.endswith("__exact"):
                members[key] = (self.types.filter(spec, self.stream.fields, self.name) | None, False, "")
        distinct([*members, "and", "or", "not"], self.owner)
        members["and_"] = (list[cls] | None, False, "All of these.")  # type: ignore[valid-type]
        members["or_"] = (list[cls] | None, False, "At least one of these.")  # type: ignore[valid-type]
        members["not_"] = (cls | None, False, "Not this.")
        text = "What rows must have. All that is said must hold; null means that there is no value."
        return input_type(cls.__name__, members, text, cls)

    def _order(self) -> Any:
        names = ["id", *(name for name in self.stream.orders if name != "id")]
        members = {constant(direction + name): direction + name for name in names for direction in ("", "-")}
        name = self._claim("Order")
        made: Any = Enum(name, members)  # type: ignore[misc]
        return strawberry.enum(made, name=name)

    def _claim(self, suffix: str) -> str:
        return self.types.names.claim(f"{self.name}{suffix}", self.owner)


#: What Python has no such names for, on filters.
_WORDS = {"and_": "and", "or_": "or", "not_": "not"}
WORDS = "_binding_schema_words"


def data_of(value: Any) -> Any:
    """An input as the flat protocol's data: only what was sent, under the binding's own names."""
    if has_object_definition(value):
        fields = {item.python_name: getattr(value, item.python_name) for item in value.__strawberry_definition__.fields}
        words = getattr(type(value), WORDS, {})
        return {words.get(name, name): data_of(item) for name, item in fields.items() if item is not strawberry.UNSET}
    if isinstance(value, (list, tuple)):
        return [data_of(item) for item in value]
    return value.value if isinstance(value, Enum) else value


# Actions that take further keys ---------------------------------------------------------------------------------------------


def opened(action: Action, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of an action's parameters. Further keys are one argument, an object, since GraphQL names every argument."""
    if not action.open:
        return schema
    further = {action.open: {"description": "An object: what is sent beside the arguments that have names."}}
    return {**schema, "properties": {**schema.get("properties", {}), **further}}


def merged(action: Action, data: dict[str, Any]) -> dict[str, Any]:
    """The data with its further keys beside the others. Raises GraphQLError where they are no object, or named twice."""
    further = data.get(action.open) if action.open else None
    if further is None:
        return {name: value for name, value in data.items() if name != action.open}
    named = {name: value for name, value in data.items() if name != action.open}
    if not isinstance(further, dict) or further.keys() & named.keys():
        message = f"`{action.open}` must be an object, without what has an argument of its own."
        raise GraphQLError(message, extensions={"code": "invalid_data"})
    return {**further, **named}
