"""Bindings of the models with the odd fields, keys and constraints. Whoever is logged in may read and write all of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from binding_schema import Binding, Context, IsAdminUser, IsAuthenticated, ReadOnly, action, auto, computed, field
from binding_schema.errors import Conflict

from . import made
from .models import Article, Booking, Category, Club, Country, Membership, Passport, Person, Seat, Specimen

__all__ = ["made"]


class Open(Binding[Any]):
    abstract = True

    permissions = [IsAuthenticated]


class SpecimenBinding(Open):
    """Every field. `count` is a key of the protocol's own, so that one has another name."""

    model = Specimen
    fields = "__all__"

    count_: auto = field(source="count")

    filters = {
        "name": ["exact", "in", "icontains", "startswith"],
        "nickname": ["exact", "isnull"],
        "kind": ["exact", "in"],
        "grade": ["exact", "gte"],
        "flag": ["exact"],
        "answer": ["exact"],
        "small": ["exact", "range"],
        "count_": ["exact", "gt"],
        "doubled": ["exact"],
        "big": ["exact", "in", "gte"],
        "ratio": ["exact", "lt"],
        "amount": ["exact", "gte"],
        "length": ["exact", "gte"],
        "address": ["exact"],
        "day": ["exact", "year", "range"],
        "at": ["exact", "gte"],
        "moment": ["exact", "gte", "date", "year__gte"],
    }
    ordering = ["name", "count_", "big", "ratio", "amount", "length", "day", "at", "moment", "nickname", "doubled"]
    search_fields = ["name", "notes", "address"]


class CountryBinding(Open):
    """A key that the client chooses, under the name of the column too."""

    model = Country

    id: auto
    name: auto

    filters = {"id": ["exact", "in"], "name": ["exact", "icontains"]}
    ordering = ["id", "name"]
    search_fields = ["name"]


class SeatBinding(Open):
    model = Seat

    id: auto
    row: auto
    number: auto
    taken: auto

    filters = {"row": ["exact", "in"], "taken": ["exact"]}
    ordering = ["row", "number"]


class CategoryBinding(Open):
    """A tree, shown two steps up and two down."""

    model = Category

    id: auto
    name: auto
    parent: CategoryBinding | None = field(depth=2)
    children: list[CategoryBinding] = field(depth=2)

    filters = {"name": ["exact"], "parent": ["exact", "in"], "parent__name": ["exact"]}
    ordering = ["name", "parent__name"]


class BookingBinding(Open):
    model = Booking

    id: auto
    room: auto
    day: auto
    slot: auto
    starts: auto
    ends: auto
    reference: auto
    cancelled: auto

    lookup_field = "reference"
    filters = {"room": ["exact"], "day": ["exact"]}
    ordering = ["day", "starts"]


class NestedCountry(Binding[Country]):
    stream = None

    id: auto
    name: auto


class NestedPassport(Binding[Passport]):
    stream = None

    id: auto
    number: auto


class NestedClub(Binding[Club]):
    stream = None

    id: auto
    name: auto


class NestedMembership(Binding[Membership]):
    stream = None

    id: auto
    role: auto
    club: NestedClub


class NestedPerson(Binding[Person]):
    stream = None

    id: auto
    name: auto


class PersonBinding(Open):
    """Relations of every kind: a foreign key, a one-to-one backwards, many-to-many through a model, and that model."""

    model = Person

    id: auto
    name: auto
    country: NestedCountry | None
    passport: NestedPassport | None
    clubs: list[NestedClub]
    club_ids: list[int] = field(source="clubs")
    memberships: list[NestedMembership]

    filters = {
        "country": ["exact", "in", "isnull"],
        "country__name": ["icontains"],
        "clubs": ["exact", "in"],
        "memberships__role": ["exact"],
        "passport__number": ["exact"],
    }
    ordering = ["name", "country__name"]
    search_fields = ["name", "clubs__name"]

    @computed(needs=["memberships"])
    def roles(self, person: Person) -> list[str]:
        """The roles that the person has in clubs."""
        return sorted(item.role for item in person.memberships.all())


class PassportBinding(Open):
    model = Passport

    id: ReadOnly[int]
    person: NestedPerson
    number: auto


class ClubBinding(Open):
    model = Club

    id: auto
    name: auto
    people: list[NestedPerson]

    search_fields = ["name"]


class MembershipBinding(Open):
    model = Membership

    id: auto
    person_id: auto
    club_id: auto
    role: auto


class ArticleBinding(Open):
    model = Article

    id: auto
    title: auto
    slug: auto
    body: auto
    revision: ReadOnly[int]
    locked: auto

    filters = {"title": ["icontains"], "locked": ["exact"]}
    ordering = ["title", "revision"]
    search_fields = ["title", "body"]

    @action
    def lock(self, ctx: Context, article: Article) -> Article:
        article.locked = True
        article.save(update_fields=["locked"])
        return article

    @action(permissions=[IsAdminUser])
    def audit(self, ctx: Context, article: Article) -> dict[str, int]:
        return {"revision": article.revision}

    @action
    def explode(self, ctx: Context, article: Article) -> None:
        """Writes, and then fails."""
        article.title = "Exploded"
        article.save()
        raise Conflict("It exploded.")


class ClockBinding(Binding[Any]):
    """A stream without a model."""

    stream = "tests.Clock"
    permissions = [IsAuthenticated]

    @action(read=True)
    def now(self, ctx: Context) -> datetime:
        return timezone.now()

    @action(read=True)
    async def add(self, ctx: Context, left: int, right: int = 1) -> dict[str, int]:
        return {"sum": left + right}


class LineBinding(Binding[Any]):
    """A stream whose actions tell more than their answer."""

    stream = "tests.Line"
    permissions = [IsAuthenticated]

    @action(read=True)
    def follow(
        self, ctx: Context, stream: str = "", hash: str = "", end: bool = False, fails: bool = False, **data: Any
    ) -> None:
        (ctx.unsubscribe if end else ctx.subscribe)(stream, hash=hash, **data)
        if fails:
            raise Conflict("Not now.")

    @action(read=True)
    def reply(self, ctx: Context, word: str) -> None:
        ctx.reflect(f"said#{ctx.hash}" if ctx.hash else "said", {"word": word})
