"""JSON Schemas as TypeScript types."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from ..types import Json
from .components import DEFS, Components
from .kinds import is_counted

#: What travels as text, or as a number and beyond some size as text.
ALIASES: Final = {
    "Decimal": ("string", 'An exact decimal number: `"12.50"`.'),
    "BigInt64": ("number | string", "An integer of 64 bits: beyond 2^53 a text of digits."),
    "DateTime": ("string", 'ISO 8601 with an offset: `"2026-01-31T12:00:00+00:00"`.'),
    "DateOnly": ("string", 'ISO 8601: `"2026-01-31"`.'),
    "Time": ("string", 'ISO 8601, without an offset: `"12:30:00"`.'),
    "Duration": ("string", 'ISO 8601: `"P1DT02H00M00S"`.'),
    "UUID": ("string", ""),
    "Base64": ("string", "Binary data."),
    "Json": ("null | boolean | number | string | Json[] | { [key: string]: Json }", "Any JSON value."),
}
_FORMATS: Final = {
    "decimal": "Decimal",
    "date-time": "DateTime",
    "date": "DateOnly",
    "time-local": "Time",
    "duration": "Duration",
    "uuid": "UUID",
}
#: Beside the members that are known. What stands there is JSON, which the types of those members need not be.
FURTHER: Final = "[key: string]: unknown;"
_PLAIN: Final = {"integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
_NAME: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_BIG: Final = [{"type": "integer"}, {"type": "string", "pattern": r"^-?\d+$"}]


def type_of(schema: Json) -> str:
    """The type as an expression."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(DEFS)
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return _union(schema)
    if "allOf" in schema:
        return " & ".join(_bracketed(type_of(item)) for item in schema["allOf"])
    if "enum" in schema or "const" in schema:
        return " | ".join(_literal(value) for value in schema.get("enum", [schema.get("const")]))
    kind = schema.get("type")
    if kind == "string":
        return (
            "Base64" if schema.get("contentEncoding") == "base64" else _FORMATS.get(schema.get("format", ""), "string")
        )
    if kind == "array":
        return _array(schema)
    if kind == "object":
        return _object(schema)
    return _PLAIN.get(str(kind), "Json")


def _union(schema: Json) -> str:
    options = schema.get("anyOf", schema.get("oneOf"))
    big = [item for item in options if item in _BIG]
    found = ["number" if is_counted(schema) else "BigInt64"] if len(big) == 2 else []
    if len(big) != 2:
        big = []
    for item in options:
        if item not in big:
            part = type_of(item)
            found += [part] if part not in found else []
    return " | ".join(sorted(found, key=lambda part: part == "null"))


def _array(schema: Json) -> str:
    if "prefixItems" in schema:
        return f"[{', '.join(type_of(item) for item in schema['prefixItems'])}]"
    items = schema.get("items")
    return f"{_bracketed(type_of(items))}[]" if isinstance(items, dict) else "Json[]"


def _bracketed(text: str) -> str:
    return f"({text})" if " | " in text or " & " in text else text


def _object(schema: Json) -> str:
    if "properties" in schema:
        members = list(_members(schema))
        return f"{{ {' '.join(members)} }}" if members else "Record<string, never>"
    values = schema.get("additionalProperties")
    return f"{{ [key: string]: {type_of(values)} }}" if isinstance(values, dict) else "{ [key: string]: Json }"


def _members(schema: Json) -> Iterator[str]:
    required = set(schema.get("required", ()))
    for name, item in schema["properties"].items():
        yield f"{member_name(name)}{'' if name in required else '?'}: {type_of(item)};"
    if schema.get("additionalProperties") is True:
        yield FURTHER


def member_name(name: str) -> str:
    return name if _NAME.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _literal(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


# Declarations -----------------------------------------------------------------------------------------------------------


def declaration(name: str, schema: Json) -> list[str]:
    """The lines that declare a component: an interface where it has members, else an alias."""
    lines = comment(_said(schema))
    if schema.get("type") != "object" or not schema.get("properties"):
        return [*lines, f"export type {name} = {type_of(schema)};", ""]
    required = set(schema.get("required", ()))
    lines.append(f"export interface {name} {{")
    for key, item in schema["properties"].items():
        lines += [f"  {line}" for line in comment(_noted(key, item))]
        lines.append(f"  {member_name(key)}{'' if key in required else '?'}: {type_of(item)};")
    if schema.get("additionalProperties") is True:
        lines.append(f"  {FURTHER}")
    return [*lines, "}", ""]


def _said(schema: Json) -> list[str]:
    labels = [f"{_literal(item['value'])}: {item['label']}" for item in schema.get("x-choices", ())]
    return [*schema.get("description", "").splitlines(), *([", ".join(labels)] if labels else [])]


def _noted(name: str, schema: Json) -> list[str]:
    """What is said of a member: its label where that says more than the name, its help, and why not to use it."""
    words = name.removesuffix("_id").replace("_", " ").strip()
    label = schema.get("title", "")
    lines = [label] if label.casefold() not in (words.casefold(), "") else []
    lines += schema.get("description", "").splitlines()
    if schema.get("deprecated"):
        lines.append(f"@deprecated {schema.get('x-deprecated', '')}".rstrip())
    return lines


def comment(lines: list[str]) -> list[str]:
    safe = [line.replace("*/", "*\\/").rstrip() for line in lines]
    if len(safe) < 2:
        return [f"/** {line} */" for line in safe]
    return ["/**", *(f" * {line}".rstrip() for line in safe), " */"]


def reachable(components: Components, roots: list[Json]) -> list[str]:
    """The names of the components that the roots refer to, directly or not, sorted."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        for name in re.findall(r'"\$ref": "#/\$defs/([^"]+)"', json.dumps(waiting.pop())):
            if name not in found:
                found.add(name)
                waiting.append(components.schemas[name])
    return sorted(found)
