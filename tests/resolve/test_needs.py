"""What an instance of a computed field has loaded: the columns that `needs` reads, and the rows that it reaches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from binding_schema import Binding, computed
from binding_schema.compile.build import compile_schema
from binding_schema.declare import registry
from binding_schema.resolve.access import View
from binding_schema.resolve.plan import Planner
from tests.app.models import Person, Seat
from tests.compile.models import Cafe, Friend, Isbn, Place, Tag, Tagged, Visit


@pytest.fixture(autouse=True)
def own_bindings() -> Iterator[None]:
    before = list(registry._declared)
    yield
    registry._declared[:] = before


@pytest.mark.parametrize(
    "of, wanted, columns, prefetch",
    [
        (Person, [], {"id"}, []),
        (Person, ["name"], {"id", "name"}, []),
        (Person, ["country"], {"id", "country_id"}, ["country"]),
        (Person, ["country__name"], {"id", "country_id"}, ["country"]),
        (Person, ["clubs"], {"id"}, ["clubs"]),
        (Person, ["memberships__club"], {"id"}, ["memberships__club"]),
        (Person, ["passport"], {"id"}, ["passport"]),
        (Friend, ["followers", "mentor"], {"id", "mentor_id"}, ["followers", "mentor"]),
        # Its accessor is `visit_set`, which is what Django prefetches by.
        (Place, ["visit"], {"id"}, ["visit_set"]),
        (Visit, ["cafe__guests"], {"id", "cafe_id"}, ["cafe__guests"]),
        (Cafe, ["seats"], {"place_ptr_id", "seats"}, []),
        # The other side points at a column that is not the key.
        (Isbn, ["copies"], {"id", "code"}, ["copies"]),
        # Generic keys and relations.
        (Tag, ["target"], {"id", "content_type_id", "object_id"}, ["target"]),
        (Tagged, ["tags"], {"id"}, ["tags"]),
        # A key of two columns.
        (Seat, ["taken"], {"row", "number", "taken"}, []),
    ],
)  # fmt: skip
def test_columns_and_rows(of: Any, wanted: list[str], columns: set[str], prefetch: list[str]) -> None:
    class Odd(Binding[Any]):
        model = of
        stream = None
        fields = ["id"]

        @computed(needs=wanted)
        def value(self, obj: Any) -> int:
            return 1

    schema, problems = compile_schema([Odd])
    assert not problems.found, problems.text()
    stream = schema.by_key["Odd"]
    node = Planner(schema).plan(stream, View(None, {}, None))
    assert {name for name, _ in node.loads} == columns
    assert node.prefetch == prefetch
