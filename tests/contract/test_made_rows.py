"""Rows that other code makes: a serializer behind an adapter, and a binding's own `serialize`; over every transport."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async

from tests.app.models import Club, Country, Membership, Person

from .expect import answered, failed, refused

PAGE = "app.Circle"


@pytest.fixture
def clubs(desk):
    country = Country.objects.create(code="fr", name="France")
    people = [
        Person.objects.create(name=name, country=country if name == "Ada" else None) for name in ("Ada", "Bob", "Cy")
    ]
    found = [Club.objects.create(name=name) for name in ("Chess", "Go", "Rowing")]
    for person, club in ((0, 0), (1, 0), (2, 1)):
        Membership.objects.create(person=people[person], club=found[club], role="member")
    return found, people


def row(club: Club) -> dict:
    members = [
        {"name": person.name, "country": person.country and person.country.name}
        for person in club.people.order_by("name").select_related("country")
    ]
    return {"id": club.pk, "name": club.name, "members": members, "size": len(members)}


async def test_a_serializer_makes_the_rows(client_for, desk, clubs):
    client = await client_for(desk.alice)
    expected = [await sync_to_async(row)(club) for club in clubs[0]]
    assert answered(await client.send(f"{PAGE}.retrieve", id=clubs[0][0].pk), f"{PAGE}.retrieve") == expected[0]
    assert answered(await client.send(f"{PAGE}.list", order="name"), f"{PAGE}.list")["rows"] == expected
    found = answered(
        await client.send(f"{PAGE}.search", filters={"name__icontains": "o"}, order="-name"), f"{PAGE}.search"
    )
    assert found["rows"] == [expected[2], expected[1]]
    assert found["count"] == 2


async def test_a_serializer_writes(client_for, desk, clubs):
    client = await client_for(desk.alice)
    create, update = f"{PAGE}.create", f"{PAGE}.update"
    made = answered(await client.send(create, name="sailing"), create)
    assert (await Club.objects.aget(pk=made["id"])).name == "SAILING"
    assert answered(await client.send(update, id=made["id"], name="diving"), update) == {
        "success": True,
        "id": made["id"],
    }
    assert (await Club.objects.aget(pk=made["id"])).name == "DIVING"
    assert failed(await client.send(create, name=""), create) == {"name": ["blank"]}
    # What the database refuses after the serializer's own validation.
    await Club.objects.acreate(name="GOLF")
    assert failed(await client.send(create, name="golf"), create) == {"name": ["unique"]}
    refused(await client.send(update, id=0, name="x"), "not_found")
    assert await Club.objects.acount() == 5


async def test_a_batch_by_a_serializer_is_all_or_nothing(client_for, desk, clubs):
    client = await client_for(desk.alice)
    save = f"{PAGE}.save"
    rows = [{"name": "one"}, {"name": ""}, {"id": clubs[0][1].pk, "name": "golf"}]
    assert failed(await client.send(save, rows=rows), save) == {"1": {"name": ["blank"]}}
    assert await Club.objects.filter(name__in=["ONE", "GOLF"]).acount() == 0
    rows[1]["name"] = "two"
    assert len(answered(await client.send(save, rows=rows), save)["ids"]) == 3
    assert await Club.objects.filter(name__in=["ONE", "TWO", "GOLF"]).acount() == 3
    # The row that the database refuses is named, and the others are taken back.
    rows = [{"name": "three"}, {"name": "two"}]
    assert failed(await client.send(save, rows=rows), save) == {"1": {"name": ["unique"]}}
    assert await Club.objects.filter(name="THREE").acount() == 0


async def test_rights_over_a_serializer(client_for, desk, clubs):
    client = await client_for(desk.alice)
    create = f"{PAGE}.create"
    refused(await client.send(create, name="x", founder=clubs[1][0].pk), "invalid_data")
    admin = await client_for(desk.admin)
    made = answered(await admin.send(create, name="x", founder=clubs[1][0].pk), create)
    assert [item.name async for item in Person.objects.filter(clubs=made["id"])] == ["Ada"]
    assert failed(await admin.send(create, name="y", founder=0), create) == {"founder": ["does_not_exist"]}
    assert await Club.objects.filter(name="Y").acount() == 0


async def test_the_number_of_statements_is_constant(client_for, desk, clubs, queries, transport):
    client = await client_for(desk.alice)
    found = []
    for keys in ([clubs[0][0].pk], [club.pk for club in clubs[0]]):
        answered(await client.send(f"{PAGE}.list", order="name", filters={"name__icontains": ""}), f"{PAGE}.list")
        queries.take()
        answered(await client.send(f"{PAGE}.retrieve", ids=keys), f"{PAGE}.retrieve")
        # The clubs, their people with the countries, and the memberships of the computed field.
        found.append([sql for sql in queries.take() if 'FROM "app_' in sql])
    assert len(found[0]) == len(found[1]) == 4, found


async def test_the_number_of_statements_of_a_list_is_constant(client_for, desk, clubs, queries, transport):
    client = await client_for(desk.alice)
    event, found = f"{PAGE}.list", []
    answered(await client.send(event), event)
    for filters, number in (({"name": clubs[0][0].name}, 1), ({"name__icontains": ""}, 3)):
        queries.take()
        assert len(answered(await client.send(event, filters=filters), event)["rows"]) == number
        found.append([sql for sql in queries.take() if 'FROM "app_' in sql])
    assert len(found[0]) == len(found[1]) == 4, found
