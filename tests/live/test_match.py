"""Conditions decided in Python come out as in the database, or are left to it."""

from __future__ import annotations

import datetime as dt
import operator
import uuid
from decimal import Decimal
from functools import reduce
from typing import Any

import pytest
from django.db.models import Exists, F, OuterRef, Q
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from binding_schema.live.match import Undecidable, match
from helpdesk.models import Team, Ticket
from tests.app.models import Country, Passport, Person, Seat, Specimen
from tests.conftest import Demo

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies"),
]
profile = settings(
    derandomize=True, database=None, deadline=None, phases=[Phase.explicit, Phase.generate], max_examples=300,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip

#: Few values of each kind, so that many comparisons hit.
VALUES: dict[str, list[Any]] = {
    "name": ["", "a", "A", "ä", "b ", "b"],
    "nickname": [None, "", "a", "B"],
    "grade": [None, 1, 5],
    "flag": [True, False],
    "answer": [None, True, False],
    "small": [-5, 0, 5],
    "big": [None, -(2**63), 0, 2**53 + 1, 2**63 - 1],
    "ratio": [None, -0.5, 0.0, 0.1, 1e300],
    "amount": [None, Decimal("0"), Decimal("0.1000"), Decimal("-1.5"), Decimal("1234567890123456.1234"),
               Decimal("1234567890123456.1235")],
    "length": [None, dt.timedelta(0), dt.timedelta(days=-1), dt.timedelta(microseconds=1)],
    "day": [None, dt.date(1, 1, 1), dt.date(2024, 2, 29), dt.date(9999, 12, 31)],
    "at": [None, dt.time(0), dt.time(12, 0, 0, 1), dt.time(23, 59, 59)],
    "moment": [None, dt.datetime(2024, 1, 1, tzinfo=dt.UTC), dt.datetime(2024, 1, 1, 0, 0, 0, 500000, tzinfo=dt.UTC),
               dt.datetime(2024, 1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1)))],
    "id": [uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=2**128 - 1)],
}  # fmt: skip
ORDERED = ("gt", "gte", "lt", "lte")


@st.composite
def terms(draw: Any) -> Q:
    name = draw(st.sampled_from(sorted(VALUES)))
    known = [value for value in VALUES[name] if value is not None]
    value = st.sampled_from(known)
    lookup = draw(st.sampled_from(["exact", "in", "isnull", "range", *ORDERED]))
    if lookup == "exact":
        other = draw(st.sampled_from(VALUES[name]))
    elif lookup == "in":
        other = draw(st.lists(st.sampled_from(VALUES[name]), max_size=3))
    elif lookup == "isnull":
        other = draw(st.booleans())
    elif lookup == "range":
        other = (draw(value), draw(value))
    else:
        other = draw(value)
    return Q(**{f"{name}__{lookup}": other})


def joined(parts: tuple[list[Q], str, bool]) -> Q:
    children, how, negated = parts
    found = reduce(operator.and_ if how == "and" else operator.or_, children)
    return ~found if negated else found


conditions = st.recursive(
    terms(),
    lambda inner: st.tuples(st.lists(inner, min_size=1, max_size=3), st.sampled_from(["and", "or"]), st.booleans()).map(
        joined
    ),
    max_leaves=6,
)
rows = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items() if name != "id"})


@profile
@given(data=st.data())
def test_like_the_database(transactional_db: None, data: st.DataObject) -> None:
    Specimen.objects.all()._raw_delete("default")  # type: ignore[attr-defined]
    made = [Specimen(id=key, **data.draw(rows)) for key in VALUES["id"]]
    Specimen.objects.bulk_create(made)
    attnames = [item.attname for item in Specimen._meta.concrete_fields]
    stored = list(Specimen.objects.values(*attnames))
    for _ in range(12):
        condition = data.draw(conditions)
        found = set(Specimen.objects.filter(condition).values_list("pk", flat=True))
        for row in stored:
            try:
                decided = match(Specimen, condition, row)
            except Undecidable:
                continue
            assert decided == (row["id"] in found), (condition, row)


def test_most_is_decided(transactional_db: None) -> None:
    """What would be left to the database costs a query: equality, order and null are not."""
    specimen = Specimen.objects.create(name="a", small=3)
    row = {item.attname: getattr(specimen, item.attname) for item in Specimen._meta.concrete_fields}
    for condition in (Q(name="a"), Q(name__in=["a"]), Q(small__gte=3), Q(day=None), Q(day__isnull=True), Q(pk=specimen.pk),
                      Q(flag=False), ~Q(small__lt=3), Q(Q(name="b") | Q(small=3)), Q(), Q(id__in=[specimen.pk])):  # fmt: skip
        assert match(Specimen, condition, row) is True, condition


UNDECIDABLE = [
    Q(name__icontains="a"), Q(name__gt="a"), Q(moment__date="2024-01-01"), Q(day__year=2024), Q(payload={}), Q(raw=b""),
    Q(small=F("count")), Q(small__in=[F("count")]), Q(unknown=1), Q(small="3"),
    Q(Exists(Specimen.objects.filter(pk=OuterRef("pk")))),
    Q(id__in=Specimen.objects.values("pk")), Q(name="a") ^ Q(small=3), Q(notes__regex="a"), Q(address="::1"),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(UNDECIDABLE)))
def test_left_to_the_database(number: int) -> None:
    row = {item.attname: "x" if item.attname == "name" else 3 for item in Specimen._meta.concrete_fields}
    with pytest.raises(Undecidable):
        match(Specimen, UNDECIDABLE[number], row)


def test_text_where_the_database_does_not_tell_capitals_apart() -> None:
    with pytest.raises(Undecidable):
        match(Specimen, Q(name="a"), {"name": "A"}, text_is_exact=False)
    assert match(Specimen, Q(small=1), {"small": 1}, text_is_exact=False)
    assert not match(Specimen, Q(nickname="a"), {"nickname": None}, text_is_exact=False)


def test_relations(demo: Demo) -> None:
    ticket = Ticket.objects.filter(assignee=demo.alice, team=demo.network)[0]
    row = {item.attname: getattr(ticket, item.attname) for item in Ticket._meta.concrete_fields}
    for condition in (Q(team=demo.network), Q(team_id=demo.network.pk), Q(team__in=[demo.network, demo.billing]),
                      Q(assignee=demo.alice.pk), Q(assignee__isnull=False), ~Q(team=demo.hardware)):  # fmt: skip
        assert match(Ticket, condition, row) is True, condition
    for condition in (Q(team__name="Network"), Q(labels=1), Q(team__members=demo.alice), Q(comments__isnull=True),
                      Q(team__in=Team.objects.all()), Q(assignee__is_staff=False)):  # fmt: skip
        with pytest.raises(Undecidable):
            match(Ticket, condition, row)


def test_odd_keys(transactional_db: None) -> None:
    ann = Person.objects.create(name="Ann", country=Country.objects.create(code="fr", name="France"))
    passport = Passport.objects.create(person=ann, number="1")
    assert match(Passport, Q(pk=ann.pk), {"person_id": passport.pk})
    assert match(Person, Q(country="fr"), {"country_id": "fr"})
    assert not match(Person, Q(country="FR"), {"country_id": "fr"})
    with pytest.raises(Undecidable):
        match(Seat, Q(pk=("A", 1)), {"row": "A", "number": 1})


def test_decimals(demo: Demo) -> None:
    """SQLite keeps them as floating-point numbers."""
    ticket = demo.tickets[0]
    numbers = [Decimal(text) for text in ("0", "0.1", "0.10", "0.3", "12345678.91", "12345678.92", "99999999.99")]
    finer = Decimal("0.105")
    for value in numbers:
        Ticket.objects.filter(pk=ticket.pk).update(cost=value)
        row = Ticket.objects.values("cost").get(pk=ticket.pk)
        for lookup in ("exact", *ORDERED):
            for other in (*numbers, finer, 0, 1):
                condition = Q(**{f"cost__{lookup}": other})
                found = Ticket.objects.filter(condition, pk=ticket.pk).exists()
                try:
                    assert match(Ticket, condition, row) == found, (condition, row)
                except Undecidable:
                    assert other == finer
