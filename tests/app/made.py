"""Bindings whose rows, writes and filters are other code's: their own, or that of a framework that an adapter knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Count, Q, QuerySet
from typing_extensions import TypedDict

from binding_schema import Binding, Context, CustomFilter, IsAuthenticated, auto, computed, field, is_staff
from binding_schema.errors import WriteFailed
from binding_schema.extend import Adapter, Serializer, SerializerField, in_sight, register

from .models import Club, Country, Person


class Form:
    """What stands for another framework's serializer class."""


class ClubForm(Form):
    pass


class Member(TypedDict):
    name: str
    country: str | None


class ClubSerializer(Serializer):
    """A club by its members. `name` is written in capitals; the founder has to be a person whom the writer may see."""

    fields = (
        SerializerField("id", int, source="pk", writable=False),
        SerializerField("name", str, required=True, source="name"),
        SerializerField("members", list[Member], writable=False),
        SerializerField("founder", int, readable=False),
    )
    needs = ("people", "people__country")
    per_user = False
    writes = True

    def dump(self, ctx: Context, objects: Sequence[Club]) -> Sequence[Mapping[str, Any]]:
        return [
            {
                "id": club.pk,
                "name": club.name,
                "members": [
                    {"name": person.name, "country": person.country and person.country.name}
                    for person in sorted(club.people.all(), key=lambda item: item.name)
                ],
            }
            for club in objects
        ]

    def save(self, ctx: Context, obj: Any, data: Mapping[str, Any]) -> Club:
        club = obj or Club()
        if not isinstance(data.get("name", ""), str) or data.get("name") == "":
            raise WriteFailed({"name": [{"code": "blank", "message": "Say a name."}]})
        if "name" not in data and obj is None:
            raise WriteFailed({"name": [{"code": "required", "message": "Say a name."}]})
        club.name = data.get("name", club.name).upper()
        club.save()
        if "founder" in data:
            if not in_sight(ctx, Person, [data["founder"]]):
                raise WriteFailed({"founder": [{"code": "does_not_exist", "message": "Nobody."}]})
            club.memberships.create(person_id=data["founder"], role="founder")
        return club


class TestAdapter(Adapter):
    __test__ = False

    def serializer(self, binding: type, item: Any) -> Serializer | None:
        return ClubSerializer() if item is ClubForm else None


register("tests.app.made.TestAdapter")


class CircleBinding(Binding[Club]):
    stream = "app.Circle"
    serializer_class = ClubForm
    permissions = [IsAuthenticated]

    founder: auto = field(writable=is_staff)

    filters = {"name": ["exact", "icontains"]}
    ordering = ["name"]
    search_fields = ["name"]

    @computed(needs=["memberships"])
    def size(self, club: Club) -> int:
        return len(club.memberships.all())


def few(ctx: Context, value: int) -> Q:
    """Persons of at most so many clubs."""
    counted = Person.objects.annotate(number=Count("clubs")).filter(number__lte=value)
    return Q(pk__in=counted.values("pk"))


class BadgeBinding(Binding[Person]):
    """Rows by its own `serialize`, lists narrowed by its own `filter_queryset`, and a filter of its own."""

    stream = "app.Badge"
    permissions = [IsAuthenticated]

    id: auto
    name: auto
    country_id: auto = field(readable=is_staff)

    serialize_needs = ["country", "clubs"]
    filters = {
        "name": ["exact"],
        "few": CustomFilter(int, few),
        "mine": CustomFilter(bool, lambda ctx, value: mine(ctx, value)),
    }
    ordering = ["name"]

    def serialize(self, ctx: Context, person: Person) -> Mapping[str, Any]:
        return {
            "name": person.name.upper(),
            "country_id": person.country_id,
            "country_name": person.country.name if person.country else None,
            "clubs": sorted(club.name for club in person.clubs.all()),
            "shown_to": ctx.user.username,
        }

    def filter_queryset(self, ctx: Context, queryset: QuerySet[Person], data: Mapping[str, Any]) -> QuerySet[Person]:
        if "club" in data:
            return queryset.filter(clubs__name__startswith=data["club"])
        return queryset


def mine(ctx: Context, value: bool) -> Q:
    """Persons with the user's name; or those without it."""
    return Q(name=ctx.user.username) if value else ~Q(name=ctx.user.username)


class LandBinding(Binding[Country]):
    """Nests rows that are made elsewhere."""

    stream = "app.Land"
    permissions = [IsAuthenticated]

    id: auto
    name: auto
    people: list[BadgeBinding]
