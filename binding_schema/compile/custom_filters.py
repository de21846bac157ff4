"""Filters that are more than a lookup: a binding's own ``CustomFilter``s, and those of a ``filterset_class``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_origin

from pydantic import PydanticUserError, TypeAdapter
from pydantic.errors import PydanticSchemaGenerationError

from ..declare.adapters import Misdeclared
from ..declare.binding import Binding
from ..declare.filters import CustomFilter
from .inputs import undescribed
from .ir import Field, Filter
from .options import takes
from .permissions import adapted_class
from .problems import Problems

#: Keys that combine filters.
COMBINING = frozenset({"or", "and", "not"})


def custom(
    binding: type[Binding[Any]], name: str, spec: CustomFilter, fields: Mapping[str, Field], problems: Problems
) -> dict[str, Filter]:
    """The compiled filter under its name; nothing after a problem was noted."""
    hint = 'Write filters = {"overdue": CustomFilter(bool, overdue)}, and `def overdue(ctx, value) -> Q:`.'
    try:
        adapter = TypeAdapter(spec.type)
    except (PydanticUserError, PydanticSchemaGenerationError) as error:
        problems.add(39, binding, f"filter {name!r}: {str(error).splitlines()[0]}", hint)
        return {}
    wrong = undescribed(spec.type, "validation")
    if name in COMBINING:
        wrong = "or, and and not combine filters"
    elif not takes(spec.condition, 2):
        wrong = "its condition cannot be called with a Context and a value"
    elif spec.field and spec.field not in fields:
        wrong = f"it names the field {spec.field!r}, which the binding has not"
    if wrong:
        problems.add(39, binding, f"filter {name!r}: {wrong}.", hint)
        return {}
    takes_list = get_origin(spec.type) in (list, tuple, set, frozenset)
    return {name: Filter(name, "", "", adapter, spec.field, takes_list=takes_list, condition=spec.condition)}


def filterset_of(binding: type[Binding[Any]], problems: Problems) -> Mapping[str, CustomFilter]:
    """What an adapter makes of the binding's ``filterset_class``."""
    if binding.filterset_class is None:
        return {}
    try:
        found: Mapping[str, CustomFilter] = adapted_class(binding, "filterset_class", "filters")
    except Misdeclared as error:
        return problems.add(115, binding, error.message, error.hint) or {}
    return found
