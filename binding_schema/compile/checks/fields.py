"""Names of fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...declare.binding import Binding
from ...types import RESERVED_KEYS
from ..ir import Field, Kind
from ..problems import Problems


def field_names(binding: type[Binding[Any]], fields: Mapping[str, Field], problems: Problems) -> None:
    """Refuse names that the protocol uses itself, and two fields that write the same column."""
    writers: dict[str, str] = {}
    for name, item in fields.items():
        if name in RESERVED_KEYS:
            hint = f"Write `{name}_: auto = field(source={item.path!r})`, or another name."
            problems.add(60, binding, f"field {name!r} has the name of a verb's own key.", hint)
        if name == "id" and binding.model is not None and item.attribute != binding.model._meta.pk.name:
            hint = f"Write `id: auto` for the key, and another name for {item.path!r}."
            problems.add(61, binding, "field 'id' is not the primary key.", hint)
        if name == "id" and (item.write_only or item.readable is not True):
            hint = "Write `id: auto`; visible_to and permissions say who may see a row at all."
            problems.add(63, binding, "field 'id' is not readable to all: rows are told apart by it.", hint)
        # A serializer decides itself what it does with what it is given.
        if item.writable is False or not item.attribute or item.kind is Kind.SERIALIZED:
            continue
        other = writers.setdefault(item.attribute, name)
        if other != name:
            hint = f"Make one of them ReadOnly[...]: `{other}` or `{name}`."
            problems.add(62, binding, f"fields {other!r} and {name!r} both write {item.attribute!r}.", hint)
