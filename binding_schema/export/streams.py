"""One stream: its types, and for each verb and action what goes in and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..compile.ir import Filter, Schema, Stream
from ..conf import settings
from ..types import VERBS, Json
from . import common
from .actions import params_of, result_of
from .components import Components, array, either, nullable, record, ref, schema_of
from .frames import live_frames
from .names import pascal
from .rows import Rows

#: Told of one object or of several.
_KEYED = ("retrieve", "delete")
LIVE = ("subscribe", "unsubscribe")


@dataclass(frozen=True, slots=True)
class Operation:
    """A verb or an action. ``data`` and ``answer`` are schemas of a frame's data; ``params`` are an action's own; ``fails``: it
    may answer what is wrong with fields; ``once``: it takes an idempotency key."""

    name: str
    data: Json
    answer: Json
    is_read: bool
    fails: bool = False
    once: bool = False
    on_object: bool = False
    params: Json | None = None
    result: Json | None = None
    help: str = ""


@dataclass(frozen=True, slots=True)
class StreamDoc:
    """``row`` and what follows it are None for a stream without a model, or where no verb that is served takes them."""

    name: str
    prefix: str
    stream: Stream
    id: Json | None
    key: Json | None
    row: Json | None
    create: Json | None
    update: Json | None
    filters: Json | None
    order: Json | None
    verbs: Mapping[str, Operation] = field(default_factory=dict)
    actions: Mapping[str, Operation] = field(default_factory=dict)
    events: Mapping[str, Json] = field(default_factory=dict)
    live: Mapping[str, Json] = field(default_factory=dict)
    """Frames that come without being asked for, custom events among them."""

    def content(self) -> Json:
        """All that is said of the stream, for people and tools that read JSON."""
        types = ("id", "row", "create", "update", "filters", "order")
        return {
            **{name: getattr(self, name) for name in types if getattr(self, name) is not None},
            "verbs": {name: {"data": item.data, "answer": item.answer} for name, item in self.verbs.items()},
            "actions": {
                name: {
                    "on": "object" if item.on_object else "stream", "read": item.is_read, "idempotent": item.once,
                    "data": item.data, "params": item.params, "answer": item.answer,
                    **({"description": item.help} if item.help else {}),
                }
                for name, item in self.actions.items()
            },
            "events": dict(self.events),
            "live": dict(self.live),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Streams:
    """Makes the parts of one document."""

    schema: Schema
    components: Components
    rows: Rows
    prefixes: Mapping[str, str]

    def stream(self, stream: Stream) -> StreamDoc:
        prefix = self.prefixes[stream.key]
        types = self._types(stream, prefix) if stream.types is not None else _NO_TYPES
        actions = {name: self._action(stream, prefix, name, types) for name in sorted(stream.actions)}
        events = {name: self._event(stream, prefix, name) for name in sorted(stream.events)}
        verbs = self._verbs(stream, prefix, types) if stream.types is not None else _without_model(actions)
        live = live_frames(self.components, stream.name, prefix, types, events) if settings().LIVE else {}
        return StreamDoc(stream.name, prefix, stream, **types, verbs=verbs, actions=actions, events=events, live=live)

    # Types ------------------------------------------------------------------------------------------------------------

    def _types(self, stream: Stream, prefix: str) -> dict[str, Json | None]:
        key = schema_of(stream.fields["id"].type.input, "validation")
        writes = {verb: {verb, "save"} & stream.verbs for verb in ("create", "update")}
        return {
            "id": self.rows.value(stream.key, stream.fields["id"]),
            "key": self.components.adopt(key, prefix),
            "row": self.rows.row(stream.shape),
            **{
                verb: self.components.add(f"{prefix}{pascal(verb)}", self.rows.written(stream, verb))
                if served
                else None
                for verb, served in writes.items()
            },
            "filters": self._filters(stream, prefix),
            "order": self.components.add(f"{prefix}Order", _orders(stream)),
        }

    def _filters(self, stream: Stream, prefix: str) -> Json:
        name = self.components.names.claim(f"{prefix}Filters")
        found = ref(name)
        terms = {key: self._filter(stream, prefix, stream.filters[key]) for key in sorted(stream.filters)}
        some = array(found, minItems=1)
        groups = {"and": some, "not": found, "or": some}
        self.components.schemas[name] = record({**terms, **groups}, closed=True)
        return found

    def _filter(self, stream: Stream, prefix: str, spec: Filter) -> Json:
        """A value; where a list means IN, a list of them; where null means IS NULL, null."""
        one = self.filter_value(stream, prefix, spec)
        many = stream.filters.get(f"{spec.key}__in")
        found = one if many is None else either(one, self.filter_value(stream, prefix, many))
        return nullable(found) if spec.lookup in ("exact", "in") else found

    def filter_value(self, stream: Stream, prefix: str, spec: Filter) -> Json:
        adopted = self.components.adopt(schema_of(spec.adapter, "validation"), prefix)
        return self.rows.with_enum(stream.key, stream.fields.get(spec.field), adopted)

    # Verbs ------------------------------------------------------------------------------------------------------------

    def _verbs(self, stream: Stream, prefix: str, types: Mapping[str, Any]) -> dict[str, Operation]:
        served = [*stream.verbs, *(LIVE if settings().LIVE else ())]
        answers = _answers(types)
        found = {}
        for verb in sorted({*served, *(["schema"] if stream.actions else [])}):
            data = self._data(stream, verb, types)
            if "$ref" not in data:
                data = self.components.add(f"{prefix}{pascal(verb)}Data", data)
            answer = answers[verb]
            if "$ref" not in answer:
                answer = self.components.add(f"{prefix}{pascal(verb)}Answer", answer)
            writes = verb in VERBS and not VERBS[verb].read
            found[verb] = Operation(verb, data, answer, not writes, writes, writes, help=common.HELP[verb])
        return found

    def _data(self, stream: Stream, verb: str, types: Mapping[str, Any]) -> Json:
        if verb in _KEYED:
            members = self._arguments(stream, verb, types)
            return either(*(record({name: members[name]}, [name], closed=True) for name in ("id", "ids")))
        if verb == "create":
            return types["create"]
        if verb == "update":
            return self._changed(types)
        if verb == "save":
            one = either(types["create"], self._changed(types))
            many = array(one, minItems=1, maxItems=settings().MAX_ROWS)
            return either(one, record({"rows": many}, ["rows"], closed=True))
        # What narrows lists itself may know keys of any name.
        is_open = stream.own_filter and verb in ("list", "search", "subscribe")
        return record(self._arguments(stream, verb, types), closed=not is_open)

    def _changed(self, types: Mapping[str, Any]) -> Json:
        """What ``update`` takes, with the ``id`` that names the row."""
        update = self.components.resolve(types["update"])
        members = {"id": types["key"], **{name: item for name, item in update["properties"].items() if name != "id"}}
        return record(members, ["id"], closed=True)

    def _arguments(self, stream: Stream, verb: str, types: Mapping[str, Any]) -> dict[str, Json]:
        """The members of a verb's own arguments, as the IR's type says them."""
        assert stream.types is not None
        schema = schema_of(stream.types.args[verb], "validation")
        members: dict[str, Json] = self.components.adopt(schema, self.prefixes[stream.key])["properties"]
        for item in members.values():
            if item.get("default", ...) is None:
                del item["default"]
        order = types["order"]
        own = {"filters": nullable(types["filters"]), "order": nullable(either(order, array(order, maxItems=10)))}
        members |= {name: item for name, item in own.items() if name in members}
        if not stream.search:
            members.pop("query", None)
        return dict(sorted(members.items()))

    # Actions and events -----------------------------------------------------------------------------------------------

    def _action(self, stream: Stream, prefix: str, name: str, types: Mapping[str, Any]) -> Operation:
        action = stream.actions[name]
        params = self.components.add(f"{prefix}{pascal(name)}Params", params_of(self.components, prefix, action))
        data = params
        if action.on_object:
            members = self.components.resolve(params)
            required = ["id", *members.get("required", ())]
            further = members["additionalProperties"]
            data = record({"id": types["key"], **members["properties"]}, required, additionalProperties=further)
            data = self.components.add(f"{prefix}{pascal(name)}Data", data)
        result, answer = result_of(self.components, prefix, action, types)
        once = not action.is_async and not action.read
        return Operation(name, data, answer, action.read, True, once, action.on_object, params, result, action.help)

    def _event(self, stream: Stream, prefix: str, name: str) -> Json:
        event = stream.events[name]
        schema = self.components.adopt(schema_of(event.adapter, "serialization"), prefix)
        if event.help:
            schema = {"description": event.help, **schema}
        return self.components.add(f"{prefix}{pascal(name)}Event", schema)


_NO_TYPES: dict[str, Json | None] = dict.fromkeys(("id", "key", "row", "create", "update", "filters", "order"))


def _orders(stream: Stream) -> Json:
    names = sorted({"id", *stream.orders})
    return {"type": "string", "enum": [f"{sign}{name}" for name in names for sign in ("", "-")]}


def _answers(types: Mapping[str, Any]) -> dict[str, Json]:
    """What each verb answers when all went well."""
    row, key = types["row"], types["id"]
    one, many = common.written(key), common.written_many(key)
    rows = array(row)
    some = record({"rows": rows, "missing": array(key)}, ["rows"])
    listing = record({"count": {"type": "integer"}, "rows": rows, "truncated": {"type": "boolean"}}, True)
    return {
        "retrieve": either(row, some),
        "list": listing,
        "search": either(common.page(rows), common.cursor_page(rows)),
        "create": one,
        "update": one,
        "save": either(one, many),
        "delete": either(one, many),
        "schema": common.DESCRIPTION,
        "subscribe": either(common.DONE, {"allOf": [common.DONE, either(row, listing)]}),
        "unsubscribe": common.DONE,
    }


def _without_model(actions: Mapping[str, Operation]) -> dict[str, Operation]:
    verbs = ["schema"] if actions else []
    nothing = record({}, closed=True)
    answers = {"schema": common.DESCRIPTION, "subscribe": common.DONE, "unsubscribe": common.DONE}
    return {
        verb: Operation(verb, nothing, answers[verb], True, help=common.HELP[verb])
        for verb in [*verbs, *(LIVE if settings().LIVE else ())]
    }
