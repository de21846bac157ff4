"""Rows by a binding's own `serialize`, lists by its own `filter_queryset` and by a filter of its own."""

from __future__ import annotations

import pytest

from tests.app.models import Club, Country, Membership, Person

from .expect import answered, refused

BADGE = "app.Badge"


@pytest.fixture
def people(desk):
    country = Country.objects.create(code="fr", name="France")
    found = [Person.objects.create(name=name, country=country) for name in ("alice", "bob", "cy")]
    clubs = [Club.objects.create(name=name) for name in ("Chess", "Checkers", "Go")]
    for person, club in ((0, 0), (0, 1), (1, 0), (2, 2)):
        Membership.objects.create(person=found[person], club=clubs[club], role="member")
    return found


async def test_the_row_is_what_serialize_returns(client_for, desk, people):
    client = await client_for(desk.alice)
    found = answered(await client.send(f"{BADGE}.retrieve", id=people[0].pk), f"{BADGE}.retrieve")
    # `country_id` is for staff: who may not read a field is not shown it by other means.
    assert found == {
        "id": people[0].pk, "name": "ALICE", "country_name": "France", "clubs": ["Checkers", "Chess"], "shown_to": "alice",
    }  # fmt: skip
    admin = await client_for(desk.admin)
    found = answered(await admin.send(f"{BADGE}.retrieve", id=people[0].pk), f"{BADGE}.retrieve")
    assert (found["country_id"], found["shown_to"]) == ("fr", "admin")


async def test_nested_rows_too(client_for, desk, people):
    client = await client_for(desk.alice)
    (row,) = answered(await client.send("app.Land.list"), "app.Land.list")["rows"]
    assert [item["shown_to"] for item in row["people"]] == ["alice"] * 3
    assert "country_id" not in row["people"][0]


async def test_writes_are_the_core_s_own(client_for, desk, people):
    client = await client_for(desk.alice)
    event = f"{BADGE}.update"
    assert answered(await client.send(event, id=people[0].pk, name="ada"), event) == {
        "success": True,
        "id": people[0].pk,
    }
    refused(await client.send(event, id=people[0].pk, clubs=[]), "invalid_data")


async def test_the_whole_data_narrows_a_list(client_for, desk, people):
    client = await client_for(desk.alice)
    for verb in ("list", "search"):
        event = f"{BADGE}.{verb}"
        found = answered(await client.send(event, club="Che", order="-name"), event)
        # Alice is in two such clubs, and comes once.
        assert [row["name"] for row in found["rows"]] == ["BOB", "ALICE"]
        assert found["count"] == 2
        assert answered(await client.send(event, club="X"), event)["rows"] == []
        assert answered(await client.send(event), event)["count"] == 3


async def test_a_filter_of_its_own(client_for, desk, people):
    names = {}
    for user in (desk.alice, desk.bob):
        client = await client_for(user)
        event = f"{BADGE}.list"
        names[user.username] = [
            [row["name"] for row in answered(await client.send(event, filters=filters, order="name"), event)["rows"]]
            for filters in (
                {"mine": True},
                {"not": {"mine": True}},
                {"few": 1},
                {"or": [{"mine": True}, {"name": "cy"}]},
            )
        ]
    assert names == {
        "alice": [["ALICE"], ["BOB", "CY"], ["BOB", "CY"], ["ALICE", "CY"]],
        "bob": [["BOB"], ["ALICE", "CY"], ["BOB", "CY"], ["BOB", "CY"]],
    }


async def test_a_wrong_value_of_it(client_for, desk, people):
    client = await client_for(desk.alice)
    refused(await client.send(f"{BADGE}.list", filters={"few": "many"}), "invalid_filter")
    refused(await client.send(f"{BADGE}.list", filters={"few": None}), "invalid_filter")
    refused(await client.send(f"{BADGE}.list", filters={"few__in": [1]}), "invalid_filter")
