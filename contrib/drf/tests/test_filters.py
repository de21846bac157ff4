"""``filterset_class``: each filter selects what the FilterSet itself selects."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from rest_framework.request import Request
from rest_framework.test import APIClient, APIRequestFactory

from binding_schema import errors, extend
from binding_schema.testing import RestClient, WebSocketClient
from shop.asgi import application
from shop.filters import ProductFilter
from shop.models import Product

#: What a client sends in a frame, and the same as a query string.
FILTERS: list[tuple[dict[str, Any], str]] = [
    ({"kind": "toy"}, "kind=toy"),
    ({"size": 2}, "size=2"),
    ({"active": False}, "active=false"),
    ({"reference": "00000000-0000-0000-0000-000000000003"}, "reference=00000000-0000-0000-0000-000000000003"),
    ({"lasts": "P2DT1M30S"}, "lasts=2 00:01:30"),
    ({"opens": "08:30:04"}, "opens=08:30:04"),
    ({"name": "product 1"}, "name=product 1"),
    ({"not_name": "Product 1"}, "not_name=Product 1"),
    ({"price_min": 5, "price_max": "10.5"}, "price_min=5&price_max=10.5"),
    ({"price_max": 3}, "price_max=3"),
    ({"rating__in": [1, 2]}, "rating__in=1,2"),
    ({"released_after": "2026-01-20"}, "released_after=2026-01-20"),
    ({"released_before": "2026-01-05"}, "released_before=2026-01-05"),
    ({"made": "2020-01-01T00:00:00Z"}, "made=2020-01-01T00:00:00Z"),
    ({"made": "2120-01-01T00:00:00+02:00"}, "made=2120-01-01T00:00:00%2B02:00"),
    ({"kinds": ["book", "toy"]}, "kinds=book&kinds=toy"),
    ({"kinds": ["book"]}, "kinds=book"),
    ({"category": "<books>"}, "category=<books>"),
    ({"category": "none"}, "category=null"),
    ({"category_slug": "novels"}, "category_slug=novels"),
    ({"tags": ["<tag>"]}, "tags=<tag>"),
    ({"tag_name": "new"}, "tag_name=new"),
    ({"owner": "<alice>"}, "owner=<alice>"),
    ({"mine": True}, "mine=true"),
    ({"mine": False}, "mine=false"),
    ({"code__startswith": "PL"}, "code=PL&code_lookup=startswith"),
    ({"any_code": "C4"}, "any_code=C4"),
    ({"day": "today"}, "day=today"),
    ({"day": "yesterday"}, "day=yesterday"),
    ({"kind": "toy", "mine": True, "price_min": 2}, "kind=toy&mine=true&price_min=2"),
    ({"name": ""}, "name="),
]


@pytest.mark.parametrize("sent, query", FILTERS, ids=[query for _, query in FILTERS])
def test_a_filter_selects_what_the_filterset_selects(sent: dict[str, Any], query: str, shop: Any) -> None:
    known = {
        "<books>": shop.books.pk,
        "<tag>": shop.products[1].tags.first().pk,
        "<alice>": shop.alice.pk,
        "none": "null",
    }
    for name, value in known.items():
        query = query.replace(name, str(value))
    filters = {
        name: [known.get(item, item) for item in value] if isinstance(value, list) else known.get(value, value)
        for name, value in sent.items()
    }
    request = Request(APIRequestFactory().get("/"))
    for user in (shop.admin, shop.alice):
        request.user = user
        theirs = ProductFilter(QueryDict(query.replace(" ", "+")), Product.objects.all(), request=request)
        assert theirs.is_valid(), theirs.errors
        expected = sorted({product.pk for product in theirs.qs})
        assert [row["id"] for row in extend.call(user, "shop.Product.list", {"filters": filters})["rows"]] == expected
        # The same as parameters of a route.
        client = APIClient()
        client.force_login(user)
        ours = "&".join(
            f"{name}={item}"
            for name, value in filters.items()
            for item in (value if isinstance(value, list) else [value])
        )
        answer = client.get(f"/api/shop.Product/list/?{ours.replace('+', '%2B').replace('True', 'true')}")
        assert [row["id"] for row in answer.json()["data"]["rows"]] == expected


def test_the_parameter_of_a_list_may_be_written_as_there(shop: Any) -> None:
    client = APIClient()
    client.force_login(shop.alice)
    for query in ("rating__in=1,2", "rating__in=1&rating__in=2"):
        found = client.get(f"/api/shop.Product/list/?{query}").json()["data"]
        assert found["count"] == Product.objects.filter(rating__in=[1, 2]).count() > 0


@pytest.mark.parametrize(
    "filters",
    [
        {"kind": "car"},
        {"size": 9},
        {"price_min": "cheap"},
        {"price": 3},
        {"reference": "x"},
        {"category": 999999},
        {"category_slug": "nothing"},
        {"tags": [999999]},
        {"rating__in": ["x"]},
        {"released_after": "soon"},
        {"kinds": ["car"]},
        {"any_code": "none such"},
        {"day": "someday"},
        {"colour": "red"},
    ],
)
def test_what_a_filter_does_not_take_is_refused(filters: dict[str, Any], shop: Any) -> None:
    with pytest.raises(errors.InvalidFilter):
        extend.call(shop.alice, "shop.Product.list", {"filters": filters})


def test_a_user_filters_by_nothing_that_she_may_not_read(shop: Any) -> None:
    assert extend.call(shop.admin, "shop.Product.list", {"filters": {"sold": 1000}})["count"] == 1
    with pytest.raises(errors.InvalidFilter):
        extend.call(shop.alice, "shop.Product.list", {"filters": {"sold": 1000}})


def test_choices_may_depend_on_the_user(shop: Any) -> None:
    asked = {"filters": {"owner": shop.bob.pk}}
    assert extend.call(shop.admin, "shop.Product.list", asked)["count"] == 15
    with pytest.raises(errors.InvalidFilter):
        extend.call(shop.alice, "shop.Product.list", asked)


def test_filters_combine(shop: Any) -> None:
    filters = {"or": [{"mine": True}, {"tag_name": "red"}], "not": {"kind": "toy"}}
    found = extend.call(shop.bob, "shop.Product.list", {"filters": filters})
    expected = Product.objects.filter(tags__name="red").exclude(kind="toy") | Product.objects.filter(
        owner=shop.bob, kind="book"
    )
    assert {row["id"] for row in found["rows"]} == {product.pk for product in expected}


@pytest.mark.django_db(transaction=True)
async def test_a_list_by_such_a_filter_is_told_of_changes(live_shop: Any) -> None:
    product = live_shop.products[0]
    async with (
        RestClient(live_shop.admin) as writer,
        WebSocketClient(application, live_shop.alice) as alice,
        WebSocketClient(application, live_shop.bob) as bob,
    ):
        for client in (alice, bob):
            assert (await client.send("shop.Product.list#mine", filters={"mine": True})).data["count"] == 15
        await writer.send("shop.EveryColumn.update", id=product.pk, owner=live_shop.bob.pk)
        assert [(frame.event, frame.data["id"]) for frame in await alice.settled()] == [
            ("shop.Product.delete#mine", product.pk)
        ]
        assert [(frame.event, frame.data["id"]) for frame in await bob.settled()] == [
            ("shop.Product.retrieve#mine", product.pk)
        ]
