"""What an action takes, and what becomes of its result on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..compile.ir import Action, ResultKind
from ..types import Json
from . import common
from .components import Components, array, either, record, schema_of
from .names import pascal


def params_of(components: Components, prefix: str, action: Action) -> Json:
    """The action's own parameters, without the ``id`` of its object."""
    schema = components.adopt(schema_of(action.params, "validation"), prefix)
    members = {
        name: item
        for name, item in sorted(schema.get("properties", {}).items())
        if name != "id" or not action.on_object
    }
    required = [name for name in schema.get("required", ()) if name in members]
    return record(members, required, additionalProperties=bool(action.open))


def result_of(components: Components, prefix: str, action: Action, types: Mapping[str, Any]) -> tuple[Json, Json]:
    """(what a client gets who sees all of it, whatever may be answered)."""
    kind = action.result_kind
    if kind is ResultKind.NOTHING:
        return common.DONE, common.DONE
    if kind is ResultKind.OBJECT:
        return types["row"], either(types["row"], common.written(types["id"]))
    if kind is ResultKind.ROWS:
        found = record({"rows": array(types["row"])}, True)
    else:
        schema = components.adopt(schema_of(action.result, "serialization"), prefix)
        found = _wrapped(components, schema)
    if "$ref" not in found:
        found = components.add(f"{prefix}{pascal(action.name)}Result", found)
    return found, found


def _wrapped(components: Components, schema: Json) -> Json:
    """A frame's data is an object: any other value stands in one."""
    resolved = components.resolve(schema)
    if "anyOf" in resolved:
        return either(*(_wrapped(components, item) for item in resolved["anyOf"]))
    if resolved.get("type") == "object":
        return schema
    if resolved.get("type") == "array" and not resolved.get("uniqueItems"):  # a set is no list of rows
        return record({"rows": schema}, True)
    if not resolved.keys() - {"title", "description"}:
        return {"type": "object", "description": "The value itself if it is an object, else `rows` or `result`."}
    return record({"result": schema}, True)
