"""Finished types of the IR as GraphQL annotations, by way of their JSON Schema: no model and no declaration is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import strawberry
from pydantic import TypeAdapter

from ...compile.ir import Field, Filter, Kind
from . import scalars
from .names import Names, pascal
from .shapes import Makes, properties

_FORMATS: dict[str, Any] = {
    "date-time": scalars.DateTime,
    "date": scalars.Date,
    "time": scalars.Time,
    "duration": scalars.Duration,
    "uuid": scalars.UUID,
    "decimal": scalars.Decimal,
    "binary": scalars.Base64,
}
INT = 2**31 - 1
#: The member for the blank text, where a model allows it beside its choices.
EMPTY = "EMPTY"


class Types:
    """Annotations for one schema. An enum is made once for equal choices of one model's field."""

    def __init__(self) -> None:
        self.names = Names()
        self._enums: dict[tuple[Any, ...], Any] = {}

    # Fields of bindings -----------------------------------------------------------------------------------------------

    def output(self, item: Field, owner: str, make: Makes | None = None) -> Any:
        """What a field of a row is, without its nullability and its nesting. ``owner`` is the GraphQL type that it is of;
        ``make`` makes types of objects within a value."""
        return self._value(item, item.type.output, "serialization", owner, make)

    def input(self, item: Field, owner: str) -> Any:
        """What a client writes into a field, without its nullability."""
        if item.kind in (Kind.MANY, Kind.IDS):
            return list[strawberry.ID]
        return self._value(item, item.type.input, "validation", owner)

    def filter(self, spec: Filter, fields: Mapping[str, Field], owner: str) -> Any:
        """What a declared filter compares with."""
        item = fields.get(spec.field)
        is_many = spec.lookup == "in"
        if spec.is_key:
            return list[strawberry.ID] if is_many else strawberry.ID
        if item is not None and item.path == spec.path and spec.lookup in ("exact", "in"):
            enum = self.enum(item, owner)
            if enum is not None:
                return list[enum] if is_many else enum  # type: ignore[valid-type]
        schema = spec.adapter.json_schema(mode="validation")
        return self.of_schema(schema, schema.get("$defs", {}), spec.key)

    def _value(self, item: Field, kind: Any, mode: Any, owner: str, make: Makes | None = None) -> Any:
        if item.name == "id" or item.relation is not None:
            return strawberry.ID
        enum = self.enum(item, owner)
        if enum is not None:
            return enum
        if kind is Any:
            return scalars.JSON
        schema = TypeAdapter(kind).json_schema(mode=mode)
        return self.of_schema(schema, schema.get("$defs", {}), item.name, make)

    def enum(self, item: Field, owner: str) -> Any:
        """The enum of a field's choices, if they travel as texts or as integers; None for one without choices."""
        if item.enum is None or len({type(member.value) for member in item.enum} & {str, int}) != 1:
            return None
        members = {member.name: member.value for member in item.enum}
        if len({type(value) for value in members.values()}) > 1:
            return None
        schema = TypeAdapter(item.type.output).json_schema(mode="serialization")
        if "" in schema.get("enum", ()) and "" not in members.values():
            members[EMPTY if EMPTY not in members else f"{EMPTY}_"] = ""
        key = (item.enum.__name__, *members.items())
        if key not in self._enums:
            name = item.enum.__name__
            if self.names.has(name):  # another model of that name, or other choices
                name = f"{owner}{pascal(item.name)}"
            self.names.claim(name, f"field {item.name!r} of {owner}")
            self._enums[key] = _enum(name, members, dict(item.choices), item.help)
        return self._enums[key]

    # JSON Schema ------------------------------------------------------------------------------------------------------

    def of_schema(
        self, schema: Mapping[str, Any], definitions: Mapping[str, Any], name: str, make: Makes | None = None
    ) -> Any:
        """The annotation of a JSON Schema; what GraphQL has no type for is JSON. ``make`` makes types of objects."""
        if "$ref" in schema:
            target = schema["$ref"].rpartition("/")[2]
            found = definitions.get(target, {})
            if make is not None and properties(found):
                return make.named(target, found, definitions, name)
            return self.of_schema(found, definitions, target, make)
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return self._union(schema[word], definitions, name, make)
        kind = schema.get("type")
        if kind == "object" and make is not None and properties(schema):
            return make.named(None, schema, definitions, name)
        if kind == "array":
            item = _item(schema)
            inner = scalars.JSON if item is None else self.of_schema(item, definitions, name, make)
            return scalars.JSON if item is None else list[inner]  # type: ignore[valid-type]
        if kind == "string":
            return _text(schema)
        if kind == "integer":
            return _integer(schema)
        return {"number": float, "boolean": bool}.get(str(kind), _enumerated(schema))

    def _union(self, options: Any, definitions: Mapping[str, Any], name: str, make: Makes | None) -> Any:
        some = [option for option in options if option.get("type") != "null"]
        kinds = {option.get("type") for option in some}
        if len(some) == 1:
            inner = self.of_schema(some[0], definitions, name, make)
        elif kinds == {"integer", "string"}:
            inner = scalars.BigInt
        elif kinds == {"number", "string"}:
            inner = scalars.Decimal
        else:
            inner = scalars.JSON
        return inner | None if len(some) < len(options) else inner


def _enum(name: str, members: Mapping[str, Any], labels: Mapping[Any, str], help: str) -> Any:
    described = {
        key: strawberry.enum_value(value, description=_unless_same(labels.get(value), key))
        for key, value in members.items()
    }
    made: Any = Enum(name, described)  # type: ignore[misc]
    return strawberry.enum(made, name=name, description=help or None)


def _unless_same(label: str | None, name: str) -> str | None:
    """A label that says no more than the name is left out."""
    return None if label is None or label.upper() == name.replace("_", " ") else label


def _item(schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The schema of an array's items, if it is one for all of them."""
    items, fixed = schema.get("items"), schema.get("prefixItems", ())
    if fixed:
        return fixed[0] if all(item == fixed[0] for item in fixed) else None
    return items if isinstance(items, Mapping) else None


def _text(schema: Mapping[str, Any]) -> Any:
    encoding = "binary" if schema.get("contentEncoding") == "base64" else schema.get("format", "")
    return _FORMATS.get(encoding, str)


def _integer(schema: Mapping[str, Any]) -> Any:
    """GraphQL's Int has 32 bits. A type that says no bounds (a column's, a computed field's) is taken to fit."""
    bounds = (schema.get("minimum", 0), schema.get("maximum", schema.get("const", INT)))
    return int if "minimum" not in schema or all(abs(int(bound)) <= INT + 1 for bound in bounds) else scalars.BigInt


def _enumerated(schema: Mapping[str, Any]) -> Any:
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    kinds = {type(value) for value in values}
    return kinds.pop() if len(kinds) == 1 and kinds <= {str, int} else scalars.JSON
