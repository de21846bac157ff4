"""Filters, orders, text search and pages of the IR."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from pydantic import ValidationError

from binding_schema import Binding, auto, field, is_staff
from helpdesk.models import Ticket
from tests.app.models import Person, Seat, Specimen

from .helpers import stream
from .models import Isbn, Strange


class Tickets(Binding[Ticket]):
    abstract = True
    stream = None

    id: auto
    subject: auto = field(source="title")
    status: auto
    priority: auto
    cost: auto = field(readable=is_staff)
    team_id: auto


def test_a_filter_by_value_takes_one_or_a_list_under_one_name() -> None:
    class Odd(Tickets):
        filters = {"status": ["exact"]}

    found = stream(Odd).filters
    assert {key: (item.path, item.lookup, item.takes_list) for key, item in found.items()} == {
        "status": ("status", "exact", False),
        "status__in": ("status", "in", True),
        "status__exact": ("status", "exact", False),
    }
    assert found["status"].adapter.validate_python("open") == "open"
    with pytest.raises(ValidationError):
        found["status"].adapter.validate_python("odd")
    with pytest.raises(ValidationError):
        found["status__in"].adapter.validate_python(["open"] * 1001)


@pytest.mark.parametrize(
    "lookup, right, wrong",
    [
        ("gte", 3, "x"),
        ("range", [1, 3], [1]),
        ("isnull", True, "maybe"),
        ("icontains", "3", "\x00"),
    ],
)
def test_other_lookups_have_names_and_types_of_their_own(lookup: str, right: Any, wrong: Any) -> None:
    class Odd(Tickets):
        filters = {"id": [lookup]}

    (found,) = stream(Odd).filters.values()
    assert (found.key, found.path, found.lookup) == (f"id__{lookup}", "pk", lookup)
    found.adapter.validate_python(right)
    with pytest.raises(ValidationError):
        found.adapter.validate_python(wrong)


def test_a_filter_goes_by_the_bindings_name() -> None:
    class Odd(Tickets):
        filters = {"subject": ["icontains"], "title": ["istartswith"]}

    found = stream(Odd).filters
    assert {key: (item.path, item.field) for key, item in found.items()} == {
        "subject__icontains": ("title", "subject"),
        "title__istartswith": ("title", "subject"),
    }


def test_a_filter_by_a_relation() -> None:
    class Odd(Tickets):
        filters = {"team": ["exact"], "labels": ["exact"], "team__name": ["exact"], "labels__name": ["icontains"]}

    found = stream(Odd).filters
    assert [found[name].many for name in ("team", "labels", "team__name", "labels__name__icontains")] == [
        False, True, False, True,
    ]  # fmt: skip
    assert found["team"].adapter.validate_python(3) == 3
    assert found["labels__in"].adapter.validate_python([1, 2]) == [1, 2]
    # Who may not read the team may not filter by its name.
    assert (found["team"].field, found["team__name"].field) == ("team_id", "team_id")


def test_transforms() -> None:
    class Odd(Binding[Specimen]):
        id: auto
        name: auto
        filters = {"moment": ["date", "year__gte", "date__range"], "day": ["month"]}

    found = stream(Odd).filters
    assert {
        "moment__date",
        "moment__date__in",
        "moment__year__gte",
        "moment__date__range",
        "day__month",
    } <= found.keys()
    assert str(found["moment__date"].adapter.validate_python("2024-02-29")) == "2024-02-29"
    assert found["day__month"].adapter.validate_python(2) == 2
    with pytest.raises(ValidationError):
        found["moment__year__gte"].adapter.validate_python(0)


def test_a_filter_takes_texts_that_the_field_could_not_hold() -> None:
    """Nothing is found by them, and that is no mistake."""

    class Odd(Binding[Isbn]):
        id: auto
        code: auto
        title: auto
        filters = {"code": ["exact"]}

    assert stream(Odd).filters["code"].adapter.validate_python("9" * 500) == "9" * 500


def test_an_array_is_compared_as_a_whole_or_by_what_it_contains() -> None:
    class Odd(Binding[Strange]):
        stream = None
        id: auto
        filters = {"numbers": ["exact", "contains"]}

    found = stream(Odd).filters
    assert found["numbers__contains"].adapter.validate_python([1]) == [1]
    assert found["numbers__contains"].takes_list
    with pytest.raises(ValidationError):
        found["numbers__contains"].adapter.validate_python("1")


def test_orders() -> None:
    class Odd(Tickets):
        ordering = ["subject", "priority", "team__name", "team"]
        default_order = ["-priority", "subject"]

    found = stream(Odd)
    assert {name: item.path for name, item in found.orders.items()} == {
        "subject": "title", "priority": "priority", "team__name": "team__name", "team": "team_id",
    }  # fmt: skip
    assert [(item.path, down) for item, down in found.default_order] == [("priority", True), ("title", False)]
    assert found.pk_order is not None
    assert found.pk_order.path == "pk"


def test_an_order_may_meet_null() -> None:
    class Odd(Tickets):
        ordering = ["cost", "priority", "assignee__username"]

    assert [item.nullable for item in stream(Odd).orders.values()] == [True, False, True]


def test_the_default_order_is_that_of_the_model() -> None:
    class Odd(Binding[Specimen]):
        id: auto
        name: auto

    assert [(item.path, down) for item, down in stream(Odd).default_order] == [("name", False), ("pk", False)]


def test_a_default_order_of_one() -> None:
    class Odd(Tickets):
        default_order = "-subject"

    assert [(item.name, down) for item, down in stream(Odd).default_order] == [("subject", True)]


def test_a_composite_key_is_never_null() -> None:
    class Odd(Binding[Seat]):
        id: auto
        row: auto
        number: auto

    order = stream(Odd).pk_order
    assert order is not None
    assert order.nullable is False


def test_text_search() -> None:
    class Odd(Binding[Person]):
        id: auto
        name: auto
        search_fields = ["name", "clubs__name"]

    assert [(item.path, item.many) for item in stream(Odd).search] == [("name", False), ("clubs__name", True)]


def test_text_search_in_a_hidden_field_is_the_fields_own() -> None:
    class Odd(Binding[User]):
        stream = None
        id: auto
        mail: auto = field(source="email", readable=is_staff)
        search_fields = ["email"]

    assert stream(Odd).search[0].field == "mail"


# Pages ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "own, expected",
    [
        ({}, (25, 100, 1000)),
        ({"page_size": 5}, (5, 100, 1000)),
        ({"page_size": 200}, (200, 200, 1000)),
        ({"max_page_size": 10}, (10, 10, 1000)),
        ({"page_size": 5, "max_page_size": 10, "list_limit": 3}, (5, 10, 3)),
    ],
)
def test_sizes(own: dict[str, int], expected: tuple[int, int, int]) -> None:
    class Odd(Tickets):
        locals().update(own)

    found = stream(Odd)
    assert (found.page_size, found.max_page_size, found.list_limit) == expected
    assert found.types is not None
    limit = found.types.args["search"].model_json_schema()["properties"]["limit"]
    assert limit["maximum"] == expected[1]


def test_sizes_by_default_are_those_of_the_settings(settings: Any) -> None:
    settings.BINDING_SCHEMA = {"DEFAULT_PAGE_SIZE": 3, "MAX_PAGE_SIZE": 6, "LIST_LIMIT": 9}

    class Odd(Tickets):
        pass

    found = stream(Odd)
    assert (found.page_size, found.max_page_size, found.list_limit) == (3, 6, 9)
