"""Mistakes that are found at start-up, and the types of what cannot be known by then."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any, Literal

import django_filters
import pytest
from django import forms
from django.test import override_settings
from rest_framework import permissions, serializers, throttling
from rest_framework.settings import DEFAULTS

from binding_schema import Binding, extend
from binding_schema_drf.adapter import RestFrameworkAdapter
from binding_schema_drf.checks import check_scopes
from binding_schema_drf.serializers import RowSerializer
from binding_schema_drf.sharing import same_for_all
from shop.bindings import ScopedBinding
from shop.models import Line, Order, Product

adapter = RestFrameworkAdapter()


class Base(Binding[Order]):
    """Abstract: what a test declares is no part of the project."""

    abstract = True


class ReadOnlyBase(Binding[Order]):
    abstract = True
    verbs = ["retrieve", "list"]


class OfProducts(Binding[Product]):
    abstract = True


class LineSerializer(serializers.ModelSerializer):
    class Meta:
        model = Line
        fields = ["product", "quantity"]


class NestedSerializer(serializers.ModelSerializer):
    lines = LineSerializer(many=True)

    class Meta:
        model = Order
        fields = ["id", "number", "lines"]


class NamedKeySerializer(serializers.ModelSerializer):
    id = serializers.CharField(source="number")

    class Meta:
        model = Order
        fields = ["id"]


class BrokenSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["nothing"]


def refused(binding: Any, item: Any) -> extend.Misdeclared:
    with pytest.raises(extend.Misdeclared) as raised:
        adapter.serializer(binding, item)
    return raised.value


def test_a_serializer_that_would_fail_at_its_first_write_is_refused() -> None:
    error = refused(Base, NestedSerializer)
    assert error.message == "its nested field 'lines' is writable, and it has no create() of its own."
    assert error.hint == "Write create(), or lines = ...(read_only=True)."
    assert isinstance(adapter.serializer(ReadOnlyBase, NestedSerializer), RowSerializer)


def test_a_serializer_that_cannot_be_made_is_refused() -> None:
    error = refused(Base, BrokenSerializer)
    assert "BrokenSerializer cannot be made: ImproperlyConfigured: Field name `nothing` is not valid" in error.message
    assert "id" in refused(Base, NamedKeySerializer).message
    assert refused(OfProducts, NestedSerializer).message == "NestedSerializer is of Order."


def test_what_is_not_the_frameworks_is_left_to_others() -> None:
    assert adapter.serializer(Base, object) is None
    assert adapter.permission(object) is None
    assert adapter.throttle(object) is None
    assert adapter.authentication(object) is None
    assert adapter.filters(Base, object) is None


class Filters(django_filters.FilterSet):
    class Meta:
        model = Product
        fields = ["kind"]


class Ordered(Filters):
    by = django_filters.OrderingFilter(fields=["price", "name"])


class Required(Filters):
    kind = django_filters.CharFilter(required=True)


class Whole(Filters):
    @property
    def qs(self) -> Any:
        return super().qs.filter(active=True)


class CheckedForm(forms.Form):
    def clean(self) -> Any:
        raise forms.ValidationError("never")


class Checked(Filters):
    class Meta(Filters.Meta):
        form = CheckedForm


@pytest.mark.parametrize(
    "item, message, hint",
    [
        (Ordered, "its filter 'by' is an OrderingFilter.", "Write ordering = ['name', 'price'] on the binding"),
        (Required, "its filter 'kind' is required.", "Take required=True away"),
        (Whole, "Whole has qs of its own.", "visible_to says what a user may see"),
        (Checked, "Checked has a form with clean() of its own.", "filter_queryset(ctx, queryset, data)"),
    ],
)
def test_a_filterset_that_cannot_be_asked_filter_by_filter_is_refused(item: Any, message: str, hint: str) -> None:
    with pytest.raises(extend.Misdeclared) as raised:
        adapter.filters(OfProducts, item)
    assert raised.value.message == message
    assert hint in raised.value.hint


def test_a_throttle_without_a_rate_is_refused() -> None:
    class Unknown(throttling.UserRateThrottle):
        scope = "unknown"

    with pytest.raises(extend.Misdeclared) as raised:
        adapter.throttle(Unknown)
    assert raised.value.hint == 'Write REST_FRAMEWORK = {"DEFAULT_THROTTLE_RATES": {"unknown": "100/minute"}}.'


@pytest.mark.parametrize(
    "scope, rates, found", [("uploads", {"uploads": "1/min"}, []), (None, {}, ["E001"]), ("uploads", {}, ["E002"])]
)
def test_a_scope_and_its_rate_are_there(scope: Any, rates: Any, found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_scopes() == []
    monkeypatch.setattr(ScopedBinding, "throttle_scope", scope)
    monkeypatch.setattr(throttling.ScopedRateThrottle, "THROTTLE_RATES", rates)
    said = check_scopes()
    assert [message.id for message in said] == [f"binding_schema_drf.{code}" for code in found]
    assert all("ScopedBinding" in str(message) and str(message.hint).startswith("Write ") for message in said)


def test_a_permission_that_cannot_be_made_is_refused() -> None:
    class Needs(permissions.BasePermission):
        def __init__(self, team: int) -> None: ...

    with pytest.raises(TypeError):
        adapter.permission(Needs)
    assert adapter.permission(Needs(3)) is not None


# Types --------------------------------------------------------------------------------------------------------------------


def outputs(item: Any, binding: Any = Base) -> dict[str, Any]:
    return {field.name: field.output for field in RowSerializer(binding, item).fields}


class Shouting(serializers.CharField):
    def to_representation(self, value: Any) -> list[str]:
        return [value, "!"]


class Silent(serializers.CharField):
    def to_representation(self, value):  # type: ignore[no-untyped-def]
        return value


class KindsSerializer(serializers.Serializer):
    flag = serializers.BooleanField()
    moment = serializers.DateTimeField()
    other_moment = serializers.DateTimeField(format=None)
    year = serializers.DateTimeField(format="%Y")
    day = serializers.DateField()
    time = serializers.TimeField()
    span = serializers.DurationField()
    key = serializers.UUIDField()
    short_key = serializers.UUIDField(format="hex")
    price = serializers.DecimalField(5, 2, coerce_to_string=False)
    number = serializers.ChoiceField(choices=[1, 2])
    mixed = serializers.ChoiceField(choices=[1, "one"])
    blank = serializers.ChoiceField(choices=["a"], allow_blank=True)
    texts = serializers.ListField(child=serializers.CharField(allow_null=True))
    free = serializers.ListField()
    tree = serializers.DictField(child=serializers.ListField(child=serializers.IntegerField()))
    loud = Shouting()
    silent = Silent()
    method = serializers.SerializerMethodField()
    dated = serializers.SerializerMethodField()
    odd = serializers.SerializerMethodField()
    missing = serializers.SerializerMethodField()
    hidden = serializers.HiddenField(default=1)

    def get_method(self, obj: Any) -> Decimal | None: ...
    def get_dated(self, obj: Any) -> dt.date: ...
    def get_odd(self, obj: Any) -> Order: ...
    def get_missing(self, obj: Any) -> Nowhere: ...  # type: ignore[name-defined]  # noqa: F821


def test_the_type_of_each_field() -> None:
    found = outputs(KindsSerializer)
    assert found == {
        "flag": bool,
        "moment": dt.datetime,
        "other_moment": dt.datetime,
        "year": str,
        "day": dt.date,
        "time": dt.time,
        "span": str,
        "key": uuid.UUID,
        "short_key": str,
        "price": float,
        "number": Literal[1, 2],
        "mixed": Any,
        "blank": Literal["a", ""],
        "texts": list[str | None],
        "free": list[Any],
        "tree": dict[str, list[int]],
        "loud": list[str],
        "silent": Any,
        "method": float,
        "dated": dt.date,
        "odd": Any,
        "missing": Any,
    }
    nullable = {field.name for field in RowSerializer(Base, KindsSerializer).fields if field.nullable}
    assert nullable == {"method", "odd", "missing"}


@override_settings(
    REST_FRAMEWORK={
        "DATETIME_FORMAT": "%d.%m.%Y",
        "DATE_FORMAT": None,
        "COERCE_DECIMAL_TO_STRING": False,
        "DURATION_FORMAT": "iso-8601",
    }
)
def test_the_frameworks_settings_count() -> None:
    found = outputs(KindsSerializer)
    span = dt.timedelta if "DURATION_FORMAT" in DEFAULTS else str  # older ones have no such setting
    assert (found["moment"], found["day"], found["span"]) == (str, dt.date, span)


class Tree(serializers.Serializer):
    name = serializers.CharField()

    def get_fields(self) -> Any:
        found = super().get_fields()
        if not isinstance(self.parent, Tree):
            found["child"] = Tree()
        return found


def test_a_serializer_may_nest_itself() -> None:
    assert "child" in outputs(Tree, ReadOnlyBase)


# Sharing ------------------------------------------------------------------------------------------------------------------


def is_shared(**members: Any) -> bool:
    return same_for_all(type("Some", (serializers.Serializer,), members)())


def reads_self(self: Any, obj: Any) -> Any:
    return self.context


def ignores_self(self: Any, obj: Any) -> Any:
    return obj.name


def closes_over_self(self: Any, obj: Any) -> Any:
    return [self for _ in obj]


def any_arguments(*args: Any) -> Any:
    return args[0].context


def by_super(self: Any, obj: Any) -> Any:
    return super().context  # type: ignore[misc]


@pytest.mark.parametrize("method", [reads_self, closes_over_self, any_arguments, by_super, lambda self, obj: self])
def test_a_method_that_may_see_the_request_makes_rows_for_each_user(method: Any) -> None:
    assert not is_shared(x=serializers.SerializerMethodField(), get_x=method)


def test_code_for_writes_alone_does_not() -> None:
    assert is_shared(
        x=serializers.SerializerMethodField(),
        get_x=ignores_self,
        validate=reads_self,
        validate_x=reads_self,
        create=reads_self,
    )
    assert is_shared(x=serializers.SerializerMethodField(), get_x=staticmethod(lambda obj: obj.name))
    assert not is_shared(x=serializers.CharField(), to_representation=ignores_self)
    assert not is_shared(x=serializers.CharField(), get_fields=reads_self)
    assert not is_shared(x=Silent())
    assert not is_shared(x=serializers.ListField(child=Silent()))
    assert not is_shared(x=serializers.FileField())
    assert not is_shared(x=serializers.CharField(default=serializers.CurrentUserDefault()))
    assert is_shared(x=LineSerializer(many=True), y=serializers.HiddenField(default=serializers.CurrentUserDefault()))
