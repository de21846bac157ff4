"""Every field class of Django's, and some of others, has a finished type."""

from __future__ import annotations

import datetime as dt
import inspect
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy
from pydantic import TypeAdapter, ValidationError

from binding_schema import Binding, auto
from binding_schema.compile.typemap import enum_of, scalar_of

from .helpers import accepts, row_schema, stream
from .models import Choosy, Strange

OPTIONS: dict[type, dict[str, Any]] = {
    models.CharField: {"max_length": 9},
    models.DecimalField: {"max_digits": 5, "decimal_places": 2},
    models.FilePathField: {"path": "/"},
    models.GeneratedField: {
        "expression": models.F("id"), "output_field": models.DateField(), "db_persist": True,
    },
}  # fmt: skip
#: What has no value of a row's own.
RELATIONS = (models.ForeignObject, models.ManyToManyField, models.CompositePrimaryKey)
#: Kept by Django for old migrations only.
REMOVED = (models.IPAddressField, models.NullBooleanField)
CLASSES = sorted(
    (
        item
        for _, item in inspect.getmembers(models, inspect.isclass)
        if issubclass(item, models.Field) and item is not models.Field and not issubclass(item, (*RELATIONS, *REMOVED))
    ),
    key=lambda item: item.__name__,
)


def made(kind: type[Any]) -> Any:
    found = kind(**next((value for key, value in OPTIONS.items() if issubclass(kind, key)), {}))
    found.name = found.attname = "value"
    return found


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_class_of_djangos_has_a_type_with_a_json_schema(kind: type[Any]) -> None:
    scalar = scalar_of(made(kind))
    assert scalar is not None
    assert TypeAdapter(scalar.input).json_schema(mode="validation") is not None
    assert TypeAdapter(scalar.output).json_schema(mode="serialization") is not None


VALUES: list[tuple[type[Any], Any, Any]] = [
    (models.BooleanField, True, True),
    (models.CharField, "abc", "abc"),
    (models.TextField, "a\nb", "a\nb"),
    (models.EmailField, "a@b.org", "a@b.org"),
    (models.IntegerField, 2**31 - 1, 2**31 - 1),
    (models.BigIntegerField, str(2**63 - 1), 2**63 - 1),
    (models.PositiveSmallIntegerField, 0, 0),
    (models.FloatField, 1.5, 1.5),
    (models.DecimalField, "1.50", Decimal("1.50")),
    (models.DateField, "2024-02-29", dt.date(2024, 2, 29)),
    (models.DateTimeField, "2024-02-29T12:00:00+02:00", dt.datetime(2024, 2, 29, 10, tzinfo=dt.UTC)),
    (models.TimeField, "12:30", dt.time(12, 30)),
    (models.DurationField, "PT90S", dt.timedelta(seconds=90)),
    (models.UUIDField, str(uuid.UUID(int=1)), uuid.UUID(int=1)),
    (models.BinaryField, "AAE=", b"\x00\x01"),
    (models.JSONField, {"a": [1, None]}, {"a": [1, None]}),
    (models.GenericIPAddressField, "::0001", "::1"),
    (models.GeneratedField, "2024-02-29", dt.date(2024, 2, 29)),
]
WRONG: list[tuple[type[Any], list[Any]]] = [
    (models.BooleanField, ["maybe", 2, [], None]),
    (models.CharField, [5, True, "a\x00", "0123456789", None]),
    (models.TextField, [5, "\x00", None]),
    (models.IntegerField, [2**31, -(2**31) - 1, 1.5, True, "x", None]),
    (models.BigIntegerField, [2**63, str(2**63), True]),
    (models.PositiveIntegerField, [-1]),
    (models.FloatField, [True, "x", float("inf"), float("nan")]),
    (models.DecimalField, [True, "x", "NaN"]),
    (models.DateField, ["2024-02-30", 5, True]),
    (models.DateTimeField, [1700000000, "yesterday", "0001-01-01T00:00:00+23:00"]),
    (models.TimeField, ["25:00", 5, "12:00+02:00"]),
    (models.DurationField, [5, "P300000000D"]),
    (models.UUIDField, ["1", 5]),
    (models.BinaryField, ["*", 5]),
    (models.JSONField, ["\x00", {"\x00": 1}]),
    (models.GenericIPAddressField, ["1.2.3", 5]),
]


@pytest.mark.parametrize("kind, sent, value", VALUES, ids=lambda item: getattr(item, "__name__", None))
def test_a_json_value_becomes_the_models_value(kind: type[Any], sent: Any, value: Any) -> None:
    assert accepts(scalar_of(made(kind)), sent) == value


@pytest.mark.parametrize("kind, wrong", WRONG, ids=lambda item: getattr(item, "__name__", None))
def test_a_wrong_json_value_is_refused(kind: type[Any], wrong: list[Any]) -> None:
    for value in wrong:
        with pytest.raises(ValidationError):
            accepts(scalar_of(made(kind)), value)


def test_a_field_class_of_ones_own_is_like_the_one_it_extends() -> None:
    class Odd(Binding[Strange]):
        stream = None
        id: auto
        price: Decimal

    assert accepts(stream(Odd).fields["price"].type, "1.5") == Decimal("1.5")


def test_an_unknown_field_class_has_the_type_that_is_stated() -> None:
    class Odd(Binding[Strange]):
        stream = None
        id: auto
        shade: str

    assert row_schema(stream(Odd))["properties"]["shade"]["type"] == "string"


def test_arrays() -> None:
    class Odd(Binding[Strange]):
        stream = None
        id: auto
        numbers: list[int]
        prices: list[Decimal]

    found = stream(Odd).fields
    assert accepts(found["numbers"].type, [1, 2]) == [1, 2]
    assert accepts(found["prices"].type, ["1.5"]) == [Decimal("1.5")]
    for value in ([1, 2, 3, 4], [2**31], 5, None):
        with pytest.raises(ValidationError):
            accepts(found["numbers"].type, value)
    rows = row_schema(stream(Odd))["properties"]
    assert rows["numbers"]["items"] == {"type": "integer"}
    assert rows["prices"]["items"]["type"] == "string"


# Choices --------------------------------------------------------------------------------------------------------------


class Moody(Binding[Choosy]):
    abstract = True
    stream = None
    fields = "__all__"


def choosy(name: str) -> Any:
    class Odd(Moody):
        pass

    return stream(Odd).fields[name]


def test_an_empty_choice_is_null_and_no_value() -> None:
    found = choosy("mood")
    assert found.nullable
    assert found.choices == (("good", "Good"), ("bad", "Bad"))


def test_choices_that_are_members_of_an_enum() -> None:
    found = choosy("member")
    assert found.choices == (("good", "Fine"),)
    assert accepts(found.type, "good") == "good"


@pytest.mark.parametrize(
    "name, right, wrong",
    [
        ("answer", [(True, True), (False, False)], ["x", None]),
        ("rate", [("0.07", Decimal("0.07")), ("0.190", Decimal("0.19"))], ["0.10", True]),
        ("born", [("2020-01-01", dt.date(2020, 1, 1))], ["2022-01-01", 5]),
        ("sign", [("+", "+"), ("", ""), ("9a", "9a")], ["*", None, 9]),
    ],
)
def test_choices_that_are_no_texts(name: str, right: list[tuple[Any, Any]], wrong: list[Any]) -> None:
    kind = choosy(name).type
    for sent, value in right:
        assert accepts(kind, sent) == value
    for value in wrong:
        with pytest.raises(ValidationError):
            accepts(kind, value)


def test_the_names_of_an_enum_are_names() -> None:
    """A text's own, where it makes one; else the label's, and of numbers always."""
    assert [item.name for item in choosy("sign").enum] == ["PLUS", "MINUS", "NINE", "NONE"]
    assert [item.name for item in choosy("mood").enum] == ["GOOD", "BAD"]
    assert [item.name for item in choosy("rate").enum] == ["LOW", "HIGH"]


@pytest.mark.parametrize(
    "choices, names",
    [
        ([(1, "Low"), (2, "Very high!")], ["LOW", "VERY_HIGH"]),
        ([(1, "Für später"), (2, "2nd")], ["FUR_SPATER", "VALUE_2"]),
        ([(1, "Same"), (2, "same")], ["SAME_0", "SAME_1"]),
        ([(-1, "東京"), (0, "")], ["VALUE_1", "VALUE_0"]),
        ([("naïve-Étude", "x"), ("_private_", "y")], ["NAIVE_ETUDE", "PRIVATE"]),
    ],
)
def test_names_of_choices(choices: list[Any], names: list[str]) -> None:
    found, _ = enum_of(models.IntegerField(choices=choices), "Odd")
    assert found is not None
    assert [(item.name, item.value) for item in found] == list(zip(names, dict(choices), strict=True))


def test_names_of_choices_are_the_same_in_every_language() -> None:
    item = models.IntegerField(choices=[(1, gettext_lazy("Yes")), (2, gettext_lazy("No"))])
    with translation.override("de"):
        found, pairs = enum_of(item, "Odd")
    assert found is not None
    assert [member.name for member in found] == ["YES", "NO"]
    assert pairs == ((1, "Ja"), (2, "Nein"))


def test_choices_that_a_function_gives_are_not_asked_for_at_start_up() -> None:
    """`currencies` of the model raises when it is called: it may want a table that is not there yet."""
    found = choosy("currency")
    assert (found.choices, found.enum) == ((), None)
    assert accepts(found.type, "EUR") == "EUR"
