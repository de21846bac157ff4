"""At least one object of each stream, with values of every kind."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import orjson

from binding_schema.compile import current
from binding_schema.resolve.dump import dumps
from tests.app.models import Article, Booking, Category, Club, Country, Membership, Passport, Person, Seat, Specimen


def fill() -> None:
    Specimen.objects.create(
        name="Quartz", nickname="Q", kind="mineral", grade=5, answer=True, small=-5, big=2**60, ratio=0.5,
        amount=Decimal("12.5000"), length=dt.timedelta(days=1, seconds=2), raw=b"\x00\xff", payload={"a": [1, None]},
        day=dt.date(2026, 1, 31), at=dt.time(12, 30), moment=dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC),
        address="::1", document="a.txt",
    )  # fmt: skip
    Specimen.objects.create(name="Bare")
    country = Country.objects.create(code="NL", name="Netherlands")
    person, club = Person.objects.create(name="Ada", country=country), Club.objects.create(name="Chess")
    Person.objects.create(name="Nobody")
    Membership.objects.create(person=person, club=club, role="chair")
    Passport.objects.create(person=person, number="X1")
    Seat.objects.create(row="A,", number=3)
    root = Category.objects.create(name="Root")
    leaf = Category.objects.create(name="Leaf", parent=root)
    Category.objects.create(name="Vein", parent=leaf)
    Booking.objects.create(room="1", day=dt.date(2026, 1, 31), slot=1, starts=dt.time(10), ends=dt.time(11))
    Article.objects.create(title="Title")


def keys() -> dict[str, list[Any]]:
    """Two keys of each stream, as they travel."""
    found = {}
    for name, stream in current.schema().streams.items():
        if stream.model is not None:
            dump = stream.fields["id"].type.dump or (lambda value: value)
            shown = [dump(item.pk) for item in stream.model._default_manager.order_by("pk")[:2]]
            found[name] = orjson.loads(dumps(shown))
    return found
