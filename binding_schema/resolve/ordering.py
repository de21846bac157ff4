"""Orders that are total, and the cursors that mark a place in them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db.models import F, Q
from pydantic import ValidationError

from ..compile.ir import Order, Stream
from ..declare.context import Context
from ..errors import InvalidData
from ..types import error_item
from .access import readable
from .dump import dumps


@dataclass(frozen=True, slots=True)
class Term:
    order: Order
    descending: bool

    def expression(self, backward: bool) -> Any:
        """For ``order_by``. Nulls come last, on every database, so that a cursor means the same on each."""
        down = self.descending != backward
        if not self.order.nullable:
            return f"-{self.order.path}" if down else self.order.path
        column = F(self.order.path)
        nulls: dict[str, Any] = {"nulls_first": True} if backward else {"nulls_last": True}
        return column.desc(**nulls) if down else column.asc(**nulls)

    def beyond(self, value: Any, backward: bool) -> Q | None:
        """The rows after ``value`` in this term; None if there are none."""
        path = self.order.path
        if value is None:
            return Q(**{f"{path}__isnull": False}) if backward else None
        condition = Q(**{f"{path}__{'lt' if self.descending != backward else 'gt'}": value})
        return condition | Q(**{f"{path}__isnull": True}) if self.order.nullable and not backward else condition

    def same(self, value: Any) -> Q:
        return Q(**{f"{self.order.path}__isnull": True}) if value is None else Q(**{self.order.path: value})


def order_of(ctx: Context, stream: Stream, wanted: str | Sequence[str] | None) -> tuple[Term, ...]:
    """The terms of an order, the primary key last. Raises InvalidData for a field that is not declared or not readable."""
    assert stream.pk_order is not None
    if wanted is None:
        terms = [Term(order, down) for order, down in stream.default_order]
        if any(_hidden(ctx, stream, term.order) for term in terms):
            terms = []
    else:
        terms = [_term(ctx, stream, name) for name in ([wanted] if isinstance(wanted, str) else wanted[:10])]
    if all(term.order.path != stream.pk_order.path for term in terms):
        terms.append(Term(stream.pk_order, bool(terms) and terms[-1].descending))
    return tuple(terms)


def _term(ctx: Context, stream: Stream, name: str) -> Term:
    order = stream.orders.get(name.lstrip("-")) or (stream.pk_order if name.lstrip("-") == "id" else None)
    if order is None or name.startswith("--") or _hidden(ctx, stream, order):
        known = ", ".join(key for key, item in stream.orders.items() if not _hidden(ctx, stream, item))
        message = f"{name[:100]!r} is not an order of {stream.name}. Declared: {known or 'id'}."
        raise InvalidData(message, errors={"order": [error_item("invalid_order", message)]})
    return Term(order, name.startswith("-"))


def _hidden(ctx: Context, stream: Stream, order: Order) -> bool:
    item = stream.fields.get(order.field)
    return item is not None and readable(ctx, item) is not True


def expressions(terms: Sequence[Term], backward: bool = False) -> list[Any]:
    return [term.expression(backward) for term in terms]


# Cursors: base64 of [direction, the order's names, the values of the row at the edge] ---------------------------------------


@dataclass(frozen=True, slots=True)
class Cursor:
    backward: bool
    values: tuple[Any, ...]

    def condition(self, terms: Sequence[Term]) -> Q:
        """The rows beyond the edge: those that differ in one term and are equal in the terms before it."""
        found = Q()
        equal = Q()
        for term, value in zip(terms, self.values, strict=True):
            beyond = term.beyond(value, self.backward)
            if beyond is not None:
                found |= equal & beyond
            equal &= term.same(value)
        return found or Q(pk__in=())


def encode(terms: Sequence[Term], values: Sequence[Any], backward: bool) -> str:
    raw = dumps([backward, _names(terms), *values])
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def decode(terms: Sequence[Term], text: str, name: str = "after") -> Cursor:
    """Raises InvalidData for a cursor of another order, or no cursor at all."""
    try:
        raw = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        backward, names, *values = raw
        if names != _names(terms) or len(values) != len(terms) or not isinstance(backward, bool):
            raise ValueError(names)
        parsed = [term.order.adapter.validate_python(value) for term, value in zip(terms, values, strict=True)]
        if any(value is None and not term.order.nullable for term, value in zip(terms, parsed, strict=True)):
            raise ValueError("null")
    except (ValueError, TypeError, binascii.Error, ValidationError):
        message = f"`{name}` is not a cursor of this order: take it from an answer."
        raise InvalidData(message, errors={name: [error_item("invalid_cursor", message)]}) from None
    return Cursor(backward, tuple(parsed))


def _names(terms: Sequence[Term]) -> str:
    return ",".join(f"-{term.order.name}" if term.descending else term.order.name for term in terms)
