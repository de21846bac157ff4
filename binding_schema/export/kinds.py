"""What kind of value a schema describes, in one word that clients switch by."""

from __future__ import annotations

from typing import Final

from ..types import Json
from .components import Components

_FORMATS: Final = {
    "date-time": "datetime",
    "date": "date",
    "time-local": "time",
    "duration": "duration",
    "decimal": "decimal",
}
_PLAIN: Final = {"integer": "integer", "number": "number", "boolean": "boolean", "array": "list", "object": "object"}
_OF_VALUES: Final = {str: "string", int: "integer", float: "number", bool: "boolean"}


def kind_of(components: Components, schema: Json) -> str:
    """``string``, ``integer``, ``number``, ``boolean``, ``decimal``, ``bigint``, ``date``, ``datetime``, ``time``, ``duration``,
    ``binary``, ``json``, ``object`` or ``list``. That it may be null counts for nothing."""
    schema = components.resolve(schema)
    if "anyOf" in schema:
        return _of_union([item for item in schema["anyOf"] if item.get("type") != "null"], components, schema)
    if "enum" in schema or "const" in schema:
        kinds = {type(value) for value in schema.get("enum", [schema.get("const")])}
        return _OF_VALUES.get(kinds.pop(), "json") if len(kinds) == 1 else "json"
    if schema.get("type") == "string":
        return (
            "binary" if schema.get("contentEncoding") == "base64" else _FORMATS.get(schema.get("format", ""), "string")
        )
    return _PLAIN.get(str(schema.get("type")), "json")


def _of_union(options: list[Json], components: Components, schema: Json) -> str:
    if is_counted(schema):
        return "integer"
    if len(options) == 1:
        return kind_of(components, options[0])
    types = {item.get("type") for item in options}
    if types == {"integer", "string"}:
        return "bigint"
    if types == {"number", "string"}:
        return "decimal"
    kinds = {kind_of(components, item) for item in options}
    return kinds.pop() if len(kinds) == 1 else "json"


def is_counted(schema: Json) -> bool:
    """Whether it is a key that a database counts up. Such numbers stay far below 2^53, beyond which integers are texts."""
    return bool(schema.get("x-counted"))
