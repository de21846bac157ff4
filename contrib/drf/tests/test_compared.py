"""Ten serializers of every kind: our REST answers what the framework's own views answer, field by field."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from rest_framework.settings import api_settings
from rest_framework.test import APIClient

from shop.models import Category, Product, Tag
from shop.views import COMPARED

LINES = [{"product": "<product>", "quantity": 2}, {"product": "<product>", "quantity": 0}]

#: Per serializer: what is created, then what an object is changed by. Some of it is right, and some wrong in each way there is.
WRITES: dict[str, tuple[list[Any], list[Any]]] = {
    "EveryColumn": (
        [
            {},
            {"name": "N", "code": "NEW", "price": "1.5", "owner": "<alice>"},
            {
                "name": "All", "code": "ALL", "kind": "toy", "size": "2", "price": 12, "weight": "1.25", "rating": 5, "sold": "7",
                "active": "false", "released": "2026-02-28", "opens": "09:30", "checked_at": "2026-02-28T10:00:00+02:00",
                "lasts": "1 00:00:10", "reference": "6f9619ff-8b86-d011-b42d-00cf4fc964ff", "data": {"a": [1, None]},
                "website": "https://example.org/x", "email": "b@example.org", "address": "2001:db8::1", "notes": "",
                "category": "<category>", "owner": "<alice>", "tags": ["<tag>"],
            },
            {
                "name": "x" * 41, "code": "C0", "kind": "car", "size": 3, "price": "1234567.891", "weight": "heavy", "rating": 9,
                "sold": "many", "active": "maybe", "released": "tomorrow", "opens": "25:00", "checked_at": "2026-13-01",
                "lasts": "long", "reference": "none", "website": "nowhere", "email": "nobody", "address": "home", "notes": None,
                "category": 999999, "owner": "bob", "tags": [999999],
            },
            {"name": "", "code": None, "price": [], "owner": None, "tags": "one", "category": {"id": 1}, "kind": ""},
            {"name": "Product 0", "code": "OTHER", "price": "1", "owner": "<alice>"},
        ],
        [{"price": "99.99"}, {"price": "", "rating": None}, {"code": "PLAIN-1"}, {"tags": ["<tag>"], "category": None}, {}],
    ),
    "Source": (
        [{"title": "T", "code": "S1", "price": 1}, {"title": "Two", "code": "S2", "price": 1, "remark": "kept"}, {}],
        [{"title": "Other"}, {"remark": None}, {"title": ""}],
    ),
    "Method": ([], [{}]),
    "Order": ([{"number": "O1"}, {"number": ""}, {"number": "12345678901"}], [{"remark": "r"}, {"number": None}]),
    "WritableOrder": (
        [
            {"number": "W1", "lines": LINES},
            {"number": "W2", "lines": []},
            {"number": "W3"},
            {"number": "W4", "lines": {}},
            {"lines": [{"product": "<product>"}, {"quantity": -1}, 5, {"product": 999999, "quantity": "x"}]},
        ],
        [{"lines": LINES}, {"number": "changed"}, {"lines": [{"product": 999999}, {"product": "<product>"}]}, {"lines": None}],
    ),
    "Plain": (
        [
            {"name": "P", "code": "PLAIN-100", "price": "2", "mood": "sad", "words": ["a"], "counts": {"x": "3"}, "free": [1]},
            {"name": "P", "code": "PLAIN-101", "price": 2, "mood": "", "words": [], "kinds": ["used", "new"], "free": None},
            {"name": "P", "code": "plain", "price": "-1", "mood": "dull", "words": ["toolong", "b", ""], "counts": {"x": "y"}},
            {"name": [], "words": ["a", "b", "c", "d"], "kinds": ["old"], "counts": [], "mood": None, "price": "NaN"},
            {"words": "word", "kinds": "new"},
        ],
        [{"mood": "glad"}, {"words": ["x", "y"]}, {"counts": {"x": None}}, {"price": "1e5"}],
    ),
    "Related": (
        [
            {"name": "R", "code": "R1", "price": 1, "category": "novels", "tags": ["<tag>"]},
            {"name": "R", "code": "R2", "price": 1, "category": None, "tags": []},
            {"name": "R", "code": "R3", "price": 1, "category": "none", "tags": [999999, "x", True], "category_url": "x"},
            {"name": "R", "code": "R4", "price": 1, "tags": ["<tag>"], "category_url": "http://testserver/categories/999999/"},
            {"category_url": "http://testserver/drf/Related/", "tags": {}, "category": []},
        ],
        [{"category": "books"}, {"tags": []}, {"category_url": "http://testserver/categories/<category>/"}, {"category": 5}],
    ),
    "Validated": (
        [
            {"name": "Good", "code": "V1", "price": "1"},
            {"name": "Goo4", "code": "plain-1", "price": "13"},
            {"name": "Good", "code": "V2", "price": "1", "notes": "nothing"},
            {"name": "Good", "code": "V3", "price": "1", "notes": "two"},
            {"name": "TooLongAName", "code": "", "price": "x", "rating": 6, "released": "2026-02-30"},
            {"name": "<taken>", "code": "V4", "price": "1"},
            {},
        ],
        [{"rating": 0}, {"notes": "nothing"}, {"price": 13}, {"code": "v-new"}, {"name": "<taken>"}],
    ),
    "Open": ([{"name": "Op", "code": "O1"}, {"name": "Op"}], [{"name": "Changed"}, {"name": ""}]),
    "Formatted": (
        [
            {"name": "emaN", "code": "F1", "price": 3, "released": "28.02.2026", "lasts": "00:01:00"},
            {"name": "emaN", "code": "F2", "price": 3, "released": "2026-02-28", "reference": 7, "checked_at": "2026-01-01"},
            {"name": None, "code": "F3", "price": "x", "reference": "y", "lasts": []},
        ],
        [{"name": "x"}, {"released": None, "checked_at": None}, {"lasts": "P1D"}],
    ),
}  # fmt: skip


@pytest.fixture
def clients(shop: Any) -> tuple[APIClient, APIClient]:
    """The framework's, and ours: a session of the same user."""
    theirs, ours = APIClient(), APIClient()
    for client in (theirs, ours):
        client.force_login(shop.alice)
    return theirs, ours


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("name", COMPARED)
def test_our_rest_gives_the_values_and_the_errors_of_the_frameworks_views(name: str, shop: Any, clients: Any) -> None:
    theirs, ours = clients
    objects = list(COMPARED[name][1])
    assert len(objects) > 5
    # Rows, in a page and one by one.
    page, expected = ours.get(f"/api/shop.{name}/").json()["data"], theirs.get(f"/drf/{name}/").json()
    assert (len(page["rows"]), page["count"]) == (min(25, len(objects)), expected["count"])
    for row, their_row in zip(page["rows"], expected["results"], strict=True):
        compare(row, their_row)
    for obj in objects[:4]:
        compare(ours.get(f"/api/shop.{name}/{obj.pk}/").json()["data"], theirs.get(f"/drf/{name}/{obj.pk}/").json())
    # Writes.
    created, changed = WRITES[name]
    compare_all = [("post", "", body) for body in created] + [("patch", f"{objects[2].pk}/", body) for body in changed]
    for method, path, raw in compare_all:
        body = filled(raw, shop)
        with undone():
            answer = getattr(theirs, method)(f"/drf/{name}/{path}", body)
        with undone():
            reply = getattr(ours, method)(f"/api/shop.{name}/{path}", body).json()["data"]
            if reply.get("success"):
                reply = ours.get(f"/api/shop.{name}/{reply['id']}/").json()["data"]
                assert answer.status_code in (200, 201), (body, answer.data)
                compare(reply, json.loads(answer.content), written=method)
            else:
                assert answer.status_code == 400, (body, reply)
                assert reply["errors"] == dict(flat(answer.data)), body


def compare(row: Mapping[str, Any], expected: Mapping[str, Any], *, written: str = "") -> None:
    """Field by field. `id` is in each of our rows; what the framework leaves out for want of a value is null."""
    later = {"id", "url", "made_at", "reference"} if written == "post" else set()
    for key in expected.keys() - later:
        assert key in row, key
        assert same(row[key], expected[key], bool(written)), (key, row[key], expected[key])
    assert {key for key, value in row.items() if value is not None} - expected.keys() <= {"id"}


def same(ours: Any, theirs: Any, made: bool) -> bool:
    """Nested rows that were made twice have keys of their own."""
    if made and isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(same(one, other, made) for one, other in zip(ours, theirs, strict=True))
    if made and isinstance(ours, dict) and isinstance(theirs, dict) and "id" in ours:
        return {**ours, "id": 0} == {**theirs, "id": 0}
    return bool(ours == theirs) and type(ours) is type(theirs)


def flat(detail: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """The framework's errors as the protocol's: what the documentation says of them, written a second time."""
    if isinstance(detail, dict):
        for key, inner in detail.items():
            yield from flat(inner, (*path, "__all__" if key == api_settings.NON_FIELD_ERRORS_KEY else str(key)))
    elif any(isinstance(item, (dict, list)) for item in detail):
        for number, inner in enumerate(detail):
            yield from flat(inner, (*path, str(number)))
    elif detail:
        yield ".".join(path) or "__all__", [{"code": item.code, "message": str(item)} for item in detail]


def filled(raw: Any, shop: Any) -> Any:
    if isinstance(raw, dict):
        return {key: filled(value, shop) for key, value in raw.items()}
    if isinstance(raw, list):
        return [filled(item, shop) for item in raw]
    if raw == "<taken>":
        Product.objects.filter(pk=shop.products[4].pk).update(name="Taken")
        return "Taken"
    known = {
        "<alice>": shop.alice.pk,
        "<category>": Category.objects.first().pk,  # type: ignore[union-attr]
        "<tag>": Tag.objects.first().pk,  # type: ignore[union-attr]
        "<product>": shop.products[0].pk,
    }
    return known.get(raw, raw.replace("<category>", str(known["<category>"]))) if isinstance(raw, str) else raw
