"""Rules of nested streams: what a user may not see by itself, she does not see within another object either."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import Q

from binding_schema import Binding, IsAdminUser, IsAuthenticated, auto, field
from tests.app.models import Club, Country, Membership, Person

from .local import Local

pytestmark = pytest.mark.django_db(transaction=True)


class ClubBinding(Binding[Club]):
    """Clubs are seen by those whose name they begin with; the secret part of their name is for staff."""

    id: auto
    name: auto

    permissions = [IsAuthenticated]

    def visible_to(self, user: Any) -> Q:
        return Q(name__startswith=user.username)


class CountryBinding(Binding[Country]):
    """A field that is readable on some rows only."""

    id: auto
    name: auto = field(readable=lambda ctx: Q(name__startswith=ctx.user.username))

    permissions = [IsAuthenticated]


class MembershipBinding(Binding[Membership]):
    """For staff alone."""

    stream = None
    id: auto
    role: auto

    permissions = [IsAdminUser]


class PersonBinding(Binding[Person]):
    id: auto
    name: auto
    country: CountryBinding | None
    clubs: list[ClubBinding]
    memberships: list[MembershipBinding]

    filters = {"clubs": ["exact"], "country": ["exact"], "country__name": ["exact"]}
    permissions = [IsAuthenticated]


@pytest.fixture
def local() -> Local:
    return Local(PersonBinding, ClubBinding, CountryBinding, MembershipBinding)


@pytest.fixture
def person(alice: User, bob: User) -> Person:
    person = Person.objects.create(name="Ann", country=Country.objects.create(code="x", name="alice's land"))
    for name in ("alice's", "bob's", "alice's too"):
        Membership.objects.create(person=person, club=Club.objects.create(name=name), role="x")
    return person


async def test_nested_rows_and_fields(local: Local, person: Person, alice: User, bob: User) -> None:
    for user, country, names in (
        (alice, {"id": "x", "name": "alice's land"}, ["alice's", "alice's too"]),
        (bob, {"id": "x"}, ["bob's"]),
    ):
        row = await local.send(user, "app.Person.retrieve", id=person.pk)
        assert row["country"] == country
        assert [club["name"] for club in row["clubs"]] == names
        assert "memberships" not in row
    staff = await User.objects.acreate(username="al", is_staff=True)
    row = await local.send(staff, "app.Person.retrieve", id=person.pk)
    assert (len(row["memberships"]), [club["name"] for club in row["clubs"]]) == (3, ["alice's", "alice's too"])
    admin = await User.objects.acreate(username="root", is_superuser=True)
    assert len((await local.send(admin, "app.Person.retrieve", id=person.pk))["clubs"]) == 3


async def test_a_hidden_object_is_null(person: Person, alice: User, bob: User) -> None:
    class Hidden(Binding[Country]):
        stream = None
        id: auto

        permissions = [IsAuthenticated]

        def visible_to(self, user: Any) -> Q:
            return Q(name__startswith=user.username)

    class Shown(Binding[Person]):
        id: auto
        country: Hidden | None

        permissions = [IsAuthenticated]

    local = Local(Shown, Hidden)
    assert (await local.send(alice, "app.Person.retrieve", id=person.pk))["country"] == {"id": "x"}
    assert (await local.send(bob, "app.Person.retrieve", id=person.pk))["country"] is None


async def test_a_field_that_is_hidden_on_some_rows_is_not_found_there(person: Person, alice: User, bob: User) -> None:
    class Land(Binding[Country]):
        id: auto
        name: auto = field(readable=lambda ctx: Q(name__startswith=ctx.user.username))

        filters = {"name": ["exact", "icontains"]}
        search_fields = ["name"]
        permissions = [IsAuthenticated]

    local = Local(Land)
    for user, number in ((alice, 1), (bob, 0)):
        for data in (
            {"filters": {"name": "alice's land"}},
            {"filters": {"name__icontains": "land"}},
            {"query": "land"},
        ):
            assert (await local.send(user, "app.Country.list", **data))["count"] == number
        # Seen all the same, without its name; and "not" does not turn the tables.
        assert (await local.send(user, "app.Country.list"))["count"] == 1
    found = await local.send(bob, "app.Country.list", filters={"not": {"name": "alice's land"}})
    other = await local.send(bob, "app.Country.list", filters={"not": {"name": "no such land"}})
    assert found["count"] == other["count"]
