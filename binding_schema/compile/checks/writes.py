"""Whether a row that clients may create can be complete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models

from ...declare.binding import Binding
from ..fields import is_required
from ..ir import Field, Kind
from ..permissions import overrides
from ..problems import Problems
from .streams import stream_name

#: Where a model fills in what is missing.
OWN_CODE = ("save", "clean", "clean_fields", "full_clean")


def writes(binding: type[Binding[Any]], verbs: frozenset[str], fields: Mapping[str, Field], problems: Problems) -> None:
    """Warn of a required column that neither a client nor the binding can fill. A signal may, which nobody can see here."""
    if binding.model is None or not stream_name(binding) or not verbs & {"create", "save"}:
        return
    own = any(getattr(binding.model, name) is not getattr(models.Model, name) for name in OWN_CODE)
    if (
        own
        or any(item.kind is Kind.SERIALIZED for item in fields.values())
        or overrides(binding, "perform_create")
        or any(item.obj is binding for item in problems.found)
    ):
        return
    given = {item.attribute for item in fields.values() if item.writable is not False}
    for column in binding.model._meta.concrete_fields:
        if is_required(column) and column.name not in given and not _made(column):
            verbs_left = ", ".join(f'"{name}"' for name in sorted(verbs - {"create", "save"}))
            hint = (
                f"Declare `{column.name}: auto`, set it in perform_create, or write verbs = [{verbs_left}] "
                "to serve no creation."
            )
            message = f"{column.name!r} is required to create a row, and no field writes it."
            problems.warn(10, binding, message, hint)


def _made(column: Any) -> bool:
    """Whether the database or Django fills a column."""
    parent = column.is_relation and column.remote_field.parent_link
    return parent or isinstance(column, (models.AutoField, models.GeneratedField)) or column.column is None
