"""Rows of serializers: what they cost, who shares them, and what a serializer is told of the request."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from binding_schema import errors, extend
from binding_schema.testing import RestClient, WebSocketClient
from binding_schema_drf.serializers import RowSerializer
from shop.asgi import application
from shop.models import Order, Product


def queries_of(user: Any, event: str, data: Any) -> tuple[int, dict[str, Any]]:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = extend.call(user, event, data)
    return len(queries), found


@pytest.mark.parametrize(
    "stream, number",
    [
        # the rows, the page's count, and a query for each relation
        ("shop.EveryColumn", 3),
        ("shop.Source", 6),
        ("shop.WritableOrder", 6),
        ("shop.Related", 5),
        ("shop.Formatted", 4),
    ],
)
def test_a_page_takes_the_same_number_of_queries_whatever_its_length(stream: str, number: int, shop: Any) -> None:
    extend.call(shop.alice, f"{stream}.search", {"limit": 1})
    short, few = queries_of(shop.alice, f"{stream}.search", {"limit": 4})
    long, many = queries_of(shop.alice, f"{stream}.search", {"limit": 25})
    assert (len(few["rows"]), len(many["rows"])) == (4, 25)
    assert (short, long) == (number, number)


def test_rows_that_cannot_depend_on_the_user_are_shared() -> None:
    streams = extend.schema().streams
    per_user = {name for name, stream in streams.items() if stream.making is not None and stream.making.per_user}
    shared = {name for name, stream in streams.items() if stream.making is not None and not stream.making.per_user}
    # Files, hyperlinks, methods that read the context, and code of one's own.
    names = "EveryColumn File Related Method Open Formatted Secretive Bare Gated"
    assert per_user == {f"shop.{name}" for name in names.split()}
    assert {"shop.Source", "shop.Order", "shop.WritableOrder", "shop.Plain", "shop.Category", "shop.Counted"} <= shared


def test_a_serializer_reads_what_the_bindings_queryset_adds(shop: Any) -> None:
    number, found = queries_of(shop.alice, "shop.Counted.list", {})
    assert [(row["slug"], row["product_count"]) for row in found["rows"]] == [("books", 10), ("novels", 10)]
    assert found["rows"][1]["names"] == ["Product 0", "Product 15"]
    assert "id" in found["rows"][0]
    assert number == 3  # the rows, the same with what is added, and the prefetched products


def test_fields_may_depend_on_the_user(shop: Any) -> None:
    mine = extend.call(shop.alice, "shop.Secretive.retrieve", {"id": shop.products[1].pk})
    admins = extend.call(shop.admin, "shop.Secretive.retrieve", {"id": shop.products[1].pk})
    assert mine == {"id": shop.products[1].pk, "name": "Product 1"}
    assert admins == {**mine, "notes": "n"}


def test_a_list_serializer_of_ones_own_and_one_without_fields_make_a_row_for_each_object(shop: Any) -> None:
    listed = extend.call(shop.alice, "shop.Listed.list", {})
    assert listed["rows"] == [{"id": shop.books.pk, "name": "Books"}, {"id": shop.novels.pk, "name": "Novels"}]
    bare = extend.call(shop.alice, "shop.Bare.retrieve", {"id": shop.books.pk})
    assert bare == {"id": shop.books.pk, "slug": "books", "length": 5}


def test_a_binding_with_a_serializer_is_nested_like_others(shop: Any) -> None:
    number, found = queries_of(shop.alice, "shop.Nesting.search", {"limit": 6})
    assert [row["category"] and row["category"]["slug"] for row in found["rows"]] == ["novels", "books", None] * 2
    assert found["rows"][0]["category"] == {
        "id": shop.novels.pk,
        "slug": "novels",
        "name": "Novels",
        "parent": shop.books.pk,
    }
    assert number == 3


def test_a_field_of_a_serializer_may_be_for_some(shop: Any) -> None:
    pk = shop.products[1].pk
    row = extend.call(shop.admin, "shop.Gated.retrieve", {"id": pk})
    assert (row["sold"], row["stars"], row["rating"]) == (1000, "**", 2)
    assert "sold" not in extend.call(shop.alice, "shop.Gated.retrieve", {"id": pk})
    with pytest.raises(errors.InvalidFilter):
        extend.call(shop.alice, "shop.Gated.list", {"filters": {"sold": 1000}})
    with pytest.raises(errors.InvalidData):
        extend.call(shop.alice, "shop.Gated.update", {"id": pk, "rating": 1})
    assert extend.call(shop.admin, "shop.Gated.update", {"id": pk, "rating": 1})["success"]


def test_own_code_has_no_host_to_name(shop: Any) -> None:
    assert extend.call(shop.alice, "shop.File.retrieve", {"id": shop.products[0].pk})["manual"] == "/media/manual.txt"


@pytest.mark.django_db(transaction=True)
async def test_each_transport_gives_a_serializer_its_user_and_its_host(live_shop: Any) -> None:
    product = live_shop.products[0]
    url = reverse("related-detail", args=[product.pk])
    async with (
        RestClient(live_shop.alice) as rest,
        WebSocketClient(application, live_shop.alice, headers={"host": "shop.example.org"}) as socket,
        WebSocketClient(application, live_shop.bob) as other,
    ):
        for client, host in ((rest, "testserver"), (socket, "shop.example.org"), (other, "testserver")):
            found = await client.send("shop.File.retrieve", id=product.pk)
            assert found.data["manual"] == f"http://{host}/media/manual.txt"
            related = await client.send("shop.Related.retrieve", id=product.pk)
            assert related.data["url"] == f"http://{host}{url}"
        assert (await socket.send("shop.Method.retrieve", id=product.pk)).data["is_mine"] is True
        assert (await other.send("shop.Method.retrieve", id=product.pk)).data["is_mine"] is False


@pytest.mark.django_db(transaction=True)
async def test_a_change_is_told_with_the_serializers_row_as_each_receiver_gets_it(live_shop: Any) -> None:
    order, product = live_shop.orders[3], live_shop.products[1]
    async with (
        RestClient(live_shop.admin) as writer,
        WebSocketClient(application, live_shop.alice) as alice,
        WebSocketClient(application, live_shop.bob, headers={"host": "shop.example.org"}) as bob,
    ):
        for client in (alice, bob):
            await client.send("shop.WritableOrder.subscribe", id=order.pk)
            await client.send("shop.Method.subscribe")
            await client.send("shop.File.subscribe", id=product.pk)
            assert await client.settled() == []
        reply = await writer.send(
            "shop.WritableOrder.update", id=order.pk, remark="changed", lines=[{"product": product.pk, "quantity": 7}]
        )
        assert reply.data == {"success": True, "id": order.pk}
        rows = [
            [frame for frame in await client.settled() if frame.event.startswith("shop.Wri")] for client in (alice, bob)
        ]
        for frames in rows:
            assert frames[-1].event.startswith("shop.WritableOrder.retrieve")
            assert frames[-1].data["remark"] == "changed"
            (line,) = frames[-1].data["lines"]
            assert (line["product"], line["product_name"], line["seller"], line["quantity"]) == (
                product.pk,
                "Product 1",
                "bob",
                7,
            )
            assert frames[-1].data == (await alice.send("shop.WritableOrder.retrieve", id=order.pk)).data
        # What depends on the receiver is made for each.
        await Product.objects.filter(pk=product.pk).aupdate(rating=5)
        await (await Product.objects.aget(pk=product.pk)).asave()
        told = {
            client: {frame.event.split("#")[0]: frame.data for frame in await client.settled()}
            for client in (alice, bob)
        }
        assert told[alice]["shop.Method.retrieve"] | {"is_mine": True} == told[bob]["shop.Method.retrieve"]
        assert told[alice]["shop.Method.retrieve"]["is_mine"] is False
        assert told[bob]["shop.Method.retrieve"]["numbers"] == {"rating": 5, "sold": 1000}


@pytest.mark.django_db(transaction=True)
async def test_a_list_takes_rows_of_a_serializer_in_and_lets_them_go(live_shop: Any) -> None:
    async with RestClient(live_shop.admin) as writer, WebSocketClient(application, live_shop.alice) as client:
        listed = await client.send("shop.EveryColumn.list#toys", filters={"kind": "toy"})
        assert listed.data["count"] == 15
        made = await writer.send(
            "shop.EveryColumn.create", name="New", code="NEW", price="1.00", kind="toy", owner=live_shop.bob.pk
        )
        (frame,) = await client.settled()
        assert (frame.event, frame.meta["cause"], frame.data["code"]) == (
            "shop.EveryColumn.retrieve#toys",
            "create",
            "NEW",
        )
        await writer.send("shop.EveryColumn.update", id=made.data["id"], kind="book")
        (frame,) = await client.settled()
        assert (frame.event, frame.data) == ("shop.EveryColumn.delete#toys", {"id": made.data["id"]})
        assert await Order.objects.acount() == 26


@pytest.mark.django_db(transaction=True)
async def test_a_row_that_is_the_same_for_all_is_made_once_for_all(
    live_shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    dump = RowSerializer.dump

    def counted(self: RowSerializer, ctx: Any, objects: Any) -> Any:
        made.append(ctx.stream)
        return dump(self, ctx, objects)

    async with (
        RestClient(live_shop.admin) as writer,
        WebSocketClient(application, live_shop.alice) as alice,
        WebSocketClient(application, live_shop.bob) as bob,
    ):
        for client in (alice, bob):
            await client.send("shop.Category.subscribe")
            await client.send("shop.Method.subscribe")
        monkeypatch.setattr(RowSerializer, "dump", counted)
        await writer.send("shop.Category.update", id=live_shop.books.pk, name="All books")
        await writer.send("shop.EveryColumn.update", id=live_shop.products[0].pk, rating=5)
        told = [{frame.event.split("#")[0] for frame in await client.settled()} for client in (alice, bob)]
    assert told == [{"shop.Category.retrieve", "shop.Method.retrieve"}] * 2
    assert (made.count("shop.Category"), made.count("shop.Method")) == (1, 2)
