"""save of many rows, delete of many rows: all or nothing."""

import pytest
from django.db.models import ProtectedError

from helpdesk.models import Label, Team, Ticket
from tests.app.models import Article, Category, Person

from .expect import TICKET, answered, codes, failed, refused

SAVE, DELETE = f"{TICKET}.save", f"{TICKET}.delete"


async def contents():
    """Everything of the tickets that a write could change."""
    found = {}
    async for ticket in Ticket.objects.prefetch_related("labels"):
        labels = sorted(label.pk for label in ticket.labels.all())
        found[ticket.pk] = (ticket.title, ticket.status, ticket.priority, ticket.team_id, ticket.assignee_id, labels)
    return found


async def test_creates_and_updates_in_one(client_for, desk):
    client = await client_for(desk.alice)
    first, second = desk.of(desk.network)[:2]
    urgent, vpn, invoice = (label.pk for label in desk.labels)
    rows = [
        {"id": first.pk, "title": "Changed", "labels": [vpn, urgent]},
        {"title": "New", "team": desk.network.pk, "labels": [invoice], "assignee": desk.alice.pk},
        {"id": second.pk, "priority": 1},
        {"title": "Newer", "team": desk.network.pk, "status": "closed"},
    ]
    before = await contents()
    data = answered(await client.send(SAVE, rows=rows), SAVE)
    assert data.keys() == {"success", "ids"}
    assert data["ids"][0::2] == [first.pk, second.pk]
    after = await contents()
    new, newer = data["ids"][1::2]
    network = desk.network.pk
    assert after == {
        **before,
        first.pk: ("Changed", *before[first.pk][1:5], sorted([urgent, vpn])),
        second.pk: (*before[second.pk][:2], 1, *before[second.pk][3:]),
        new: ("New", "open", 2, network, desk.alice.pk, [invoice]),
        newer: ("Newer", "closed", 2, network, None, []),
    }


async def test_one_row_is_a_batch_as_well(client_for, desk):
    client = await client_for(desk.alice)
    key = desk.of(desk.network)[0].pk
    assert answered(await client.send(SAVE, rows=[{"id": key, "title": "x"}]), SAVE) == {"success": True, "ids": [key]}
    assert failed(await client.send(SAVE, rows=[{"id": key, "title": ""}]), SAVE) == {"0": {"title": ["blank"]}}


ONE_WRONG_ROW_AND_NOTHING_IS_WRITTEN = [
    ({"title": "", "team": "mine"}, {"title": ["blank"]}),
    ({"title": "x", "team": 2**31 - 1}, {"team": ["invalid_choice"]}),
    ({"title": "x", "team": "mine", "due_on": "2000-01-01"}, {"due_on": ["due_before_created"]}),
    ({"title": "x", "team": "mine", "labels": [2**40]}, {"labels": ["invalid_choice"]}),
    (
        {"title": "x", "team": "mine", "priority": 7, "status": 5},
        {"priority": ["invalid_choice"], "status": ["invalid_choice"]},
    ),
    ({"id": 2**31 - 1, "title": "x"}, {"id": ["not_found"]}),
    ({"id": "mine", "assignee": {"username": "bob"}}, {"assignee": ["nested"]}),
]


async def test_one_wrong_row_and_nothing_is_written(client_for, desk):
    client = await client_for(desk.alice)
    first, second = desk.of(desk.network)[:2]
    before = await contents()
    named = {"team": desk.network.pk, "id": second.pk}
    for case, expected in ONE_WRONG_ROW_AND_NOTHING_IS_WRITTEN:
        wrong = {name: named[name] if value == "mine" else value for name, value in case.items()}
        rows = [{"id": first.pk, "title": "Changed", "labels": []}, wrong, {"title": "New", "team": desk.network.pk}]
        assert failed(await client.send(SAVE, rows=rows), SAVE) == {"1": expected}
        assert await contents() == before


async def test_each_wrong_row_is_named(client_for, desk):
    client = await client_for(desk.alice)
    network = desk.network.pk
    rows = [{"title": "x"}, {"title": "x", "team": network}, {"team": network, "priority": "high"}]
    errors = failed(await client.send(SAVE, rows=rows), SAVE)
    assert errors == {"0": {"team": ["required"]}, "2": {"title": ["required"], "priority": ["invalid_choice"]}}
    # Only what is of the right type is held to the model's rules.
    rows = [
        {"title": "", "team": network},
        {"title": "x", "team": network},
        {"title": "x", "team": network, "due_on": "2000-01-01"},
    ]
    errors = failed(await client.send(SAVE, rows=rows), SAVE)
    assert errors == {"0": {"title": ["blank"]}, "2": {"due_on": ["due_before_created"]}}


WHAT_IS_NO_BATCH = [
    {"rows": []},
    {"rows": {}},
    {"rows": None},
    {"rows": "x"},
    {"rows": [{"title": "x"}] * 501},
    {"rows": [{"title": "x"}], "id": 1},
    {"rows": [{"title": "x"}], "title": "x"},
]


async def test_what_is_no_batch(client_for, desk):
    client = await client_for(desk.alice)
    for data in WHAT_IS_NO_BATCH:
        refused(await client.send(SAVE, **data), "invalid_data", SAVE)


async def test_rows_of_the_wrong_form(client_for, desk):
    client = await client_for(desk.alice)
    before = await contents()
    key = desk.of(desk.network)[0].pk
    good = {"id": key, "title": "Changed"}
    for row, expected in (
        (5, {"__all__": ["invalid"]}),
        ([], {"__all__": ["invalid"]}),
        ({"id": key, "nonsense": 1}, {"nonsense": ["unknown"]}),
        ({"id": key, "created_at": None}, {"created_at": ["read_only"]}),
        ({"id": "x"}, {"id": ["invalid"]}),
        ({"rows": [good]}, {"rows": ["unknown"]}),
    ):
        errors = refused(await client.send(SAVE, rows=[good, row]), "invalid_data", SAVE)["errors"]
        assert {name: errors["1"][name][0]["code"] for name in expected} == {
            name: item[0] for name, item in expected.items()
        }
    refused(await client.send(SAVE, rows=[good, good]), "invalid_data", SAVE)
    assert await contents() == before


async def test_only_save_takes_rows(client_for, desk):
    client = await client_for(desk.alice)
    for verb in ("create", "update"):
        event = f"{TICKET}.{verb}"
        errors = refused(
            await client.send(event, rows=[{"title": "x", "team": desk.network.pk}]), "invalid_data", event
        )["errors"]
        assert codes(errors)["rows"] == ["unknown"]


async def test_a_broken_constraint_names_the_row(client_for, desk):
    client = await client_for(desk.admin)
    event = "helpdesk.Label.save"
    rows = [{"name": "one"}, {"name": "vpn"}, {"name": "two"}]
    assert failed(await client.send(event, rows=rows), event) == {"1": {"name": ["unique"]}}
    rows = [{"name": "one"}, {"name": "two"}, {"name": "one"}]
    assert failed(await client.send(event, rows=rows), event) == {"2": {"name": ["unique"]}}
    assert {label.name async for label in Label.objects.all()} == {"urgent", "vpn", "invoice"}
    # Names that change hands within one batch would break the constraint on the way, and are refused.
    first, second = desk.labels[:2]
    rows = [{"id": first.pk, "name": second.name}, {"id": second.pk, "name": first.name}]
    assert (await client.send(event, rows=rows)).data["success"] is False
    assert {label.pk: label.name async for label in Label.objects.all()} == {
        label.pk: label.name for label in desk.labels
    }


async def test_models_with_code_of_their_own(client_for, desk):
    """``save`` and ``clean`` of the model run for each row, in the one transaction."""
    client = await client_for(desk.alice)
    event = "app.Article.save"
    old = await Article.objects.acreate(title="Old one")
    data = answered(
        await client.send(event, rows=[{"title": "A b"}, {"id": old.pk, "title": "C d"}, {"title": "E f"}]), event
    )
    found = {item.pk: (item.slug, item.revision) async for item in Article.objects.all()}
    assert found == dict(zip(data["ids"], [("a-b", 1), ("c-d", 2), ("e-f", 1)], strict=True))
    rows = [{"title": "Fine"}, {"title": "SHOUTED"}, {"title": "Same", "body": "Same"}]
    errors = failed(await client.send(event, rows=rows), event)
    assert errors == {"1": {"title": ["shouting"]}, "2": {"__all__": ["repeated"]}}
    assert await Article.objects.acount() == 3


# delete -----------------------------------------------------------------------------------------------------------------


async def test_delete_one(client_for, desk):
    client = await client_for(desk.alice)
    key = desk.of(desk.network)[0].pk
    assert answered(await client.send(DELETE, id=key), DELETE) == {"success": True, "id": key}
    assert not await Ticket.objects.filter(pk=key).aexists()
    refused(await client.send(DELETE, id=key), "not_found", DELETE)


async def test_delete_many(client_for, desk):
    client = await client_for(desk.alice)
    keys = [ticket.pk for ticket in desk.of(desk.network)]
    # Named twice is named once.
    reply = await client.send(DELETE, ids=[keys[2], keys[0], keys[2]])
    assert answered(reply, DELETE) == {"success": True, "ids": [keys[2], keys[0]]}
    assert await Ticket.objects.acount() == len(desk.tickets) - 2
    refused(await client.send(DELETE, ids=[keys[1], keys[0]]), "not_found", DELETE)
    assert await Ticket.objects.filter(pk=keys[1]).aexists()


async def test_delete_wants_one_kind_of_key(client_for, desk):
    client = await client_for(desk.alice)
    key = desk.of(desk.network)[0].pk
    for data in (
        {},
        {"id": key, "ids": [key]},
        {"ids": [key] * 101},
        {"ids": key},
        {"id": "x"},
        {"id": key, "force": True},
    ):
        refused(await client.send(DELETE, **data), "invalid_data", DELETE)
    assert await Ticket.objects.acount() == len(desk.tickets)


async def test_what_others_refer_to_stays(client_for, desk):
    client = await client_for(desk.admin)
    event = "helpdesk.Team.delete"
    assert failed(await client.send(event, id=desk.network.pk), event) == {"__all__": ["protected"]}
    empty = await Team.objects.acreate(name="Empty")
    assert failed(await client.send(event, ids=[empty.pk, desk.network.pk]), event) == {"__all__": ["protected"]}
    assert await Team.objects.acount() == 4
    assert answered(await client.send(event, id=empty.pk), event)["success"] is True
    with pytest.raises(ProtectedError):
        await desk.network.adelete()


async def test_what_belongs_to_it_goes_with_it(client_for, desk):
    client = await client_for(desk.alice)
    root = await Category.objects.acreate(name="root")
    await Category.objects.acreate(name="leaf", parent=root)
    event = "app.Category.delete"
    assert answered(await client.send(event, id=root.pk), event)["success"] is True
    assert await Category.objects.acount() == 0


async def test_a_delete_of_the_model_s_own(client_for, desk):
    client = await client_for(desk.alice)
    event = "app.Article.delete"
    free, locked = await Article.objects.acreate(title="a"), await Article.objects.acreate(title="b", locked=True)
    assert failed(await client.send(event, ids=[free.pk, locked.pk]), event) == {"__all__": ["locked"]}
    assert await Article.objects.acount() == 2
    assert answered(await client.send(event, id=free.pk), event)["success"] is True


# Many-to-many and bare keys -----------------------------------------------------------------------------------------------


async def test_many_to_many_that_cannot_be_written(client_for, desk):
    """Through a model of its own with a required field: there is nothing to fill it with."""
    client = await client_for(desk.alice)
    person = await Person.objects.acreate(name="Ann")
    for name in ("clubs", "club_ids", "memberships"):
        errors = refused(
            await client.send("app.Person.update", id=person.pk, **{name: []}), "invalid_data", "app.Person.update"
        )
        assert codes(errors["errors"]) == {name: ["read_only"]}
