"""Third pass: nested bindings are laid out into finite shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..declare.binding import Binding
from .ir import Field, Kind, Making, Shape
from .problems import Problems


def shape_of(
    key: str,
    fields: Mapping[str, Mapping[str, Field]],
    bindings: Mapping[str, type[Binding[Any]]],
    makings: Mapping[str, Making | None],
    problems: Problems,
    path: tuple[tuple[str, str], ...] = (),
) -> Shape:
    """The readable fields of the binding ``key``; ``path`` holds the (binding, field) steps that led here."""
    found: list[Field] = []
    for item in fields.get(key, {}).values():
        if item.write_only or item.readable is False:
            continue
        if item.kind not in (Kind.ONE, Kind.MANY):
            found.append(item)
            continue
        step = (key, item.name)
        if item.depth is not None and path.count(step) >= item.depth:
            continue
        above = {owner for owner, _ in path} | {key}
        if item.depth is None and item.target in above:
            hint = f"Write `{item.name}: ... = field(depth=1)`, or nest a binding of its own with fewer fields."
            problems.add(
                21, bindings[key], f"field {item.name!r} nests {item.target!r} within itself without end.", hint
            )
            continue
        if len(path) >= 12:
            problems.add(22, bindings[key], f"field {item.name!r} is nested deeper than 12.", "Lower field(depth=...).")
            continue
        inner = shape_of(item.target, fields, bindings, makings, problems, (*path, step))
        found.append(replace(item, shape=inner))
    making = makings.get(key)
    return Shape(key, tuple(found), making is not None and making.open)
