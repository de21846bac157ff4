"""JSON Schemas by name, which refer to each other: what every format prints."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from ..types import Json
from .names import Names, pascal

#: Where a reference within the components points to; each format has its own place for them.
DEFS = "#/$defs/"
NULL: Json = {"type": "null"}
#: What Pydantic leaves as it is where a validator runs before.
_BOUNDS = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
#: Names that the components leave to the formats' own declarations.
RESERVED = (
    "Schema StreamInfo FieldKind Decimal DateTime DateOnly Time Duration Base64 BigInt64 UUID Json Record Array Date String "
    "Number Boolean Object Function Symbol Map Set Promise Partial Readonly Pick Omit"
).split()


Mode = Literal["validation", "serialization"]


class Travelling(GenerateJsonSchema):
    """Values as they travel (docs/protocol.md, section 2), where Pydantic's own words are others, or differ by its version."""

    def decimal_schema(self, schema: Any) -> Json:
        text = {"type": "string", "format": "decimal"}
        return text if self.mode == "serialization" else {"anyOf": [{"type": "number"}, text]}

    def bytes_schema(self, schema: Any) -> Json:
        text = {"type": "string", "contentEncoding": "base64"}
        return text if self.mode == "serialization" else super().bytes_schema(schema)

    def time_schema(self, schema: Any) -> Json:
        return {
            "type": "string",
            "format": "time-local",
        }  # RFC 3339's own has an offset, and no time of day here has one


def schema_of(kind: Any, mode: Mode) -> Json:
    """The JSON Schema of a finished type or of its adapter."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind.model_json_schema(mode=mode, schema_generator=Travelling)
    adapter = kind if isinstance(kind, TypeAdapter) else TypeAdapter(kind)
    return adapter.json_schema(mode=mode, schema_generator=Travelling)


class Components:
    """Collects schemas. ``schemas`` is sorted by name when it is read through ``sorted``."""

    def __init__(self) -> None:
        self.schemas: dict[str, Json] = {}
        self.names = Names(RESERVED)
        self._adopted: dict[tuple[str, str], str] = {}

    def add(self, name: str, schema: Json) -> Json:
        """Keep a schema under the name, or the next that is free; returns the reference to it."""
        claimed = self.names.claim(name)
        self.schemas[claimed] = schema
        return ref(claimed)

    def resolve(self, schema: Json) -> Json:
        """What a reference stands for, with what is said beside it."""
        while "$ref" in schema:
            beside = {key: value for key, value in schema.items() if key != "$ref"}
            schema = {**self.schemas[schema["$ref"].removeprefix(DEFS)], **beside}
        return schema

    def adopt(self, schema: Json, prefix: str) -> Json:
        """A schema that Pydantic made: its definitions become components under ``prefix``, its values lose what says nothing."""
        definitions = schema.get("$defs", {})
        names = {key: self._named(key, item, prefix) for key, item in sorted(definitions.items())}
        rename = {f"{DEFS}{key}": f"{DEFS}{name}" for key, name in names.items()}
        for key, name in names.items():
            if name not in self.schemas:
                self.schemas[name] = plain(_renamed(definitions[key], rename))
        return plain(_renamed({key: value for key, value in schema.items() if key != "$defs"}, rename))

    def _named(self, key: str, definition: Json, prefix: str) -> str:
        """One name for one definition of a stream, however often it is used."""
        known = (f"{prefix}{pascal(key.rpartition('__')[2])}", json.dumps(definition, sort_keys=True))
        if known not in self._adopted:
            self._adopted[known] = self.names.claim(known[0])
        return self._adopted[known]

    def sorted(self) -> dict[str, Json]:
        return {name: self.schemas[name] for name in sorted(self.schemas)}


def ref(name: str) -> Json:
    return {"$ref": f"{DEFS}{name}"}


def mapped(schema: Json, change: Callable[[Json], Json]) -> Json:
    """A schema with ``change`` applied to each schema within it, the innermost first. Values, such as those of ``enum``, are
    left alone."""
    found: dict[str, Any] = {}
    for key, value in schema.items():
        if key in ("properties", "$defs", "patternProperties", "definitions"):
            found[key] = {name: mapped(item, change) for name, item in value.items()}
        elif key in ("anyOf", "oneOf", "allOf", "prefixItems") or (key == "items" and isinstance(value, list)):
            found[key] = [mapped(item, change) for item in value]
        elif key in ("items", "additionalProperties", "not", "propertyNames", "contains") and isinstance(
            value, Mapping
        ):
            found[key] = mapped(value, change)
        else:
            found[key] = value
    return change(found)


def _renamed(schema: Json, names: Mapping[str, str]) -> Json:
    def change(item: Json) -> Json:
        return {**item, "$ref": names[item["$ref"]]} if item.get("$ref") in names else item

    return mapped(schema, change)


def plain(schema: Json) -> Json:
    """A schema of Pydantic's without titles that only repeat a name, its bounds in JSON Schema's words."""

    def change(item: Json) -> Json:
        item = {_BOUNDS.get(key, key): value for key, value in item.items()}
        if "properties" not in item:
            return item
        named = {key: _untitled(key, value) for key, value in item["properties"].items()}
        return {**{key: value for key, value in item.items() if key != "title"}, "properties": named}

    return mapped(schema, change)


def _untitled(name: str, schema: Json) -> Json:
    if schema.get("title", "").casefold() != name.replace("_", " ").strip().casefold():
        return schema
    return {key: value for key, value in schema.items() if key != "title"}


def nullable(schema: Json) -> Json:
    """The same schema, or null. Notes (title, description...) stay outside."""
    if not schema or allows_null(schema):
        return schema
    if "anyOf" in schema and "x-counted" not in schema:
        return {**schema, "anyOf": [*schema["anyOf"], NULL]}
    return {"anyOf": [schema, NULL]}


def allows_null(schema: Json) -> bool:
    return schema.get("type") == "null" or any(allows_null(item) for item in schema.get("anyOf", ()))


def either(*schemas: Json) -> Json:
    """One of several; equal ones count once."""
    found: list[Json] = []
    for schema in schemas:
        found += [item for item in _options(schema) if item not in found]
    return found[0] if len(found) == 1 else {"anyOf": found}


def _options(schema: Json) -> list[Json]:
    return list(schema["anyOf"]) if schema.keys() == {"anyOf"} else [schema]


def array(items: Json, **more: Any) -> Json:
    return {"type": "array", "items": items, **more}


def record(
    properties: Mapping[str, Json], required: Collection[str] | bool = (), *, closed: bool = False, **more: Any
) -> Json:
    """An object; ``required`` may be True, for all of it; ``closed``: nothing else may be sent."""
    found: dict[str, Any] = {"type": "object", **more, "properties": dict(properties)}
    if required:
        found["required"] = [name for name in properties if required is True or name in required]
    if closed:
        found["additionalProperties"] = False
    return found
