"""Live frames of rows that other code makes: a shared serializer's, and rows that differ from user to user."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async

from tests.app.models import Club, Membership, Person
from tests.conftest import Demo

from .talk import ask, done, told, ws

pytestmark = pytest.mark.django_db(transaction=True)


@sync_to_async
def made() -> tuple[list[Person], list[Club]]:
    people = [Person.objects.create(name=name) for name in ("alice", "bob", "cy")]
    return people, [Club.objects.create(name=name) for name in ("Chess", "Go")]


async def test_a_serializer_s_rows_are_told(demo: Demo) -> None:
    people, clubs = await made()
    async with ws(demo.alice) as alice, ws(demo.bob) as bob:
        for client in (alice, bob):
            await ask(client, "app.Circle.list#all", order="name")
        await ask(alice, "app.Circle.update", id=clubs[0].pk, name="rowing", meta={"subscribe": False})
        row = {"id": clubs[0].pk, "name": "ROWING", "members": [], "size": 0}
        for client in (alice, bob):
            assert [(item.event, item.data) for item in await client.settled()] == [("app.Circle.retrieve#all", row)]
        # What a row is made of besides its own columns is watched as well: `needs` names it.
        await done(lambda: Membership.objects.create(person=people[0], club=clubs[0], role="x"))
        (frame,) = await bob.settled()
        assert frame.data == {**row, "members": [{"name": "alice", "country": None}], "size": 1}


async def test_each_is_told_her_own_row(demo: Demo) -> None:
    people, _ = await made()
    async with ws(demo.alice) as alice, ws(demo.bob) as bob:
        for client in (alice, bob):
            await ask(client, "app.Badge.retrieve", id=people[0].pk)
        await done(people[0].save)
        assert [(await client.settled())[0].data["shown_to"] for client in (alice, bob)] == ["alice", "bob"]


async def test_lists_by_filters_of_one_s_own_follow(demo: Demo) -> None:
    people, clubs = await made()
    async with ws(demo.alice) as alice, ws(demo.bob) as bob:
        for client in (alice, bob):
            await ask(client, "app.Badge.list#mine", filters={"mine": True})
        await ask(alice, "app.Badge.subscribe#club", club="Che", snapshot=True)
        await done(lambda: Person.objects.filter(pk=people[2].pk).first().delete())  # type: ignore[union-attr]
        assert await told(alice) == await told(bob) == []
        another = await done(lambda: Person.objects.create(name="alice"))
        assert await told(alice) == [("Badge.retrieve#mine", another.pk, "create")]
        await done(lambda: Membership.objects.create(person=another, club=clubs[0], role="x"))
        assert ("Badge.retrieve#club", another.pk, "enter") in await told(alice)
        another.name = "bob"
        await done(another.save)
        assert ("Badge.delete#mine", another.pk, "leave") in await told(alice)
        assert await told(bob) == [("Badge.retrieve#mine", another.pk, "enter")]
