"""create, update and save of one object."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission

from helpdesk.models import Label, Team, Ticket

from .expect import TICKET, answered, codes, failed, refused, ticket_row

CREATE, UPDATE, SAVE = f"{TICKET}.create", f"{TICKET}.update", f"{TICKET}.save"


async def stored(key):
    ticket = await Ticket.objects.select_related("team", "assignee").prefetch_related("labels").aget(pk=key)
    ticket.age = 0
    return ticket


async def test_create_with_defaults(client_for, desk):
    client = await client_for(desk.alice)
    data = answered(await client.send(CREATE, title="Printer", team=desk.network.pk), CREATE)
    ticket = await Ticket.objects.alatest("pk")
    assert data == {"success": True, "id": ticket.pk}
    assert (ticket.title, ticket.team_id, ticket.status, ticket.priority) == ("Printer", desk.network.pk, "open", 2)
    assert (ticket.body, ticket.assignee_id, ticket.cost, ticket.due_on) == ("", None, None, None)


@pytest.mark.parametrize("verb", ["create", "save"])
async def test_create_with_everything(client_for, desk, verb):
    client = await client_for(desk.admin)
    sent = {
        "title": "Printer",
        "body": "Out of paper",
        "status": "pending",
        "priority": 4,
        "cost": "12.50",
        "due_on": "2099-05-01",
        "team": desk.billing.pk,
        "assignee": desk.bob.pk,
        "labels": [desk.labels[2].pk, desk.labels[0].pk],
    }
    data = answered(await client.send(f"{TICKET}.{verb}", **sent), f"{TICKET}.{verb}")
    assert data.keys() == {"success", "id"}
    ticket = await stored(data["id"])
    assert ticket.cost == Decimal("12.50")
    row = answered(await client.send(f"{TICKET}.retrieve", id=data["id"]), f"{TICKET}.retrieve")
    assert row == ticket_row(ticket, staff=True)
    flat = {
        "team": row["team"]["id"],
        "assignee": row["assignee"]["id"],
        "labels": [item["id"] for item in row["labels"]],
    }
    assert {name: {**row, **flat}[name] for name in sent} == {**sent, "labels": sorted(sent["labels"])}


async def test_update_is_partial(client_for, desk):
    client = await client_for(desk.admin)
    before = next(ticket for ticket in desk.tickets if ticket.cost and ticket.assignee and ticket.labels.all())
    data = answered(await client.send(UPDATE, id=before.pk, title="Renamed", priority=1), UPDATE)
    assert data == {"success": True, "id": before.pk}
    after = await stored(before.pk)
    assert after.updated_at > before.updated_at
    before.title, before.priority, before.updated_at = "Renamed", 1, after.updated_at
    after.age = before.age
    assert ticket_row(after, staff=True) == ticket_row(before, staff=True)


async def test_update_with_null_and_an_empty_list(client_for, desk):
    client = await client_for(desk.alice)
    ticket = next(item for item in desk.of(desk.network) if item.assignee and item.due_on and item.labels.all())
    reply = await client.send(UPDATE, id=ticket.pk, assignee=None, due_on=None, labels=[])
    assert answered(reply, UPDATE) == {"success": True, "id": ticket.pk}
    row = answered(await client.send(f"{TICKET}.retrieve", id=ticket.pk), f"{TICKET}.retrieve")
    assert (row["assignee"], row["due_on"], row["labels"]) == (None, None, [])


async def test_update_replaces_labels(client_for, desk):
    client = await client_for(desk.alice)
    ticket = next(item for item in desk.of(desk.network) if len(item.labels.all()) == 1)
    second, third = desk.labels[1].pk, desk.labels[2].pk
    answered(await client.send(UPDATE, id=ticket.pk, labels=[third, second]), UPDATE)
    row = answered(await client.send(f"{TICKET}.retrieve", id=ticket.pk), f"{TICKET}.retrieve")
    assert [label["id"] for label in row["labels"]] == [second, third]


async def test_save_updates_with_an_id_and_creates_without(client_for, desk):
    client = await client_for(desk.alice)
    ticket = desk.of(desk.network)[0]
    assert answered(await client.send(SAVE, id=ticket.pk, title="Saved"), SAVE) == {"success": True, "id": ticket.pk}
    assert (await stored(ticket.pk)).title == "Saved"
    for nothing in ({}, {"id": None}):
        data = answered(await client.send(SAVE, title="New", team=desk.network.pk, **nothing), SAVE)
        assert data["success"] is True
        assert data["id"] not in {item.pk for item in desk.tickets}
        assert (await stored(data["id"])).title == "New"


A_FAILED_WRITE_NAMES_THE_FIELDS = [
    ({}, {"title": ["required"], "team": ["required"]}),
    ({"title": "x" * 201}, {"title": ["max_length"], "team": ["required"]}),
    ({"title": ""}, {"title": ["blank"]}),
    ({"title": None}, {"title": ["invalid"]}),
    ({"title": 5}, {"title": ["invalid"]}),
    ({"status": "unheard of", "priority": 9}, {"status": ["invalid_choice"], "priority": ["invalid_choice"]}),
    ({"priority": True}, {"priority": ["invalid"]}),
    ({"due_on": "2000-01-01"}, {"due_on": ["due_before_created"]}),
    ({"due_on": "1.1.2099"}, {"due_on": ["invalid"]}),
    ({"cost": "-1"}, {"cost": ["min_value"]}),
    ({"cost": "1.234"}, {"cost": ["max_decimal_places"]}),
    ({"team": 2**31 - 1}, {"team": ["invalid_choice"]}),
    ({"team": {"name": "New"}}, {"team": ["nested"]}),
    ({"assignee": 2**31 - 1, "labels": [2**40]}, {"assignee": ["invalid_choice"], "labels": ["invalid_choice"]}),
    ({"labels": [{"name": "New"}]}, {"labels": ["nested"]}),
]


async def test_a_failed_write_names_the_fields(client_for, desk):
    client = await client_for(desk.admin)
    for sent, expected in A_FAILED_WRITE_NAMES_THE_FIELDS:
        given = {"title": "Printer", "team": desk.network.pk} if {"title", "team"}.isdisjoint(expected) else {}
        if sent.keys() & {"title", "team"} and len(expected) == 1:
            given = {"title": "Printer", "team": desk.network.pk}
        for event in (CREATE, SAVE):
            assert failed(await client.send(event, **{**given, **sent}), event) == expected
        assert await Ticket.objects.acount() == len(desk.tickets)


async def test_a_failed_update_writes_nothing(client_for, desk):
    client = await client_for(desk.alice)
    ticket = desk.of(desk.network)[0]
    for event in (UPDATE, SAVE):
        reply = await client.send(event, id=ticket.pk, title="Changed", labels=[], due_on="2000-01-01")
        assert failed(reply, event) == {"due_on": ["due_before_created"]}
    after = await stored(ticket.pk)
    after.age = ticket.age
    assert ticket_row(after) == ticket_row(ticket)


async def test_a_taken_name(client_for, desk):
    client = await client_for(desk.admin)
    reply = await client.send("helpdesk.Label.create", name="vpn")
    assert failed(reply, "helpdesk.Label.create") == {"name": ["unique"]}
    reply = await client.send("helpdesk.Label.update", id=desk.labels[0].pk, name="vpn")
    assert failed(reply, "helpdesk.Label.update") == {"name": ["unique"]}
    assert {label.name async for label in Label.objects.all()} == {"urgent", "vpn", "invoice"}
    reply = await client.send("helpdesk.Label.update", id=desk.labels[1].pk, name="vpn")
    assert answered(reply, "helpdesk.Label.update")["success"] is True


FIELDS_THAT_CANNOT_BE_WRITTEN = ["created_at", "age_days", "nope", "team_id", "password", "label_ids"]


async def test_fields_that_cannot_be_written(client_for, desk):
    client = await client_for(desk.admin)
    ticket = desk.of(desk.network)[0]
    for name in FIELDS_THAT_CANNOT_BE_WRITTEN:
        code = "read_only" if name in ("created_at", "age_days") else "unknown"
        value = "2020-01-01T00:00:00Z"
        for event, data in (
            (CREATE, {"title": "x", "team": desk.network.pk}),
            (UPDATE, {"id": ticket.pk}),
            (SAVE, {"id": ticket.pk}),
        ):
            found = refused(await client.send(event, **data, **{name: value}), "invalid_data", event)
            assert codes(found["errors"]) == {name: [code]}
        assert await Ticket.objects.acount() == len(desk.tickets)
        assert (await stored(ticket.pk)).updated_at == ticket.updated_at


async def test_a_key_cannot_be_chosen(client_for, desk):
    client = await client_for(desk.admin)
    found = refused(await client.send(CREATE, id=12345, title="x", team=desk.network.pk), "invalid_data", CREATE)
    assert codes(found["errors"]) == {"id": ["read_only"]}


async def test_update_without_or_with_an_unknown_id(client_for, desk):
    client = await client_for(desk.admin)
    found = refused(await client.send(UPDATE, title="x"), "invalid_data", UPDATE)
    assert codes(found["errors"]) == {"id": ["required"]}
    for event in (UPDATE, SAVE):
        refused(await client.send(event, id=desk.tickets[-1].pk + 1000, title="x"), "not_found", event)


async def test_a_row_that_its_writer_would_not_see_is_not_created(client_for, demo):
    await demo.alice.user_permissions.aadd(await Permission.objects.aget(codename="add_team"))
    client = await client_for(demo.alice)
    refused(await client.send("helpdesk.Team.create", name="Secret"), "forbidden", "helpdesk.Team.create")
    assert not await Team.objects.filter(name="Secret").aexists()
    admin = await client_for(demo.admin)
    assert answered(await admin.send("helpdesk.Team.create", name="Open"), "helpdesk.Team.create")["success"] is True
