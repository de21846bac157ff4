"""Conditions decided in Python, on the columns of one row; what is not certain to come out as in SQL is not decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db import models
from django.db.models import Model, Q

from ..compile.typemap import resolve_path


class Undecidable(Exception):
    """The database has to be asked."""


#: Values that Python and every database compare alike. Text is compared for equality only, where no collation is set.
_ORDERED = (int, float, Decimal, dt.datetime, dt.date, dt.time, dt.timedelta)

#: SQLite keeps decimals as floating-point numbers, which have no more digits than this.
EXACT_DIGITS = 15

LOOKUPS: dict[str, Callable[[Any, Any], bool]] = {
    "exact": lambda value, other: value == other,
    "in": lambda value, other: value in other,
    "gt": lambda value, other: value > other,
    "gte": lambda value, other: value >= other,
    "lt": lambda value, other: value < other,
    "lte": lambda value, other: value <= other,
    "range": lambda value, other: other[0] <= value <= other[1],
}


def match(model: type[Model], condition: Q, row: Mapping[str, Any], *, text_is_exact: bool = True) -> bool:
    """Whether a row, by attribute name, meets a condition. Raises Undecidable.

    As Django makes it, a comparison with NULL is false, also within a negation, whose outcome is then true.
    ``text_is_exact``: the database's default collation tells capitals from small letters.
    """
    outcomes = (
        match(model, child, row, text_is_exact=text_is_exact)
        if isinstance(child, Q)
        else _term(model, child, row, text_is_exact)
        for child in condition.children
    )
    if condition.connector == Q.AND:
        found = all(outcomes)
    elif condition.connector == Q.OR:
        found = not condition.children or any(outcomes)
    else:
        raise Undecidable
    return found != condition.negated


def _term(model: type[Model], child: Any, row: Mapping[str, Any], text_is_exact: bool) -> bool:
    if not isinstance(child, tuple):
        raise Undecidable
    attname, lookup, is_text = _resolved(model, child[0])
    if attname not in row:
        raise Undecidable
    value, other = row[attname], child[1]
    if lookup == "isnull":
        return (value is None) is bool(other)
    if other is None and lookup == "exact":
        return value is None
    other = _plain(other, many=lookup in ("in", "range"))
    if value is None:
        return False
    if is_text and (not text_is_exact or lookup not in ("exact", "in")):
        raise Undecidable
    for item in other if lookup in ("in", "range") else (other,):
        if not _is_comparable(value, item):
            raise Undecidable
    try:
        return LOOKUPS[lookup](value, other)
    except TypeError:
        raise Undecidable from None


def _plain(other: Any, many: bool) -> Any:
    """A value to compare with: of a model's instance its key; expressions and querysets are for the database."""
    if many:
        if not isinstance(other, (list, tuple, set, frozenset)):
            raise Undecidable
        return [_plain(item, many=False) for item in other if item is not None]
    if isinstance(other, Model):
        return other.pk
    if isinstance(other, (*_ORDERED, str, bytes)) or type(other).__name__ == "UUID":
        return other
    raise Undecidable


def _is_comparable(value: Any, other: Any) -> bool:
    """Whether Python compares them as they stand: what Django or the database would convert first, is left to them."""
    if isinstance(value, int):
        return isinstance(other, int)
    if isinstance(value, float):
        return isinstance(other, (int, float))
    if isinstance(value, Decimal):
        # SQLite rounds what is compared with to the field's decimal places.
        return isinstance(other, int) or (
            isinstance(other, Decimal) and other.is_finite() and _places(other) <= _places(value)
        )
    if isinstance(value, dt.datetime):
        return isinstance(other, dt.datetime) and (value.tzinfo is None) is (other.tzinfo is None)
    return type(value) is type(other) or (isinstance(value, str) and isinstance(other, str))


def _places(number: Decimal) -> int:
    """Decimal places, of a finite number."""
    return -int(number.as_tuple().exponent)


@lru_cache(maxsize=4096)
def _resolved(model: type[Model], path: str) -> tuple[str, str, bool]:
    """(attribute, lookup, whether it is text) of a condition's path. Raises Undecidable for what is not a column's own value."""
    parts = path.split("__")
    lookup = parts.pop() if len(parts) > 1 and parts[-1] in {*LOOKUPS, "isnull"} else "exact"
    if len(parts) != 1:
        raise Undecidable
    try:
        item = resolve_path(model, parts[0])[0]
    except Exception:  # noqa: BLE001 - an annotation or an expression: the database knows
        raise Undecidable from None
    if not item.concrete or item.many_to_many or not item.column:
        raise Undecidable
    kind = item
    while kind.remote_field is not None:
        kind = kind.target_field
    # A key to another column than the primary one is compared with that column's values, which an instance's key is not.
    if item.remote_field is not None and not item.target_field.primary_key:
        raise Undecidable
    if not isinstance(kind, _KINDS) or getattr(kind, "db_collation", None):
        raise Undecidable
    if isinstance(kind, models.DecimalField) and (kind.max_digits or 0) > EXACT_DIGITS:
        raise Undecidable
    return item.attname, lookup, isinstance(kind, (models.CharField, models.TextField))


_KINDS = (
    models.IntegerField, models.AutoField, models.BooleanField, models.CharField, models.TextField, models.DecimalField,
    models.FloatField, models.DateTimeField, models.DateField, models.TimeField, models.DurationField, models.UUIDField,
)  # fmt: skip
