"""Rows and writes of a serializer, at the edges: what the plan adds to open rows, and what the database refuses at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from django.contrib.auth.models import User

from binding_schema import Binding, Context, IsAuthenticated, computed
from binding_schema.declare import adapters
from binding_schema.extend import Adapter, Serializer, SerializerField, register
from tests.app.models import Club, Membership

from .local import Local

pytestmark = pytest.mark.django_db(transaction=True)


class OpenClubs(Serializer):
    """Rows with a key that no field says. A club is written with a member that may not exist."""

    fields = (SerializerField("name", str, source="name"), SerializerField("member", int, readable=False))
    open = True
    writes = True

    def dump(self, ctx: Context, objects: Sequence[Club]) -> Sequence[Mapping[str, Any]]:
        return [{"name": club.name, "more": len(club.name)} for club in objects]

    def save(self, ctx: Context, obj: Any, data: Mapping[str, Any]) -> Club:
        club = Club.objects.create(name=data["name"])
        if "member" in data:
            Membership.objects.create(club=club, person_id=data["member"], role="x")
        return club


class OpenAdapter(Adapter):
    def serializer(self, binding: type, item: Any) -> Serializer | None:
        return item if isinstance(item, OpenClubs) else None


@pytest.fixture
def clubs() -> Iterator[Local]:
    before = dict(adapters._paths)
    register(f"{__name__}.OpenAdapter")

    class Clubs(Binding[Club]):
        stream = "own.Club"
        permissions = [IsAuthenticated]
        serializer_class = OpenClubs()

        @computed(needs=["name"])
        def loud(self, club: Club) -> str:
            return club.name.upper()

    yield Local(Clubs)
    adapters._paths.clear()
    adapters._paths.update(before)
    adapters.adapters.cache_clear()


async def test_computed_fields_stand_in_open_rows(clubs: Local, alice: User) -> None:
    made = await clubs.send(alice, "own.Club.create", name="go")
    row = {"id": made["id"], "name": "go", "more": 2, "loud": "GO"}
    assert await clubs.send(alice, "own.Club.retrieve", id=made["id"]) == row
    assert (await clubs.send(alice, "own.Club.list"))["rows"] == [row]


async def test_what_a_commit_refuses_is_laid_to_no_row(clubs: Local, alice: User) -> None:
    """A foreign key is looked at when the transaction ends: which row broke it is not known any more."""
    reference = {"__all__": [{"code": "invalid_reference", "message": "It refers to an object that does not exist."}]}
    rows = [{"name": "one", "member": 10**6}, {"name": "two"}]
    assert await clubs.send(alice, "own.Club.save", rows=rows) == {"success": False, "errors": reference}
    assert await clubs.send(alice, "own.Club.create", **rows[0]) == {"success": False, "errors": reference}
    # A constraint that holds at once names its row.
    rows = [{"name": "one"}, {"name": "one"}, {"name": "two"}]
    found = await clubs.send(alice, "own.Club.save", rows=rows)
    assert {number: list(errors) for number, errors in found["errors"].items()} == {"1": ["name"]}
    assert await Club.objects.acount() == 0
