"""Frames as they travel: an event's name, its data, and what stands beside it (docs/protocol.md, sections 1 and 4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ..types import Json
from . import common
from .components import Components, array, record, ref
from .names import pascal

_SEQ: Final[Json] = {"type": "string", "description": "A resume point, for `since`."}
_REF: Final[Json] = {"type": "string", "description": "The event of the receiver's own request that made the change."}
_REASONS: Final = ["gap", "unknown", "overflow", "too_many", "failed", "forbidden"]


def event_name(stream: str, verb: str) -> Json:
    """The name with or without a hash."""
    return {"type": "string", "pattern": f"^{re.escape(f'{stream}.{verb}')}{common.HASH}$"}


def request(stream: str, verb: str, data: Json) -> Json:
    return record({"event": event_name(stream, verb), "data": data, "meta": common.META}, ["event"], closed=True)


def answer(stream: str, verb: str, data: Json) -> Json:
    meta = record({"seq": _SEQ})
    return record({"event": event_name(stream, verb), "data": data, "meta": meta}, ["event", "data"])


def plain_answer(stream: str, verb: str, data: Json) -> Json:
    """Of a resource route, which has no hash."""
    return record({"event": {"const": f"{stream}.{verb}"}, "data": data}, True)


def live_frames(
    components: Components, stream: str, prefix: str, types: Mapping[str, Any], events: Mapping[str, Json]
) -> dict[str, Json]:
    """What a connection is told without asking, by the name that follows the stream's."""
    found: dict[str, Json] = {}
    if types["row"] is not None:
        listing = record({"count": common.COUNT, "rows": array(types["row"]), "truncated": common.FLAG}, True)
        reason = {"type": "string", "enum": _REASONS}
        found = {
            "retrieve": _live(stream, "retrieve", types["row"], "create", "update", "enter"),
            "delete": _live(stream, "delete", record({"id": types["id"]}, True), "delete", "leave"),
            "resync": _live(stream, "resync", record({"reason": reason}, True)),
            "list": _live(stream, "list", listing),
        }
    for name, data in events.items():
        found[name] = record({"event": {"const": f"{stream}.{name}"}, "data": data}, True)
    return {name: components.add(f"{prefix}{pascal(name)}Frame", schema) for name, schema in found.items()}


def _live(stream: str, verb: str, data: Json, *causes: str) -> Json:
    meta = {"seq": _SEQ}
    if causes:
        meta = {"cause": {"type": "string", "enum": list(causes)}, "ref": _REF, **meta}
    return record({"event": event_name(stream, verb), "data": data, "meta": record(meta)}, ["event", "data"])


def any_of(frames: Mapping[str, Json]) -> Json:
    return {"anyOf": [*frames.values(), ref("ErrorFrame")]}
