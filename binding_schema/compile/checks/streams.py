"""Names of streams, and whether a binding declares anything."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from types import NoneType
from typing import Any

from ...declare.binding import Binding
from ..annotations import OWN_NAMES, declared_actions
from ..ir import Kind, Stream
from ..problems import Problems, place

STREAM = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)


def stream_name(binding: type[Binding[Any]]) -> str:
    """The name it is served under, or an empty text for one that is only nested."""
    if binding.stream is None:
        return ""
    if binding.stream == "" and binding.model is not None:
        return binding.model._meta.label
    return str(binding.stream)


def unique_keys(bindings: Iterable[type[Binding[Any]]]) -> dict[type, str]:
    """A key for each binding: its class's name, with its module where two share it."""
    found: dict[str, type] = {}
    for item in bindings:
        key = item.__name__
        if key in found:
            key = f"{item.__module__}.{item.__qualname__}"
        while key in found:
            key += "_"
        found[key] = item
    return {item: key for key, item in found.items()}


def declares_something(binding: type[Binding[Any]], problems: Problems) -> bool:
    """Refuse a binding without fields, and one without model and stream."""
    before = len(problems.found)
    actions = declared_actions(binding)
    if binding.model is None:
        if not stream_name(binding):
            hint = 'Write `class X(Binding[SomeModel])`, `stream = "app.name"` for actions only, or `abstract = True`.'
            problems.add(70, binding, "it has neither a model nor a stream.", hint)
        elif not actions:
            problems.add(71, binding, "it has neither a model nor an action.", "Add an @action, or `abstract = True`.")
    elif not _annotated(binding):
        first = ", ".join(f"`{f.name}: auto`" for f in binding.model._meta.concrete_fields[:3])
        hint = f'Annotate fields, such as {first}, or write `fields = "__all__"` on purpose.'
        problems.add(73, binding, "it declares no field.", hint)
    name = stream_name(binding)
    if name and not (isinstance(binding.stream, (str, NoneType)) and STREAM.fullmatch(name)):
        hint = 'Write letters, digits and underscores, with dots between: stream = "shop.Order".'
        problems.add(74, binding, f"stream {name!r} is not a name that can travel.", hint)
    elif name == "schema":
        hint = 'Write stream = "shop.Schema", or any other name.'
        problems.add(74, binding, "stream 'schema' has the name of a route, `<root>schema/`.", hint)
    return len(problems.found) == before


def _annotated(binding: type[Binding[Any]]) -> bool:
    names = {name for base in binding.__mro__ for name in inspect.get_annotations(base)}
    return (
        bool(binding.fields)
        or binding.serializer_class is not None
        or any(not name.startswith("_") and name not in OWN_NAMES for name in names)
    )


def unique_streams(bindings: Iterable[type[Binding[Any]]], problems: Problems) -> None:
    seen: dict[str, type] = {}
    for item in bindings:
        name = stream_name(item)
        other = seen.setdefault(name, item) if name else item
        if other is not item:
            hint = f'Write stream = "{name}2" on one of them, stream = None if it is only nested, or abstract = True.'
            problems.add(75, item, f"stream {name!r} is taken by {place(other)}.", hint)


def nested_targets(streams: Mapping[str, Stream], problems: Problems) -> None:
    """Refuse a nested binding that has problems of its own, and rules that a nested row cannot be held to."""
    for stream in streams.values():
        for item in stream.fields.values():
            target = streams.get(item.target) if item.kind in (Kind.ONE, Kind.MANY) else None
            if target is not None and target.object_rules:
                hint = "Say the rule as a Q in visible_to, which holds for nested rows too."
                problems.add(
                    77, type(stream.binding),
                    f"field {item.name!r} nests {item.target}, which has rules about single objects.", hint,
                )  # fmt: skip
