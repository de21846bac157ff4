"""Scalars that GraphQL lacks. Values are those of the flat protocol (docs/protocol.md, section 2): the resolver layer validates
what comes in and dumps what goes out, so that nothing is converted here."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal as _Decimal
from typing import Any, NewType

import strawberry
from graphql import GraphQLError

BigInt = NewType("BigInt", int)
Decimal = NewType("Decimal", str)
DateTime = NewType("DateTime", str)
Date = NewType("Date", str)
Time = NewType("Time", str)
Duration = NewType("Duration", str)
UUID = NewType("UUID", str)
Base64 = NewType("Base64", str)
JSON = NewType("JSON", object)


def _as_is(value: Any) -> Any:
    return value


def _plain(value: Any) -> Any:
    """A value as the flat protocol dumps it, also where a hand-written resolver gives Python's own."""
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return value.isoformat()
    return str(value) if isinstance(value, (_Decimal, uuid.UUID)) else value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise GraphQLError("a text was expected", extensions={"code": "invalid_data"})
    return value


def _big(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise GraphQLError("an integer, or a text of one, was expected", extensions={"code": "invalid_data"})
    return value


def _scalar(name: str, description: str, parse: Any = _text) -> Any:
    return strawberry.scalar(name=name, description=description, serialize=_plain, parse_value=parse)


SCALAR_NAMES = ("BigInt", "Decimal", "DateTime", "Date", "Time", "Duration", "UUID", "Base64", "JSON")

#: For StrawberryConfig(scalar_map=...).
SCALARS: dict[object, Any] = {
    BigInt: _scalar("BigInt", "An integer of 64 bits: a number, or beyond 2^53 a text.", _big),
    Decimal: _scalar("Decimal", "An exact decimal number, as text.", _as_is),
    DateTime: _scalar("DateTime", "A date and time as ISO 8601 text with an offset."),
    Date: _scalar("Date", "A date as ISO 8601 text."),
    Time: _scalar("Time", "A time as ISO 8601 text."),
    Duration: _scalar("Duration", "A duration as ISO 8601 text."),
    UUID: _scalar("UUID", "A UUID as text."),
    Base64: _scalar("Base64", "Binary data as base64 text."),
    JSON: _scalar("JSON", "Any JSON value.", _as_is),
}
