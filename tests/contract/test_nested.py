"""Nested objects and lists, read: relations of every kind, absent ones, and trees."""

import pytest

from tests.app.models import Category, Club, Country, Membership, Passport, Person

from .expect import answered, codes, ids, refused

PERSON, CLUB, CATEGORY = "app.Person", "app.Club", "app.Category"


@pytest.fixture
def people(desk):
    """Ann with everything, Ben with nothing."""
    country = Country.objects.create(code="fr", name="France")
    ann, ben = Person.objects.create(name="Ann", country=country), Person.objects.create(name="Ben")
    Passport.objects.create(person=ann, number="P1")
    chess, go = Club.objects.create(name="Chess"), Club.objects.create(name="Go")
    for club, role in ((go, "guest"), (chess, "chair")):
        Membership.objects.create(person=ann, club=club, role=role)
    return ann, ben, chess, go


def rows_of(people):
    ann, ben, chess, go = people
    chair, guest = Membership.objects.get(role="chair"), Membership.objects.get(role="guest")
    clubs = [{"id": club.pk, "name": club.name} for club in (chess, go)]
    between = [(guest, clubs[1]), (chair, clubs[0])]
    full = {
        "id": ann.pk,
        "name": "Ann",
        "country": {"id": "fr", "name": "France"},
        "passport": {"id": ann.pk, "number": "P1"},
        "clubs": clubs,
        "club_ids": [chess.pk, go.pk],
        "memberships": [{"id": item.pk, "role": item.role, "club": club} for item, club in between],
        "roles": ["chair", "guest"],
    }
    absent = {"country": None, "passport": None, "clubs": [], "club_ids": [], "memberships": [], "roles": []}
    return [full, {"id": ben.pk, "name": "Ben", **absent}]


@pytest.fixture
def rows(people):
    return rows_of(people)


async def test_relations_of_every_kind(client_for, desk, people, rows):
    client = await client_for(desk.alice)
    for row in rows:
        assert answered(await client.send(f"{PERSON}.retrieve", id=row["id"]), f"{PERSON}.retrieve") == row
    found = answered(await client.send(f"{PERSON}.retrieve", ids=ids(rows)), f"{PERSON}.retrieve")
    assert found == {"rows": rows}
    for verb, data in (("list", {}), ("search", {}), ("search", {"after": None})):
        data = answered(await client.send(f"{PERSON}.{verb}", order="name", **data), f"{PERSON}.{verb}")
        assert data["rows"] == rows


async def test_backwards_over_many_to_many(client_for, desk, people):
    client = await client_for(desk.alice)
    ann, ben, chess, go = people
    await Membership.objects.acreate(person=ben, club=go, role="guest")
    found = answered(await client.send(f"{CLUB}.list", order="id"), f"{CLUB}.list")["rows"]
    shown = [{"id": ann.pk, "name": "Ann"}, {"id": ben.pk, "name": "Ben"}]
    assert found == [
        {"id": chess.pk, "name": "Chess", "people": shown[:1]},
        {"id": go.pk, "name": "Go", "people": shown},
    ]


async def test_filters_and_orders_through_relations(client_for, desk, people):
    client = await client_for(desk.alice)
    ann, ben, chess, go = people
    for filters, expected in (
        ({"clubs": chess.pk}, [ann]),
        ({"clubs": [chess.pk, go.pk]}, [ann]),
        ({"clubs": None}, [ben]),
        ({"not": {"clubs": go.pk}}, [ben]),
        ({"memberships__role": "chair"}, [ann]),
        ({"passport__number": "P1"}, [ann]),
        ({"passport__number": None}, [ben]),
        ({"country": "fr"}, [ann]),
        ({"country": None}, [ben]),
        ({"country__isnull": False}, [ann]),
        ({"country__name__icontains": "RAN"}, [ann]),
    ):
        data = answered(await client.send(f"{PERSON}.list", filters=filters), f"{PERSON}.list")
        assert (ids(data["rows"]), data["count"]) == ([item.pk for item in expected], len(expected)), filters
    for order, expected in (("country__name", [ann, ben]), ("-country__name", [ann, ben]), ("-name", [ben, ann])):
        data = answered(await client.send(f"{PERSON}.list", order=order), f"{PERSON}.list")
        assert ids(data["rows"]) == [item.pk for item in expected]
    # A text is found in the name of either of two clubs, and the person is there once.
    for query, number in (("go", 1), ("ann chess", 1), ("o", 1), ("e", 2)):
        assert answered(await client.send(f"{PERSON}.search", query=query), f"{PERSON}.search")["count"] == number, (
            query
        )


async def test_a_tree_ends_where_its_depth_ends(client_for, desk):
    client = await client_for(desk.alice)
    line = []
    for name in "abcdefg":
        line.append(await Category.objects.acreate(name=name, parent=line[-1] if line else None))
    data = answered(await client.send(f"{CATEGORY}.retrieve", id=line[3].pk), f"{CATEGORY}.retrieve")
    assert (data["name"], data["parent"]["name"], data["parent"]["parent"]["name"]) == ("d", "c", "b")
    assert [item["name"] for item in data["children"]] == ["e"]
    assert [item["name"] for item in data["children"][0]["children"]] == ["f"]
    assert "parent" not in data["parent"]["parent"]
    assert "children" not in data["children"][0]["children"][0]
    root = answered(await client.send(f"{CATEGORY}.retrieve", id=line[0].pk), f"{CATEGORY}.retrieve")
    assert root["parent"] is None


async def test_nested_objects_are_not_written(client_for, desk, people):
    client = await client_for(desk.alice)
    ann = people[0]
    event = f"{PERSON}.update"
    for country in ({"id": "fr"}, {"id": "de", "name": "Germany"}, ["fr"]):
        reply = await client.send(event, id=ann.pk, country=country)
        assert codes(answered(reply, event)["errors"]) == {"country": ["nested"]}
        assert "country" in reply.data["errors"]["country"][0]["message"]
    refused(await client.send(event, id=ann.pk, passport={"number": "P2"}), "invalid_data", event)
    assert await Country.objects.acount() == 1
    assert answered(await client.send(event, id=ann.pk, country=None), event)["success"] is True
    assert answered(await client.send(event, id=ann.pk, country="fr"), event)["success"] is True
