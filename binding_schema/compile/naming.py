"""The unique field that may stand for an object's id, where a binding has a ``lookup_field``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models

from ..declare.binding import Binding
from .inputs import build
from .ir import Field, Kind, Naming
from .problems import Problems
from .typemap import scalar_of

#: What names the key itself.
KEYS = ("pk", "id")


def naming_of(
    binding: type[Binding[Any]], model: type[models.Model], fields: Mapping[str, Field], problems: Problems
) -> Naming | None:
    """None where objects are named by their key alone, and after a problem was noted."""
    name: Any = binding.lookup_field
    if name in KEYS:
        return None
    if not isinstance(name, str):
        return problems.add(100, binding, f"`lookup_field` is {name!r}.", 'Write lookup_field = "slug".')
    item = fields.get(name)
    own = item if item is not None and item.kind is Kind.COLUMN else None
    path = own.path if own is not None else name
    column = _unique(model, path)
    scalar = own.type if own is not None else scalar_of(column) if column is not None else None
    if scalar is None or column is None or (item is not None and (item.readable is not True or item.write_only)):
        some = sorted(column.name for column in model._meta.concrete_fields if column.unique and not column.primary_key)
        known = f"It has {', '.join(some)}." if some else "It has none: take the line away."
        hint = f"Name a unique field of {model.__name__} that everyone may read. {known}"
        return problems.add(78, binding, f"`lookup_field` is {name!r}, by which nobody can find one object.", hint)
    return Naming(name, path, build(f"{binding.__name__}Naming", {name: (scalar.input, ...)}))


def _unique(model: type[models.Model], path: str) -> models.Field[Any, Any] | None:
    """The column of the model by that name, if it is unique."""
    try:
        found = model._meta.get_field(path)
    except FieldDoesNotExist:
        return None
    return found if isinstance(found, models.Field) and found.concrete and found.unique else None
