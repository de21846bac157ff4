"""The one table from Django REST framework's fields to types that Pydantic knows: what a value is as it travels."""

from __future__ import annotations

import datetime as dt
import sys
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Union

from pydantic import Field as Limits
from pydantic import PlainSerializer, PydanticUserError, TypeAdapter, WithJsonSchema
from pydantic.errors import PydanticUndefinedAnnotation
from rest_framework import fields, relations, serializers
from rest_framework.settings import api_settings
from typing_extensions import get_type_hints

from .sources import BIG_INTEGER, scalar_of_model_field

DECIMAL_TEXT = Annotated[
    Decimal, PlainSerializer(str, return_type=str), WithJsonSchema({"type": "string", "format": "decimal"})
]


def _text(field: Any) -> Any:
    least, most = getattr(field, "min_length", None), getattr(field, "max_length", None)
    return str if least is None and most is None else Annotated[str, Limits(min_length=least, max_length=most)]


def _iso(setting: str, kind: Any) -> Callable[[Any], Any]:
    """The type of a date or time, if it travels as ISO 8601; text, if the project formats it otherwise."""

    def of(field: Any) -> Any:
        wanted = getattr(field, "format", getattr(api_settings, setting))
        return kind if wanted is None or str(wanted).lower() == "iso-8601" else str

    return of


def _duration(field: Any) -> Any:
    wanted = getattr(field, "format", getattr(api_settings, "DURATION_FORMAT", "django"))
    return dt.timedelta if wanted is not None and str(wanted).lower() == "iso-8601" else str


def _decimal(field: Any) -> Any:
    return DECIMAL_TEXT if getattr(field, "coerce_to_string", api_settings.COERCE_DECIMAL_TO_STRING) else float


def _big(field: Any) -> Any:
    as_text = getattr(field, "coerce_to_string", getattr(api_settings, "COERCE_BIGINT_TO_STRING", False))
    return str if as_text else BIG_INTEGER


def _uuid(field: Any) -> Any:
    return {"hex_verbose": uuid.UUID, "int": BIG_INTEGER}.get(field.uuid_format, str)


def _choice(field: Any) -> Any:
    values = list(field.choices)
    if field.allow_blank and "" not in values:
        values.append("")
    plain = all(type(value) is str for value in values) or all(type(value) is int for value in values)
    return Literal[tuple(values)] if values and plain else Any


#: Field class -> its type, or a function of the field that gives it. Looked up along the class hierarchy.
TABLE: Final[Mapping[type, Any]] = {
    fields.BooleanField: bool,
    fields.CharField: lambda field: str,
    fields.IntegerField: int,
    fields.FloatField: float,
    fields.DecimalField: _decimal,
    fields.DateTimeField: _iso("DATETIME_FORMAT", dt.datetime),
    fields.DateField: _iso("DATE_FORMAT", dt.date),
    fields.TimeField: _iso("TIME_FORMAT", dt.time),
    fields.DurationField: _duration,
    fields.UUIDField: _uuid,
    fields.ChoiceField: _choice,
    fields.MultipleChoiceField: lambda field: list[_choice(field)],  # type: ignore[misc]
    fields.FilePathField: str,
    fields.FileField: str,
    fields.JSONField: Any,
    fields.ModelField: lambda field: scalar_of_model_field(field.model_field) or Any,
    relations.StringRelatedField: str,
    relations.HyperlinkedRelatedField: str,
}
if hasattr(fields, "BigIntegerField"):
    TABLE[fields.BigIntegerField] = _big  # type: ignore[index]

#: What a client writes, where that is not what it reads. Values in other forms are taken too; these are what schemas tell of.
WRITTEN: Final[Mapping[type, Any]] = {
    fields.CharField: _text,
    fields.DecimalField: Annotated[Decimal, WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "number"}]})],
    fields.DateTimeField: dt.datetime,
    fields.DateField: dt.date,
    fields.TimeField: dt.time,
}


def scalar(field: Any, *, written: bool) -> Any:
    """The type of a field that holds one value, without None; Any for a class that is not known, or that has code of its own."""
    own = "to_internal_value" if written else "to_representation"
    known = stock(type(field))
    if own_code(type(field), own):
        return Any if written else annotated_type(getattr(type(field), own))[0]
    for table in (WRITTEN, TABLE) if written else (TABLE,):
        for cls in known.__mro__:
            if cls in table:
                kind = table[cls]
                return kind(field) if callable(kind) and not isinstance(kind, type) and not _is_type(kind) else kind
    return Any


def _is_type(kind: Any) -> bool:
    return hasattr(kind, "__origin__") or hasattr(kind, "__metadata__") or kind is Any


def stock(cls: type) -> type:
    """The framework's own class that a field's class is based on."""
    return next(base for base in cls.__mro__ if is_stock(base))


def is_stock(cls: type) -> bool:
    """Whether a class is the framework's own. One that is made by a call of ``type`` says so too, and is not."""
    named = cls.__module__.partition(".")[0] in ("rest_framework", "builtins")
    return named and getattr(sys.modules.get(cls.__module__), cls.__name__, None) is cls


def own_code(cls: type, name: str) -> bool:
    """Whether a method of a class is other code than the framework's."""
    return not next((is_stock(base) for base in cls.__mro__ if name in vars(base)), True)


def annotated_type(function: Any) -> tuple[Any, bool]:
    """(the type that a function says it returns, whether it may be None); Any where that cannot travel as JSON."""
    try:
        found = get_type_hints(getattr(function, "fget", function), include_extras=True).get("return", Any)
        kind, none = split_none(found)
        kind = dumped(kind)
        TypeAdapter(kind).json_schema(mode="serialization")
    except (NameError, TypeError, PydanticUserError, PydanticUndefinedAnnotation):
        return Any, True
    return kind, none


def dumped(kind: Any) -> Any:
    """What the framework's encoder makes of a value of this type: it has its own way with some."""
    return {Decimal: float, dt.timedelta: str, bytes: str}.get(kind, kind) if isinstance(kind, type) else kind


def split_none(kind: Any) -> tuple[Any, bool]:
    """(the type without None, whether None was part of it)."""
    members = getattr(kind, "__args__", ())
    if type(None) not in members:
        return kind, False
    rest = tuple(item for item in members if item is not type(None))
    return Union[rest] if rest else Any, True  # noqa: UP007 - made of a tuple


def is_many(field: Any) -> bool:
    return isinstance(field, (serializers.ListSerializer, relations.ManyRelatedField, fields.ListField))
