"""Query parameters of the resource routes, from what the verbs take."""

from __future__ import annotations

from typing import Final

from ..types import Json
from .components import NULL, Components
from .kinds import kind_of
from .streams import StreamDoc

_TEXT: Final[Json] = {"type": "string"}
_SCALAR: Final = frozenset({"string", "integer", "number", "boolean", "null"})
#: Several values joined by commas.
_JOINED: Final = ("order", "have")
UNLESS: Final[Json] = {
    "name": "If-None-Match",
    "in": "header",
    "schema": _TEXT,
    "description": "An earlier answer's `ETag`: 304 if nothing changed.",
}
ONCE: Final[Json] = {
    "name": "Idempotency-Key",
    "in": "header",
    # What HTTP lets a header hold.
    "schema": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[!-~]+$"},
    "description": "The same request again, under the same key and by the same user, takes effect once.",
}
LAST_EVENT: Final[Json] = {
    "name": "Last-Event-ID",
    "in": "header",
    "schema": {"type": "string", "maxLength": 64},
    "description": "As `since`, which it wins over.",
}


def key_of(item: StreamDoc, components: Components) -> Json:
    """The object's key in the path. A text must not be what a route of the stream is called."""
    schema = item.key or _TEXT
    if kind_of(components, schema) == "string" and "format" not in components.resolve(schema):
        taken = sorted({"list", "schema", "events", ".", "..", *item.actions})
        schema = {"type": "string", "pattern": r"^[^/\x00]+$", "not": {"enum": taken}}
    return {"name": "id", "in": "path", "required": True, "schema": schema}


def of_verb(item: StreamDoc, verb: str, components: Components) -> list[Json]:
    """The verb's own arguments, and the stream's filters by their names."""
    own = dict(components.resolve(item.verbs[verb].data)["properties"])
    own.pop("filters", None)
    found = [_parameter(name, schema, components) for name, schema in own.items()]
    filters = components.resolve(item.filters)["properties"] if item.filters is not None else {}
    for name in sorted(item.stream.filters):
        schema = _of_filter(filters[name], components) if name not in own else None
        if schema is not None:
            found.append({"name": name, "in": "query", "schema": schema})
    return found


def of_params(params: Json, components: Components) -> list[Json] | None:
    """An action's parameters in the query; None where one of them cannot stand there."""
    schema = components.resolve(params)
    found = []
    for name, part in schema["properties"].items():
        sent = _of_filter(part, components)
        if sent is None:
            return None
        parameter = {"name": name, "in": "query", "schema": sent}
        found.append({**parameter, "required": True} if name in schema.get("required", ()) else parameter)
    return found


def _parameter(name: str, schema: Json, components: Components) -> Json:
    if name in _JOINED:
        listed = next(part for part in _options(schema, components) if part.get("type") == "array")
        return {"name": name, "in": "query", "schema": listed, "style": "form", "explode": False}
    options = [part for part in _options(schema, components) if part != NULL]
    notes = {key: value for key, value in schema.items() if key not in ("anyOf", "$ref")}
    return {"name": name, "in": "query", "schema": options[0] if len(options) == 1 else {**notes, "anyOf": options}}


def _of_filter(schema: Json, components: Components) -> Json | None:
    """What of a value fits into a query: repeated, it is a list. None: nothing."""
    options = [part for part in _options(schema, components) if part.get("type") != "null"]
    listed = next((part for part in options if components.resolve(part).get("type") == "array"), None)
    if listed is not None:
        listed = components.resolve(listed)
        items = listed.get("items", listed.get("prefixItems", [None])[0])
        inner = None if items is None else _scalar(items, components)
        count = len(listed.get("prefixItems", ()))
        bounds = {"minItems": count, "maxItems": count} if count else {"minItems": 1, "maxItems": 100}
        return None if inner is None else {"type": "array", "items": inner, **bounds}
    found = [_scalar(part, components) for part in options]
    if not found or None in found:
        return None
    return found[0] if len(found) == 1 else {"anyOf": found}


def _scalar(schema: Json, components: Components) -> Json | None:
    """A schema of something that is written as one text."""
    resolved = components.resolve(schema)
    if "anyOf" in resolved:
        return schema if all(_scalar(part, components) is not None for part in resolved["anyOf"]) else None
    if "enum" in resolved or "const" in resolved:
        return schema
    return schema if resolved.get("type") in _SCALAR else None


def _options(schema: Json, components: Components) -> list[Json]:
    """The alternatives of a schema, those within them too. What has notes of its own is one."""
    if "anyOf" not in schema or "x-counted" in schema:
        return [schema]
    return [option for part in schema["anyOf"] for option in _options(part, components)]
