"""The ``schema`` verb: what a user may read and write of a stream, as JSON Schema."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from ..compile.ir import Event, Filter, Stream
from ..declare.context import Context
from ..types import VERBS
from .access import allows, readable, writable


@lru_cache(maxsize=4096)
def _json_schema(kind: type[BaseModel], mode: str) -> dict[str, Any]:
    return kind.model_json_schema(mode=mode)  # type: ignore[arg-type]


def describe(ctx: Context, stream: Stream) -> dict[str, Any]:
    """``fields`` (a row), ``create``, ``update``, ``filters``, ``orders``, ``search``, ``verbs``, ``actions``, page
    sizes, and ``events`` where some are declared."""
    may = {verb for verb in stream.verbs if allows(stream.permission, _as(ctx, stream, _permission_verb(verb)))}
    answer: dict[str, Any] = {
        "stream": stream.name,
        "verbs": sorted(may),
        "actions": {name: _action(item) for name, item in stream.actions.items() if allows(item.permission, ctx)},
    }
    if stream.events:
        answer["events"] = {name: _event(item) for name, item in stream.events.items()}
    if stream.types is None:
        return answer
    shown = {name for name, item in stream.fields.items() if readable(ctx, item) is not False}
    open_ = {name for name, item in stream.fields.items() if writable(ctx, item)}
    row = _only(_json_schema(stream.types.row, "serialization"), shown)
    for name, item in row["properties"].items():
        row["properties"][name] = {**item, "readOnly": name not in open_}
    return {
        **answer,
        "fields": row,
        "create": _only(_json_schema(stream.types.create, "validation"), open_),
        "update": _only(_json_schema(stream.types.update, "validation"), open_ | {"id"}),
        "filters": {
            key: _filter(item) for key, item in stream.filters.items() if item.field not in _hidden(stream, shown)
        },
        "orders": [name for name, item in stream.orders.items() if item.field not in _hidden(stream, shown)],
        "search": bool(stream.search),
        "page_size": stream.page_size,
        "max_page_size": stream.max_page_size,
        "list_limit": stream.list_limit,
    }


def _hidden(stream: Stream, shown: set[str]) -> set[str]:
    return stream.fields.keys() - shown


def _permission_verb(verb: str) -> str:
    return "update" if verb == "save" else verb


def _as(ctx: Context, stream: Stream, verb: str) -> Context:
    return ctx.to(stream.name, verb, is_read=VERBS[verb].read, model=stream.model)


def _only(schema: dict[str, Any], names: set[str]) -> dict[str, Any]:
    found = {**schema, "properties": {key: value for key, value in schema["properties"].items() if key in names}}
    if "required" in schema:
        found["required"] = [name for name in schema["required"] if name in names]
    return found


def _filter(item: Filter) -> dict[str, Any]:
    return item.adapter.json_schema()


def _event(item: Event) -> dict[str, Any]:
    return {"help": item.help, "data": item.adapter.json_schema(mode="serialization")}


def _action(item: Any) -> dict[str, Any]:
    return {
        "read": item.read,
        "object": item.on_object,
        "help": item.help,
        "params": _json_schema(item.params, "validation"),
    }
