"""Finished types of the IR as GraphQL annotations, by way of their JSON Schema: no model and no declaration is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import strawberry
from pydantic import TypeAdapter

from ...compile.ir import Field, Filter, Kind
from . import scalars
from .building import build, plain

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


class Types:
    """Annotations for one schema. Enums are made once for each set of choices."""

    def __init__(self) -> None:
        self._enums: dict[type[Enum], Any] = {}
        self.names: dict[str, str] = {}
        #: JSON Schema objects of actions and events that became types, by name.
        self.objects: dict[str, Any] = {}

    def enum(self, item: Field) -> Any:
        assert item.enum is not None
        found = self._enums.get(item.enum)
        if found is None:
            name = item.enum.__name__
            if name in self.names:
                name = f"{name}{len(self._enums)}"
            self.names[name] = item.name
            labels = dict(item.choices)
            members = {
                member.name: strawberry.enum_value(member.value, description=labels.get(member.value))
                for member in item.enum
            }
            made: Any = Enum(name, members)  # type: ignore[misc]
            found = self._enums[item.enum] = strawberry.enum(made, name=name, description=item.help or None)
        return found

    def output(self, item: Field) -> Any:
        """What a field of a row is, without its nullability and its nesting."""
        if item.name == "id" or item.relation is not None:
            return strawberry.ID
        if item.enum is not None:
            return self.enum(item)
        return self.of(item.type.output, "serialization", item.name)

    def input(self, item: Field) -> Any:
        """What a client writes into a field, without its nullability."""
        if item.kind in (Kind.MANY, Kind.IDS):
            return list[strawberry.ID]
        if item.name == "id" or item.relation is not None:
            return strawberry.ID
        if item.enum is not None:
            return self.enum(item)
        return self.of(item.type.input, "validation", item.name)

    def filter(self, spec: Filter, fields: Mapping[str, Field]) -> Any:
        """What a declared filter compares with."""
        item = fields.get(spec.field)
        lookup = spec.lookup.rpartition("__")[2] or spec.lookup
        same = spec.lookup in ("exact", "in") and item is not None and item.path == spec.path
        if same and item is not None and (item.enum is not None or item.relation is not None or item.name == "id"):
            one = self.enum(item) if item.enum is not None else strawberry.ID
            return list[one] if lookup == "in" else one  # type: ignore[valid-type]
        return self.of_schema(spec.adapter.json_schema(mode="validation"), {}, spec.key)

    def of(self, kind: Any, mode: Any, name: str) -> Any:
        if kind is Any:
            return scalars.JSON
        schema = TypeAdapter(kind).json_schema(mode=mode)
        return self.of_schema(schema, schema.get("$defs", {}), name)

    def result(self, schema: Mapping[str, Any], name: str) -> Any:
        """An action's result: an object with named members becomes a type of its own."""
        if self.shape_of(schema) != "object":
            return self.of_schema(schema, schema.get("$defs", {}), name)
        schema = _followed(schema)
        definitions, required = schema.get("$defs", {}), set(schema.get("required", ()))
        members: dict[str, Any] = {}
        for key, part in schema["properties"].items():
            kind = self.of_schema(part, definitions, key)
            members[key] = plain(kind if key in required else kind | None, key, part.get("description", ""))
        return build(name, members, schema.get("description", ""))

    @staticmethod
    def shape_of(schema: Mapping[str, Any]) -> str:
        """``object`` for one with named members, ``array``, else an empty text."""
        schema = _followed(schema)
        kind = schema.get("type", "")
        return kind if kind == "array" or (kind == "object" and schema.get("properties")) else ""

    # JSON Schema ------------------------------------------------------------------------------------------------------

    def of_schema(self, schema: Mapping[str, Any], definitions: Mapping[str, Any], name: str) -> Any:
        """The annotation of a JSON Schema; what GraphQL has no type for is JSON."""
        if "$ref" in schema:
            target = schema["$ref"].rpartition("/")[2]
            return self.of_schema(definitions.get(target, {}), definitions, target)
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return self._union(schema[word], definitions, name)
        kind = schema.get("type")
        if kind == "array" and isinstance(schema.get("items"), Mapping):
            inner = self.of_schema(schema["items"], definitions, name)
            return list[inner]  # type: ignore[valid-type]
        if kind == "string":
            encoding = "binary" if schema.get("contentEncoding") == "base64" else schema.get("format", "")
            return _FORMATS.get(encoding, str)
        if kind == "integer":
            bounds = (schema.get("minimum", 0), schema.get("maximum", schema.get("const", INT)))
            return (
                int
                if "minimum" not in schema or all(abs(int(bound)) <= INT + 1 for bound in bounds)
                else scalars.BigInt
            )
        return {"number": float, "boolean": bool}.get(str(kind), self._enumerated(schema))

    def _enumerated(self, schema: Mapping[str, Any]) -> Any:
        values = schema.get("enum", [schema["const"]] if "const" in schema else [])
        kinds = {type(value) for value in values}
        return kinds.pop() if len(kinds) == 1 and kinds <= {str, int} else scalars.JSON

    def _union(self, options: Any, definitions: Mapping[str, Any], name: str) -> Any:
        some = [option for option in options if option.get("type") != "null"]
        kinds = {option.get("type") for option in some}
        if len(some) == 1:
            inner = self.of_schema(some[0], definitions, name)
            return inner | None if len(some) < len(options) else inner
        if kinds == {"integer", "string"}:
            inner = scalars.BigInt
        elif kinds == {"number", "string"}:
            inner = scalars.Decimal
        else:
            inner = scalars.JSON
        return inner | None if len(some) < len(options) else inner


def _followed(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema that a reference at the top stands for."""
    if "$ref" not in schema:
        return schema
    return {**schema["$defs"][schema["$ref"].rpartition("/")[2]], "$defs": schema["$defs"]}
