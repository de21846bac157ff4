"""Writes through serializers: what they may refer to, the hooks, and what holds around them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from rest_framework import exceptions
from rest_framework.test import APIClient
from rest_framework.validators import UniqueTogetherValidator, UniqueValidator

from binding_schema import errors, extend
from shop.models import Letter, Line, Order, Private, Product
from shop.serializers import OrderSerializer, PrivateSerializer

INVISIBLE = {"code": "does_not_exist", "message": 'Invalid pk "{}" - object does not exist.'}


def invisible(pk: Any) -> list[dict[str, str]]:
    return [{"code": "does_not_exist", "message": INVISIBLE["message"].format(pk)}]


def test_a_write_refers_to_what_the_user_sees_and_to_nothing_else(shop: Any) -> None:
    mine, theirs = shop.privates
    made = extend.call(shop.alice, "shop.Letter.create", {"about": mine.pk, "others": [mine.pk], "text": "mine"})
    assert made["success"]
    for pk in (theirs.pk, 999999):
        refused = extend.call(
            shop.alice, "shop.Letter.create", {"about": pk, "others": [mine.pk, pk], "text": "not mine"}
        )
        # What is hidden and what does not exist are told in the same words.
        assert refused == {"success": False, "errors": {"about": invisible(pk), "others": invisible(pk)}}
    refused = extend.call(shop.alice, "shop.Letter.update", {"id": made["id"], "about": theirs.pk})
    assert refused["errors"] == {"about": invisible(theirs.pk)}
    letter = Letter.objects.get()
    assert (letter.about, [*letter.others.all()], letter.text) == (mine, [mine], "mine")


def test_unknown_and_read_only_keys_are_refused(shop: Any) -> None:
    with pytest.raises(errors.InvalidData) as raised:
        extend.call(shop.alice, "shop.Order.create", {"number": "1", "lines": [], "colour": "red", "manual": "x"})
    codes = {name: items[0]["code"] for name, items in raised.value.errors.items()}
    assert codes == {"lines": "read_only", "colour": "unknown", "manual": "unknown"}
    with pytest.raises(errors.InvalidData) as raised:
        extend.call(shop.alice, "shop.EveryColumn.update", {"id": shop.products[0].pk, "manual": "x", "made_at": None})
    assert {items[0]["code"] for items in raised.value.errors.values()} == {"read_only"}


def test_a_batch_is_written_whole_or_not_at_all(shop: Any) -> None:
    rows = [
        {"number": "B1"},
        {"id": shop.orders[0].pk, "remark": "in a batch"},
        {"number": ""},
        {"id": 999999, "number": "x"},
    ]
    refused = extend.call(shop.alice, "shop.Order.save", {"rows": rows})
    assert {
        row: {name: items[0]["code"] for name, items in found.items()} for row, found in refused["errors"].items()
    } == {"3": {"id": "not_found"}}
    refused = extend.call(shop.alice, "shop.Order.save", {"rows": rows[:3]})
    assert {
        row: {name: items[0]["code"] for name, items in found.items()} for row, found in refused["errors"].items()
    } == {"2": {"number": "blank"}}
    assert not Order.objects.filter(number="B1") | Order.objects.filter(remark="in a batch")
    made = extend.call(shop.alice, "shop.Order.save", {"rows": rows[:2]})
    assert made["ids"][1] == shop.orders[0].pk
    assert Order.objects.get(number="B1").customer == shop.alice
    assert Order.objects.get(pk=shop.orders[0].pk).remark == "in a batch"


def test_a_serializer_that_fails_half_way_leaves_nothing(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(Line.objects, "bulk_create", fail)
    data = {"number": "HALF", "lines": [{"product": shop.products[0].pk}]}
    with pytest.raises(errors.Internal):
        extend.call(shop.alice, "shop.WritableOrder.create", data)
    assert not Order.objects.filter(number="HALF").exists()


def test_what_a_constraint_of_the_database_refuses_is_told_by_its_field(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two writers that validated at the same moment: the second one's unique value is taken when it is saved."""
    for validator in (UniqueValidator, UniqueTogetherValidator):
        monkeypatch.setattr(validator, "__call__", lambda *args: None)
    data = {"name": "Fresh", "code": shop.products[0].code, "price": 1}
    refused = extend.call(shop.alice, "shop.Validated.create", data)
    assert refused["errors"] == {"code": [{"code": "unique", "message": "This value is taken already."}]}
    Product.objects.filter(pk=shop.products[0].pk).update(name="Taken")
    refused = extend.call(shop.alice, "shop.Validated.create", {"name": "Taken", "code": "FRESH", "price": 1})
    (item,) = refused["errors"]["__all__"]
    assert item["code"] == "unique_together"
    connection.check_constraints()


def test_hooks_of_the_binding_get_the_serializer(shop: Any) -> None:
    made = extend.call(shop.admin, "shop.OwnOrder.create", {"number": "H1"})
    order = Order.objects.get(pk=made["id"])
    assert (order.remark, order.customer) == ("for admin", shop.admin)
    extend.call(shop.admin, "shop.OwnOrder.update", {"id": order.pk, "number": "H2"})
    order.refresh_from_db()
    assert (order.number, order.remark) == ("H2", "for admin")


def test_a_created_row_is_in_its_creators_sight(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PrivateSerializer, "create", lambda self, data: Private.objects.create(owner=shop.bob, **data))
    with pytest.raises(errors.Forbidden):
        extend.call(shop.alice, "shop.Private.create", {"title": "nobody's"})
    assert Private.objects.count() == 2


def test_an_error_of_the_framework_raised_while_saving_is_answered(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def answered(error: Exception) -> Any:
        def create(self: Any, data: Any) -> None:
            raise error

        monkeypatch.setattr(OrderSerializer, "create", create)
        return extend.call(shop.alice, "shop.Order.create", {"number": "1"})

    late = answered(exceptions.ValidationError({"number": ["Too late."]}, code="late"))
    assert late["errors"] == {"number": [{"code": "late", "message": "Too late."}]}
    for raised, expected in (
        (exceptions.PermissionDenied("Not now."), errors.Forbidden),
        (exceptions.NotFound(), errors.NotFound),
        (exceptions.NotAuthenticated(), errors.Unauthenticated),
        (exceptions.Throttled(wait=5), errors.RateLimited),
        (exceptions.ParseError("What?"), errors.InvalidData),
        (exceptions.APIException("Our fault."), errors.Internal),
    ):
        with pytest.raises(expected) as found:
            answered(raised)
        assert found.value.extra.get("retry_after") == (5 if expected is errors.RateLimited else None)
        assert "Our fault" not in found.value.message


def test_put_of_our_routes_is_partial(shop: Any) -> None:
    client = APIClient()
    client.force_login(shop.alice)
    path = f"/api/shop.Order/{shop.orders[0].pk}/"
    assert client.put(path, {"remark": "put"}).json()["data"]["success"]
    assert Order.objects.get(pk=shop.orders[0].pk).remark == "put"
