"""The one table from Django's fields to finished types."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import ipaddress
import re
import unicodedata
import uuid
from collections.abc import Callable, Iterable
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from urllib.parse import quote, unquote

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.utils import timezone, translation
from django.utils.choices import CallableChoiceIterator
from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from .ir import Scalar

MAX_SAFE_INTEGER = 2**53 - 1
#: PostgreSQL has no NUL in text, and what one database refuses the other should not take.
NO_NUL = r"^[^\x00]*$"


def _not_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a number, not a boolean")
    return value


def _number(value: Any) -> Any:
    """A choice among numbers, which a query string can only send as text. A Literal alone would take True for 1."""
    if isinstance(value, str) and len(value) < 20 and value.lstrip("-").isascii() and value.lstrip("-").isdigit():
        return int(value)
    return _not_bool(value)


def _text_only(value: Any) -> Any:
    """Dates and times travel as ISO 8601 text; Pydantic alone would take a number for a Unix time."""
    if not isinstance(value, str) and not hasattr(value, "isoformat"):
        raise ValueError("ISO 8601 text")
    return value


def _aware(value: dt.datetime) -> dt.datetime:
    try:
        if not settings.USE_TZ:
            return timezone.make_naive(value, dt.UTC) if timezone.is_aware(value) else value
        aware = value if timezone.is_aware(value) else timezone.make_aware(value)
        return aware.astimezone(dt.UTC)
    except OverflowError:
        raise ValueError("a date-time out of range") from None


def _no_zone(value: dt.time) -> dt.time:
    if value.tzinfo is not None:
        raise ValueError("a time without an offset")
    return value


def _in_range(value: dt.timedelta) -> dt.timedelta:
    # Databases without an interval type store microseconds in 64 bits.
    if abs(value) > dt.timedelta(microseconds=2**63 - 1):
        raise ValueError("a duration out of range")
    return value


def _from_base64(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise ValueError("base64 text") from None


def check_json(value: Any, depth: int = 0) -> Any:
    """A JSON value that both databases can hold: no NUL in text, numbers of 64 bits, nesting of at most 64."""
    if depth > 64:
        raise ValueError("JSON nested deeper than 64")
    if isinstance(value, str) and "\x00" in value:
        raise ValueError("text without NUL")
    if isinstance(value, dict):
        for key, item in value.items():
            check_json(key, depth + 1)
            check_json(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            check_json(item, depth + 1)
    return value


def _address(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("an IP address")
    return str(ipaddress.ip_address(value))


Text = Annotated[str, Field(pattern=NO_NUL)]


def _integer(low: int, high: int, **notes: Any) -> Scalar:
    kind = Annotated[int, BeforeValidator(_not_bool), Field(ge=low, le=high)]
    if high <= MAX_SAFE_INTEGER:
        return Scalar(kind, int)
    travels = Annotated[
        int, WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^-?\d+$"}], **notes})
    ]
    return Scalar(Annotated[kind, WithJsonSchema(travels.__metadata__[0].json_schema)], travels)  # type: ignore[attr-defined]


#: What Python's dates, and so Django's lookups by year, can hold.
YEAR = _integer(dt.MINYEAR, dt.MAXYEAR)

_Moment = Annotated[dt.datetime, BeforeValidator(_text_only), AfterValidator(_aware)]
_Decimal = Annotated[Decimal, BeforeValidator(_not_bool)]
BYTES = Annotated[bytes, BeforeValidator(_from_base64), WithJsonSchema({"type": "string", "contentEncoding": "base64"})]
_Json = Annotated[Any, AfterValidator(check_json)]
DECIMAL_OUT = Annotated[
    Decimal, PlainSerializer(str, return_type=str), WithJsonSchema({"type": "string", "format": "decimal"})
]

ARRAY = "django.contrib.postgres.fields.array.ArrayField"
SMALL, INT, BIG = 2**15, 2**31, 2**63

#: Django's field class -> finished type; looked up along the field's class hierarchy.
TABLE: dict[type[models.Field[Any, Any]], Scalar] = {
    models.SmallIntegerField: _integer(-SMALL, SMALL - 1),
    models.IntegerField: _integer(-INT, INT - 1),
    models.BigIntegerField: _integer(-BIG, BIG - 1),
    models.PositiveSmallIntegerField: _integer(0, SMALL - 1),
    models.PositiveIntegerField: _integer(0, INT - 1),
    models.PositiveBigIntegerField: _integer(0, BIG - 1),
    models.SmallAutoField: _integer(-SMALL, SMALL - 1),
    models.AutoField: _integer(-INT, INT - 1),
    # Numbers that a database counts up reach no 2^53: exports may call them numbers.
    models.BigAutoField: _integer(-BIG, BIG - 1, **{"x-counted": True}),
    models.BooleanField: Scalar(bool, bool),
    models.CharField: Scalar(Text, str),
    models.TextField: Scalar(Text, str),
    models.FilePathField: Scalar(Text, str),
    models.FloatField: Scalar(Annotated[float, BeforeValidator(_not_bool), Field(allow_inf_nan=False)], float),
    models.DecimalField: Scalar(_Decimal, DECIMAL_OUT),
    models.DateTimeField: Scalar(_Moment, dt.datetime),
    models.DateField: Scalar(Annotated[dt.date, BeforeValidator(_text_only)], dt.date),
    models.TimeField: Scalar(Annotated[dt.time, BeforeValidator(_text_only), AfterValidator(_no_zone)], dt.time),
    models.DurationField: Scalar(
        Annotated[dt.timedelta, BeforeValidator(_text_only), AfterValidator(_in_range)], dt.timedelta
    ),
    models.UUIDField: Scalar(uuid.UUID, uuid.UUID),
    models.BinaryField: Scalar(BYTES, BYTES),
    models.JSONField: Scalar(_Json, Any),
    models.GenericIPAddressField: Scalar(Annotated[str, BeforeValidator(_address)], str),
}


def scalar_of(model_field: Any) -> Scalar | None:
    """The finished type of a concrete model field, without nullability; None for a field class that is not known."""
    if isinstance(model_field, models.ForeignKey):
        return scalar_of(model_field.target_field)
    if isinstance(model_field, models.GeneratedField):
        return scalar_of(model_field.output_field)
    if isinstance(model_field, models.FileField):
        # No file is null, not an empty text; but it stays `str` to a declaration, as it is to the model.
        travels = Annotated[str, WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "null"}]})]
        return Scalar(str, travels if model_field.blank else str, dump=_file_url(model_field))
    if isinstance(model_field, getattr(models, "CompositePrimaryKey", ())):
        return _composite(model_field)
    if is_array(model_field):
        return _array(model_field)
    for cls in type(model_field).__mro__:
        if cls in TABLE:
            return _constrained(model_field, TABLE[cls])
    return None


def is_array(model_field: Any) -> bool:
    """Whether it is django.contrib.postgres' ArrayField, which can only be imported where psycopg is."""
    return any(f"{cls.__module__}.{cls.__name__}" == ARRAY for cls in type(model_field).__mro__)


def _array(model_field: Any) -> Scalar | None:
    inner = scalar_of(model_field.base_field)
    if inner is None:
        return None
    item, dump = inner.input, inner.dump
    most = Field(max_length=model_field.size) if model_field.size else Field()
    dumped = None if dump is None else lambda values: [None if value is None else dump(value) for value in values]
    return Scalar(Annotated[list[item], most], list[inner.output], dumped)  # type: ignore[name-defined,valid-type]


def _constrained(model_field: Any, scalar: Scalar) -> Scalar:
    if isinstance(model_field, models.CharField) and model_field.max_length and not model_field.choices:
        return Scalar(Annotated[scalar.input, Field(max_length=model_field.max_length)], scalar.output, scalar.dump)
    return scalar


def _file_url(model_field: models.FileField) -> Callable[[Any], str | None]:
    return lambda name: model_field.storage.url(name) if name else None


def _composite(model_field: Any) -> Scalar:
    """A composite key travels as its percent-encoded parts, joined by commas."""
    parts = [scalar_of(part) for part in model_field.fields]

    def parse(value: Any) -> tuple[Any, ...]:
        texts = value.split(",") if isinstance(value, str) else ()
        if len(texts) != len(parts):
            raise ValueError(f"a text of {len(parts)} parts joined by commas")
        try:
            return tuple(part.to_python(unquote(text)) for part, text in zip(model_field.fields, texts, strict=True))
        except ValidationError:  # Django's own, which Pydantic would let through
            raise ValueError(f"a text of {len(parts)} parts, each a value of its column") from None

    def dump(value: tuple[Any, ...]) -> str:
        return ",".join(quote(str(part), safe="") for part in value)

    return Scalar(Annotated[Any, BeforeValidator(parse), WithJsonSchema({"type": "string"})], str, dump)


def enum_of(model_field: Any, name: str) -> tuple[type[Enum] | None, tuple[tuple[Any, str], ...]]:
    """An Enum class and the (value, label) pairs of a field's choices.

    Choices that a function gives are none: it may ask the database, and answer differently later. A write is held to
    them by the model's own validation.
    """
    if isinstance(getattr(model_field, "choices", None), CallableChoiceIterator):
        return None, ()
    return enum_of_pairs(getattr(model_field, "flatchoices", ()), name)


def enum_of_pairs(
    choices: Iterable[tuple[Any, Any]], name: str
) -> tuple[type[Enum] | None, tuple[tuple[Any, str], ...]]:
    """The same of (value, label) pairs."""
    labelled = [
        (value.value if isinstance(value, Enum) else value, label) for value, label in choices if value is not None
    ]
    pairs = tuple((value, str(label)) for value, label in labelled)
    if not pairs:
        return None, ()
    with translation.override(None):  # labels as they are written, so that the names are the same in every language
        names = [_member(value, str(label)) for value, label in labelled]
    if len(set(names)) < len(names):
        names = [f"{member}_{number}" for number, member in enumerate(names)]
    return Enum(name, dict(zip(names, (value for value, _ in pairs), strict=True))), pairs  # type: ignore[return-value]


def _member(value: Any, label: str) -> str:
    """The name of a choice in every schema language: from a text its value, from anything else, or from a text that makes no
    name, its label."""
    words = [_word(text) for text in ((value, label) if isinstance(value, str) else (label,))]
    return next((word for word in words if word and not word[0].isdigit()), f"VALUE_{_word(str(value))}".strip("_"))


def _word(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Z0-9]+", "_", plain.upper()).strip("_")


def with_choices(model_field: Any, scalar: Scalar, pairs: tuple[tuple[Any, str], ...]) -> Scalar:
    """The type narrowed to the choices' values; a blank text is a value where the model allows it."""
    values = [value for value, _ in pairs]
    if model_field.blank and isinstance(values[0], str) and "" not in values:
        values.append("")
    if not all(type(value) is str for value in values) and not all(type(value) is int for value in values):
        # Decimals, dates, booleans: no Literal has such values, and a client sends them as any other value of their type.
        return Scalar(Annotated[scalar.input, AfterValidator(_one_of(values))], scalar.output, scalar.dump)
    kind: Any = Literal[tuple(values)]
    numbers = isinstance(values[0], int)
    return Scalar(Annotated[kind, BeforeValidator(_number if numbers else _not_bool)], kind, scalar.dump)


def _one_of(values: list[Any]) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if value not in values:
            raise ValueError(f"one of {', '.join(str(item) for item in values)}")
        return value

    return check


def resolve_path(model: type[models.Model], path: str) -> list[Any]:
    """The model fields that a lookup path (``team__members__email``) goes through. Raises FieldDoesNotExist."""
    fields: list[Any] = []
    current: Any = model
    for part in path.split("__"):
        if current is None or isinstance(current, str):
            raise FieldDoesNotExist(part)
        found = current._meta.pk if part == "pk" else _named(current, part)
        fields.append(found)
        current = found.related_model if found.is_relation and found.related_model != "self" else None
    return fields


def is_path(model: type[models.Model], path: str) -> bool:
    """Whether a lookup path leads anywhere."""
    try:
        resolve_path(model, path)
    except FieldDoesNotExist:
        return False
    return True


def _named(model: Any, part: str) -> Any:
    try:
        return model._meta.get_field(part)
    except FieldDoesNotExist:
        for candidate in model._meta.concrete_fields:
            if candidate.attname == part:
                return candidate
        raise


def is_declared(field: Any) -> bool:
    """Whether the model declares a field itself, and it is not another model's relation seen from behind. To Django before 6.0 a
    many-to-many relation was `concrete` as well."""
    return bool(field.concrete or (field.many_to_many and not field.auto_created))


def may_be_null(fields: list[Any]) -> bool:
    """Whether a path can lead to no value: through an empty column, or a relation that others point back by."""
    return any(part.null if is_declared(part) else part.is_relation for part in fields)


def crosses_many(fields: list[Any]) -> bool:
    """Whether a path yields several values for one row."""
    return any(part.is_relation and (part.many_to_many or part.one_to_many) for part in fields)
