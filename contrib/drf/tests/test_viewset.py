"""A binding on the framework's own router: asked, answered and rendered as its neighbours are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from rest_framework.authtoken.models import Token
from rest_framework.settings import DEFAULTS
from rest_framework.test import APIClient

from binding_schema_drf.errors import detail_of
from binding_schema_drf.viewsets import BindingViewSet
from shop import bindings
from shop.models import Order, Product


@pytest.fixture
def client(shop: Any) -> APIClient:
    client = APIClient()
    client.force_login(shop.admin)
    return client


def test_a_page_is_the_frameworks(client: APIClient, shop: Any) -> None:
    theirs = client.get("/drf/EveryColumn/").json()
    ours = client.get("/columns/").json()
    assert ours == {**theirs, "next": theirs["next"].replace("/drf/EveryColumn/", "/columns/")}
    assert list(ours) == ["count", "next", "previous", "results"]
    second = client.get(ours["next"]).json()
    assert (len(second["results"]), second["next"], second["previous"]) == (5, None, "http://testserver/columns/")
    sized = client.get("/columns/?page_size=4&page=3").json()
    assert sized["previous"] == "http://testserver/columns/?page=2&page_size=4"
    assert [row["id"] for row in sized["results"]] == [product.pk for product in shop.products[8:12]]
    assert len(client.get("/columns/?page_size=1000").json()["results"]) == 30
    for page in ("0", "99", "x"):
        answer = client.get(f"/columns/?page={page}")
        assert (answer.status_code, answer.json()) == (404, {"detail": "Invalid page."})


def test_order_search_and_filters_have_the_frameworks_names(client: APIClient, shop: Any) -> None:
    ordered = client.get("/columns/?ordering=-price&search=product 2").json()
    assert [row["name"] for row in ordered["results"]][:2] == ["Product 29", "Product 28"]
    assert client.get("/columns/?kind=toy&kind=book").json()["count"] == 30
    assert client.get("/columns/?kind=toy").json()["count"] == 15
    assert client.get("/products/?price_min=28&mine=false&kinds=book").json()["count"] == 1
    assert client.get("/products/?name=&kind=toy").json()["count"] == 15  # a form's empty field
    for query in ("colour=red", "ordering=colour", "kind=car"):
        answer = client.get(f"/products/?{query}")
        assert answer.status_code == 400, query
        assert len(answer.json()) == 1


def test_objects_are_written_as_by_the_framework(client: APIClient, shop: Any) -> None:
    lines = [{"product": shop.products[0].pk, "quantity": 2}]
    made = client.post("/orders/", {"number": "V1", "lines": lines, "unknown": 1, "customer": 99, "id": 5})
    assert made.status_code == 201
    order = Order.objects.get(pk=made.json()["id"])
    assert order.customer == shop.admin  # read-only and unknown keys fall, as they do there
    assert (
        made.json() == client.get(f"/orders/{order.pk}/").json() == client.get(f"/drf/WritableOrder/{order.pk}/").json()
    )
    changed = client.patch(f"/orders/{order.pk}/", {"remark": "patched"})
    assert (changed.status_code, changed.json()["remark"]) == (200, "patched")
    put = client.put(f"/orders/{order.pk}/", {"remark": "put"})
    assert (put.status_code, put.json()) == (
        400,
        client.put(f"/drf/WritableOrder/{order.pk}/", {"remark": "put"}).json(),
    )
    put = client.put(f"/orders/{order.pk}/", {"number": "V2", "lines": lines})
    assert (put.status_code, put.json()["number"]) == (200, "V2")
    gone = client.delete(f"/orders/{order.pk}/")
    assert (gone.status_code, gone.content) == (204, b"")
    missing = client.get(f"/orders/{order.pk}/")
    assert (missing.status_code, missing.json()["detail"]) == (404, "There is no such object.")
    assert client.get("/orders/none/").status_code == 404


def test_a_write_that_is_sent_again_is_done_once(client: APIClient, shop: Any) -> None:
    body = {"number": "ONCE", "lines": []}
    answers = [client.post("/orders/", body, headers={"idempotency-key": "7f3a"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert Order.objects.filter(number="ONCE").count() == 1


def test_errors_are_the_frameworks(client: APIClient, shop: Any) -> None:
    bad = {"lines": [{"product": shop.products[0].pk}, {"quantity": -1}, {"product": 999999, "quantity": "x"}]}
    ours, theirs = client.post("/orders/", bad), client.post("/drf/WritableOrder/", bad)
    assert (ours.status_code, ours.json()) == (400, theirs.json())
    assert client.post("/orders/", [1]).json() == client.post("/drf/WritableOrder/", [1]).json()
    assert client.post("/orders/", "{", content_type="application/json").status_code == 400
    assert client.post("/orders/1/").status_code == 405
    # The rows of a nested list are told by index, or as a list.
    found = {"a.1.b": [{"code": "x", "message": "y"}], "__all__": [{"code": "x", "message": "z"}]}
    as_list, by_index = [{}, {"b": ["y"]}], {"1": {"b": ["y"]}}
    for as_dict in (True, False):
        rows = (
            by_index if as_dict and "LIST_SERIALIZER_ERRORS_AS_DICT" in DEFAULTS else as_list
        )  # older ones have no such setting
        with override_settings(REST_FRAMEWORK={"LIST_SERIALIZER_ERRORS_AS_DICT": as_dict}):
            assert detail_of(found) == {"a": rows, "non_field_errors": ["z"]}
    assert detail_of({"words.1": [{"code": "x", "message": "y"}]}) == {"words": {"1": ["y"]}}


def test_the_framework_authenticates_and_the_binding_decides(shop: Any) -> None:
    anonymous = APIClient()
    assert anonymous.get("/orders/").status_code == 403  # as the framework says it where sessions come first
    # The binding lets everyone in, the setting nobody who is not logged in.
    assert anonymous.get("/throttled/").status_code == 403
    with override_settings(BINDING_SCHEMA={"ANONYMOUS_CONNECTION_ALLOWED": True}):
        assert anonymous.get("/throttled/").status_code == 200
        assert anonymous.get("/orders/").status_code == 403
    token = APIClient(headers={"authorization": f"Token {Token.objects.create(user=shop.alice).key}"})
    assert token.get("/orders/").status_code == 200
    assert token.patch(f"/products/{shop.products[0].pk}/", {"name": "x"}).status_code == 403
    assert APIClient(headers={"authorization": "Token wrong"}).get("/orders/").status_code == 403
    session = APIClient(enforce_csrf_checks=True)
    session.force_login(shop.alice)
    assert session.post("/orders/", {"number": "C", "lines": []}).status_code == 403


def test_actions_are_extra_actions(client: APIClient, shop: Any) -> None:
    order = shop.orders[0]
    renamed = client.post(f"/own-orders/{order.pk}/rename/", {"number": "NEW"})
    assert (renamed.status_code, renamed.json()["number"]) == (200, "NEW")
    assert client.post(f"/own-orders/{order.pk}/rename/", {}).json() == {"number": ["This field is required."]}
    assert client.get("/own-orders/count/").json() == {"result": 26}
    assert client.get(f"/own-orders/{order.pk}/rename/").status_code == 405


def test_a_permission_sees_the_method_and_the_view(shop: Any) -> None:
    client = APIClient()
    client.force_login(shop.alice)
    mine, others = shop.orders[0], shop.orders[1]
    assert client.get(f"/own-orders/{mine.pk}/").status_code == 200
    assert client.get(f"/own-orders/{others.pk}/").status_code == 404
    assert client.delete(f"/own-orders/{mine.pk}/").status_code == 403


def test_an_object_may_have_another_name(client: APIClient, shop: Any) -> None:
    assert client.get("/named/books/").json() == {"id": shop.books.pk, "slug": "books", "name": "Books", "parent": None}
    assert client.patch("/named/books/", {"name": "All books"}).json()["name"] == "All books"
    assert client.patch("/named/books/", {"slug": "all"}).json()["slug"] == "all"
    assert client.get("/named/books/").status_code == 404
    assert client.delete("/named/all/").status_code == 204


def test_throttles_say_when(client: APIClient) -> None:
    answers = [client.get("/throttled/") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert isinstance(answers[0].json(), list)  # no `search` among its verbs: no pages
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert client.post("/throttled/", {}).status_code == 405
    assert client.get("/throttled/1/").status_code == 404


def test_files_come_by_forms(client: APIClient, shop: Any) -> None:
    product = shop.products[3]
    answer = client.patch(
        f"/columns/{product.pk}/",
        {"manual": SimpleUploadedFile("new.txt", b"New."), "notes": "with a file"},
        format="multipart",
    )
    assert answer.status_code == 200, answer.data
    product.refresh_from_db()
    assert (product.manual.read(), product.notes) == (b"New.", "with a file")
    product.manual.close()
    assert answer.json()["manual"] == f"http://testserver/media/{product.manual.name}"
    tags = [tag.pk for tag in type(product.tags.first() or shop.products[1].tags.first()).objects.all()][:1]
    answer = client.patch(f"/columns/{product.pk}/", {"tags": tags, "size": ""}, format="multipart")
    assert (answer.json()["tags"], answer.json()["size"]) == (tags, None)


def test_it_is_rendered_by_the_framework(client: APIClient, shop: Any) -> None:
    page = client.get("/columns/", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert b"Product 7" in page.content
    assert b"Every Column" in page.content
    assert client.get(f"/columns/{shop.products[0].pk}/?format=api").status_code == 200
    assert client.get("/columns/?format=json").headers["content-type"] == "application/json"
    assert client.options("/columns/").json()["renders"] == ["application/json", "text/html"]
    assert json.loads(client.get("/").content)["columns"] == "http://testserver/columns/"


def test_a_view_set_may_have_attributes_of_its_own_and_needs_a_stream() -> None:
    found = BindingViewSet.of(bindings.CategoryBinding, throttle_scope="uploads")
    assert (found.__name__, found.throttle_scope) == ("CategoryViewSet", "uploads")
    assert not hasattr(BindingViewSet.of(bindings.CountedBinding), "create")
    with pytest.raises(ImproperlyConfigured, match="is not served"):
        BindingViewSet.of(type("Loose", (), {"model": None, "verbs": None, "stream": None}))  # type: ignore[arg-type]
    assert Product._meta.object_name == bindings.ProductBinding.model.__name__  # type: ignore[union-attr]
