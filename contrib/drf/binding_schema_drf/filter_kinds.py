"""What a client sends for a form field of a filter, as a type that Pydantic knows."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from django import forms
from django.utils.choices import CallableChoiceIterator
from django_filters.fields import BaseCSVField
from pydantic import BeforeValidator

from .sources import scalar_of_model_field

TABLE: Final[Mapping[type, Any]] = {
    forms.NullBooleanField: bool,
    forms.BooleanField: bool,
    forms.IntegerField: int,
    forms.FloatField: float,
    forms.DecimalField: Decimal,
    forms.DateTimeField: dt.datetime,
    forms.DateField: dt.date,
    forms.TimeField: dt.time,
    forms.DurationField: dt.timedelta,
    forms.UUIDField: uuid.UUID,
    forms.CharField: str,
}


def kind_of(field: Any) -> Any:
    """The type of one value, or of a list of them."""
    if isinstance(field, BaseCSVField):
        return _list_of(next((TABLE[cls] for cls in type(field).__mro__ if cls in TABLE), str), _split)
    if isinstance(field, forms.ModelMultipleChoiceField):
        return _list_of(_key(field), _listed)
    if isinstance(field, forms.ModelChoiceField):
        return _key(field)
    if isinstance(field, forms.MultipleChoiceField):
        return _list_of(_choice(field), _listed)
    if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.NullBooleanField):
        return _choice(field)
    return next((TABLE[cls] for cls in type(field).__mro__ if cls in TABLE), Any)


def _list_of(kind: Any, before: Callable[[Any], Any]) -> Any:
    return Annotated[list[kind], BeforeValidator(before)]


def _listed(value: Any) -> Any:
    """A list, of which a query string with one value cannot tell that it is one."""
    return value if isinstance(value, list) else [value]


def _split(value: Any) -> Any:
    """``"1,2"``, as django-filter's own clients send it."""
    return value.split(",") if isinstance(value, str) else _listed(value)


def _choice(field: Any) -> Any:
    given = getattr(field._choices, "choices", field._choices)
    if isinstance(given, CallableChoiceIterator) or (callable(given) and not isinstance(given, type)):
        return str  # asked for each request
    values = [value for value in _flat(field.choices) if value not in ("", None)]
    if values and all(type(value) is int for value in values):
        return Annotated[Literal[tuple(values)], BeforeValidator(_number)]
    return Literal[tuple(str(value) for value in values)] if values else str


def _flat(choices: Any) -> Any:
    for value, label in choices:
        if isinstance(label, (list, tuple)):
            yield from _flat(label)
        else:
            yield value


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.lstrip("-").isdecimal() else value


def _key(field: Any) -> Any:
    queryset = field.queryset
    if queryset is None:
        return Any
    meta = queryset.model._meta
    to = getattr(field, "to_field_name", None)
    kind = scalar_of_model_field(meta.get_field(to) if to else meta.pk) or Any
    null = getattr(field, "null_label", None)
    return kind if null is None or kind is Any else kind | Literal[field.null_value]
