"""What ``full_clean`` and the database refuse, as errors of fields: the same on every database."""

import asyncio

from tests.app.models import Article, Booking, Category, Club, Country, Membership, Passport, Person

from .expect import answered, codes, failed, refused

BOOKING = "app.Booking"
SLOT = {"room": "Blue", "day": "2099-01-01", "slot": 1, "starts": "10:00", "ends": "11:00"}


CONSTRAINTS_OVER_FIELDS = [
    ({"room": "Blue", "slot": 5, "starts": "12:00", "ends": "11:00"}, {"__all__": ["ends_before_start"]}),
    ({"room": "Blue", "slot": 5, "starts": "12:00", "ends": "12:00"}, {"__all__": ["ends_before_start"]}),
    ({"room": "Blue", "slot": 1, "starts": "12:00", "ends": "13:00"}, {"__all__": ["unique_together"]}),
    (
        {"room": "Blue", "slot": 5, "starts": "10:00", "ends": "13:00"},
        {"__all__": ["invalid"]},
    ),  # has no code of its own
    ({"room": "Pink", "reference": "R1"}, {"reference": ["unique"]}),
    ({"room": "Pink", "slot": -1}, {"slot": ["invalid"]}),
    ({"room": "Pink", "slot": 2**15}, {"slot": ["invalid"]}),
    ({"room": ""}, {"room": ["blank"]}),
]


async def test_constraints_over_fields(client_for, desk):
    client = await client_for(desk.alice)
    await Booking.objects.acreate(**{**SLOT, "reference": "R1"})
    other = await Booking.objects.acreate(**{**SLOT, "room": "Red"})
    for changes, expected in CONSTRAINTS_OVER_FIELDS:
        event = f"{BOOKING}.create"
        assert failed(await client.send(event, **{**SLOT, **changes}), event) == expected
        event = f"{BOOKING}.update"
        assert failed(await client.send(event, id=other.pk, **changes), event) == expected
        event = f"{BOOKING}.save"
        # The first row is good, and is not written either.
        rows = [{**SLOT, "room": "Green"}, {**SLOT, **changes}]
        assert failed(await client.send(event, rows=rows), event) == {"1": expected}
        assert await Booking.objects.acount() == 2


async def test_a_conditional_constraint(client_for, desk):
    client = await client_for(desk.alice)
    await Booking.objects.acreate(**SLOT)
    event = f"{BOOKING}.create"
    errors = (await client.send(event, **{**SLOT, "slot": 2})).data["errors"]
    assert [item["message"] for item in errors["__all__"]] == ["The room is taken at that time."]
    assert answered(await client.send(event, **{**SLOT, "slot": 2, "cancelled": True}), event)["success"] is True


async def test_nulls_are_not_equal(client_for, desk):
    client = await client_for(desk.alice)
    event = "app.Category.create"
    assert answered(await client.send(event, name="root"), event)["success"] is True
    errors = (await client.send(event, name="root")).data["errors"]
    assert [item["message"] for item in errors["__all__"]] == ["A root has this name already."]
    root = await Category.objects.aget()
    assert answered(await client.send(event, name="root", parent=root.pk), event)["success"] is True
    assert set(failed(await client.send(event, name="root", parent=root.pk), event)) == {"__all__"}


async def test_a_key_that_the_client_chooses(client_for, desk):
    client = await client_for(desk.alice)
    event = "app.Country.create"
    assert answered(await client.send(event, id="fr", name="France"), event) == {"success": True, "id": "fr"}
    assert failed(await client.send(event, id="fr", name="Another"), event) == {"id": ["unique"]}
    assert failed(await client.send(event, id="de", name="France"), event) == {"name": ["unique"]}
    assert failed(await client.send(event, id="long", name="Long"), event) == {"id": ["max_length"]}
    assert failed(await client.send(event, name="Nameless"), event) == {"id": ["required"]}
    assert answered(await client.send("app.Country.update", id="fr", name="Gaul"), "app.Country.update")["success"]
    assert [(item.pk, item.name) async for item in Country.objects.all()] == [("fr", "Gaul")]


async def test_rules_of_the_model(client_for, desk):
    client = await client_for(desk.alice)
    article = await Article.objects.acreate(title="Quiet")
    for event, named in (("app.Article.create", {}), ("app.Article.update", {"id": article.pk})):
        assert failed(await client.send(event, **named, title="LOUD"), event) == {"title": ["shouting"]}
        assert failed(await client.send(event, **named, title="Same", body="Same"), event) == {"__all__": ["repeated"]}
    found = refused(
        await client.send("app.Article.update", id=article.pk, slug="mine"), "invalid_data", "app.Article.update"
    )
    assert codes(found["errors"]) == {"slug": ["read_only"]}
    assert (await Article.objects.aget()).title == "Quiet"


async def test_one_to_one_and_between(client_for, desk):
    client = await client_for(desk.alice)
    person, club = await Person.objects.acreate(name="Ann"), await Club.objects.acreate(name="Chess")
    event = "app.Passport.create"
    assert answered(await client.send(event, person=person.pk, number="P1"), event) == {
        "success": True,
        "id": person.pk,
    }
    assert failed(await client.send(event, person=person.pk, number="P2"), event) == {"person": ["unique"]}
    event = "app.Membership.create"
    assert answered(await client.send(event, person_id=person.pk, club_id=club.pk, role="x"), event)["success"] is True
    assert set(failed(await client.send(event, person_id=person.pk, club_id=club.pk, role="y"), event)) == {"__all__"}
    assert failed(await client.send(event, person_id=10**9, club_id=club.pk, role="y"), event) == {
        "person_id": ["invalid_choice"]
    }
    assert (await Passport.objects.acount(), await Membership.objects.acount()) == (1, 1)


async def test_two_at_the_same_moment(client_for, desk):
    """What validation cannot see, since the other one is not written yet, the database refuses: with the same words."""
    clients = [await client_for(desk.admin) for _ in range(6)]
    event = "helpdesk.Label.create"

    async def create(client):
        # SQLite may refuse a writer at once instead of letting it wait: that is a conflict, which says to try again.
        for _ in range(5):
            reply = await client.send(event, name="same")
            if reply.data.get("code") != "conflict":
                break
        return reply

    replies = await asyncio.gather(*map(create, clients))
    good = [reply for reply in replies if reply.data.get("success")]
    assert len(good) == 1
    for reply in replies:
        assert reply in good or failed(reply, event) == {"name": ["unique"]}
