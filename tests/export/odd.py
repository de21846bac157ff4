"""Bindings with what neither the example nor the test project declares: the whole is compiled for the tests of exports alone."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from django.db.models import QuerySet
from pydantic import BaseModel
from typing_extensions import TypedDict

from binding_schema import (
    AllowAny,
    Binding,
    Context,
    Event,
    ReadOnly,
    WriteOnly,
    action,
    auto,
    computed,
    field,
    is_staff,
)
from tests.app.models import Article, Club, Person


class Mood(Enum):
    GOOD = "good"
    BAD = "bad"


class Place(BaseModel):
    city: str
    within: Place | None = None


@dataclasses.dataclass
class Moved:
    place: Place
    at: datetime
    after: timedelta


class Totals(TypedDict):
    amount: Decimal
    by_mood: dict[str, int]


class OddClub(Binding[Club]):
    """Only nested: who may not read it gets no `clubs`."""

    stream = None
    permissions = [AllowAny]

    id: auto
    name: auto


class OddPerson(Binding[Person]):
    """Speaks of itself: */ and "quotes" and `ticks`."""

    stream = "odd.Person"
    verbs = ["retrieve", "search"]
    permissions = [AllowAny]

    id: auto
    name: auto = field(label="Full name", help="As in the */ passport.")
    clubs: list[OddClub] = field(readable=is_staff)

    moved = Event(Moved, help="Somebody moved.")
    noted = Event(dict[str, int])

    @computed(needs=[])
    def worth(self, person: Person) -> Decimal:
        return Decimal("1.50")

    @action
    def move(self, ctx: Context, person: Person, place: Place, mood: Mood = Mood.GOOD) -> Place:
        """Move house.

        With all that one has."""
        return place

    @action
    def forget(self, ctx: Context, person: Person) -> None: ...

    @action
    def describe(self, ctx: Context, person: Person, word: str = "", **more: Any) -> dict[str, Any]:
        return {"word": word, **more}

    @action(read=True)
    def say(self, ctx: Context, **words: Any) -> dict[str, Any]:
        return words

    @action(read=True)
    def friends(self, ctx: Context, person: Person, names: list[str] | None = None) -> list[Person]:
        return []

    @action(read=True)
    def everyone(self, ctx: Context) -> QuerySet[Person]:
        return Person.objects.all()

    @action(read=True)
    def totals(self, ctx: Context) -> Totals:
        return {"amount": Decimal(1), "by_mood": {}}

    @action(read=True)
    def moods(self, ctx: Context) -> list[Mood]:
        return []

    @action(read=True)
    def anything(self, ctx: Context, of: Any = None) -> Any:
        return of

    @action
    async def slow(self, ctx: Context) -> int | None:
        return None


class OddArticle(Binding[Article]):
    stream = "odd.Article"
    verbs = ["create", "save"]

    id: auto
    title: WriteOnly[str]
    slug: ReadOnly[str] = field(deprecated="Use `id`.")
    body: auto = field(writable=is_staff)


class OddClock(Binding[Any]):
    """No model, and an event."""

    stream = "odd.Clock"
    permissions = [AllowAny]

    struck = Event(dict[str, int])

    @action(read=True)
    def hour(self, ctx: Context, offset: int = 0) -> int:
        return offset


BINDINGS = (OddClub, OddPerson, OddArticle, OddClock)
