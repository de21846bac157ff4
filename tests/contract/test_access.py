"""Rows and fields that a user may not see: not by any verb, and not by a detour."""

import pytest
from django.contrib.auth.models import User

from helpdesk.models import Comment, Ticket

from .expect import COMMENT, TICKET, answered, codes, failed, ids, keys, refused

LIST, SEARCH = f"{TICKET}.list", f"{TICKET}.search"
USER = "auth.User"


async def test_a_ticket_of_another_team_is_not_found_by_any_verb(client_for, desk):
    client = await client_for(desk.alice)
    mine, other, gone = desk.of(desk.network)[0].pk, desk.of(desk.billing)[0].pk, desk.tickets[-1].pk + 1000
    for verb, data in {
        "retrieve": {},
        "update": {"title": "Mine now"},
        "save": {"title": "Mine now"},
        "delete": {},
        "close": {"reason": "Because"},
    }.items():
        event = f"{TICKET}.{verb}"
        hidden = refused(await client.send(event, id=other, **data), "not_found", event)
        absent = refused(await client.send(event, id=gone, **data), "not_found", event)
        # Nothing tells a row that is hidden from one that never was.
        assert hidden["message"] == absent["message"]
        assert hidden.keys() == absent.keys()
    found = answered(await client.send(f"{TICKET}.retrieve", ids=[mine, other, gone]), f"{TICKET}.retrieve")
    assert (ids(found["rows"]), found["missing"]) == ([mine], [other, gone])
    refused(await client.send(f"{TICKET}.delete", ids=[mine, other]), "not_found", f"{TICKET}.delete")
    errors = failed(
        await client.send(f"{TICKET}.save", rows=[{"id": mine, "title": "x"}, {"id": other}]), f"{TICKET}.save"
    )
    assert errors == {"1": {"id": ["not_found"]}}
    assert await Ticket.objects.acount() == len(desk.tickets)
    assert not await Ticket.objects.filter(title__in=["Mine now", "x"]).aexists()
    assert not await Comment.objects.filter(body="Because").aexists()


async def test_lists_hold_the_rows_of_ones_teams(client_for, desk):
    for user, teams in (
        (desk.alice, [desk.network]),
        (desk.carol, [desk.network, desk.billing]),
        (desk.dave, [desk.hardware]),
    ):
        client = await client_for(user)
        expected = set(keys(desk.of(*teams)))
        for event, data in ((LIST, {}), (SEARCH, {"limit": 100}), (SEARCH, {"limit": 100, "after": None})):
            assert set(ids(answered(await client.send(event, **data), event)["rows"])) == expected
    # No filter brings others to light.
    client = await client_for(desk.alice)
    for filters in (
        {"team": desk.billing.pk},
        {"team__name": "Billing"},
        {"or": [{"team": desk.billing.pk}, {"team": 0}]},
    ):
        assert answered(await client.send(LIST, filters=filters), LIST)["rows"] == []
    assert answered(await client.send(LIST, filters={"not": {"team": desk.network.pk}}), LIST)["rows"] == []
    assert answered(
        await client.send(SEARCH, query=desk.of(desk.billing)[0].title.replace("Ticket", "").strip()), SEARCH
    )


async def test_a_member_of_several_teams_sees_each_row_once(client_for, desk):
    await desk.network.members.aadd(desk.bob, desk.dave)
    client = await client_for(desk.carol)
    data = answered(await client.send(LIST, filters={"labels": [label.pk for label in desk.labels]}), LIST)
    assert len(ids(data["rows"])) == len(set(ids(data["rows"]))) == data["count"]


async def test_the_admin_sees_all(client_for, desk):
    client = await client_for(desk.admin)
    assert answered(await client.send(LIST), LIST)["count"] == len(desk.tickets)


async def test_references_to_hidden_rows(client_for, desk):
    """An id in a write obeys the rule of the stream that it belongs to, and is refused like one that does not exist."""
    client = await client_for(desk.alice)
    mine, other = desk.of(desk.network)[0].pk, desk.of(desk.billing)[0].pk
    for event, data in (
        (f"{TICKET}.create", {"title": "x", "team": desk.billing.pk}),
        (f"{TICKET}.create", {"title": "x", "team": 10**9}),
        (f"{TICKET}.update", {"id": mine, "team": desk.billing.pk}),
        (f"{TICKET}.save", {"id": mine, "team": desk.billing.pk}),
    ):
        assert failed(await client.send(event, **data), event) == {"team": ["invalid_choice"]}
    event = f"{COMMENT}.create"
    assert failed(await client.send(event, ticket_id=other, body="x"), event) == {"ticket_id": ["invalid_choice"]}
    assert answered(await client.send(event, ticket_id=mine, body="x"), event)["success"] is True
    assert (await Comment.objects.aget(body="x")).author_id == desk.alice.pk
    assert not await Ticket.objects.filter(title="x").aexists()
    assert (await Ticket.objects.aget(pk=mine)).team_id == desk.network.pk


async def test_comments_of_hidden_tickets_and_internal_ones(client_for, desk):
    client = await client_for(desk.alice)
    mine = [item for item in desk.comments if item.ticket.team_id == desk.network.pk]
    internal = [item.pk for item in mine if item.internal]
    found = answered(await client.send(f"{COMMENT}.list"), f"{COMMENT}.list")["rows"]
    assert set(ids(found)) == {item.pk for item in mine if not item.internal}
    for key in (internal[0], next(item.pk for item in desk.comments if item.ticket.team_id == desk.billing.pk)):
        for verb, data in (("retrieve", {}), ("update", {"body": "x"}), ("delete", {})):
            refused(await client.send(f"{COMMENT}.{verb}", id=key, **data), "not_found", f"{COMMENT}.{verb}")
    # Staff of the team sees the internal ones as well.
    desk.alice.is_staff = True
    await desk.alice.asave()
    client = await client_for(desk.alice)
    found = answered(await client.send(f"{COMMENT}.list"), f"{COMMENT}.list")["rows"]
    assert set(ids(found)) == {item.pk for item in mine}


async def test_the_cost_is_for_staff(client_for, desk):
    ticket = next(item for item in desk.of(desk.network) if item.cost is not None)
    alice, admin = await client_for(desk.alice), await client_for(desk.admin)
    for client, shown in ((alice, False), (admin, True)):
        for verb, data in (
            ("retrieve", {"id": ticket.pk}),
            ("retrieve", {"ids": [ticket.pk]}),
            ("list", {}),
            ("search", {}),
            ("search", {"after": None}),
        ):
            data = answered(await client.send(f"{TICKET}.{verb}", **data), f"{TICKET}.{verb}")
            rows = data.get("rows", [data])
            assert rows
            assert all(("cost" in row) is shown for row in rows)
    for event, data in (
        (f"{TICKET}.update", {"id": ticket.pk, "cost": "1.00"}),
        (f"{TICKET}.save", {"id": ticket.pk, "cost": "1.00"}),
        (f"{TICKET}.create", {"title": "x", "team": desk.network.pk, "cost": "1.00"}),
    ):
        assert codes(refused(await alice.send(event, **data), "invalid_data", event)["errors"]) == {
            "cost": ["read_only"]
        }
    rows = [{"id": ticket.pk, "title": "x"}, {"title": "x", "team": desk.network.pk, "cost": "1.00"}]
    refused(await alice.send(f"{TICKET}.save", rows=rows), "invalid_data", f"{TICKET}.save")
    after = await Ticket.objects.aget(pk=ticket.pk)
    assert (after.cost, after.title) == (ticket.cost, ticket.title)
    assert answered(await admin.send(f"{TICKET}.update", id=ticket.pk, cost="1.00"), f"{TICKET}.update")["success"]


async def test_an_email_is_for_staff_and_oneself(client_for, desk):
    client = await client_for(desk.alice)
    rows = answered(await client.send(f"{USER}.list"), f"{USER}.list")["rows"]
    assert {row["username"]: row.get("email") for row in rows} == {
        "admin": None,
        "alice": "alice@example.org",
        "bob": None,
        "carol": None,
        "dave": None,
    }
    assert answered(await client.send(f"{USER}.retrieve", id=desk.bob.pk), f"{USER}.retrieve") == {
        "id": desk.bob.pk,
        "username": "bob",
    }
    admin = await client_for(desk.admin)
    rows = answered(await admin.send(f"{USER}.list"), f"{USER}.list")["rows"]
    assert all(row["email"] == f"{row['username']}@example.org" for row in rows)


async def test_a_hidden_field_cannot_be_probed(client_for, desk):
    """Not by a filter, an order, or a text search."""
    for user in (desk.alice, desk.admin):
        client = await client_for(user)
        for data, code in (
            ({"filters": {"email": "bob@example.org"}}, "invalid_filter"),
            ({"filters": {"email__startswith": "b"}}, "invalid_filter"),
            ({"filters": {"password__startswith": "md5"}}, "invalid_filter"),
            ({"order": "email"}, "invalid_data"),
            ({"order": "password"}, "invalid_data"),
        ):
            refused(await client.send(f"{USER}.list", **data), code, f"{USER}.list")
        assert answered(await client.send(f"{USER}.list", query="example.org"), f"{USER}.list")["rows"] == []


async def test_a_user_changes_herself_and_nobody_else(client_for, desk):
    client = await client_for(desk.alice)
    for verb in ("update", "save"):
        event = f"{USER}.{verb}"
        assert answered(await client.send(event, id=desk.alice.pk, username=f"alice-{verb}"), event)["success"]
        refused(await client.send(event, id=desk.bob.pk, username="mine"), "forbidden", event)
    for event, data in ((f"{USER}.delete", {"id": desk.alice.pk}), (f"{USER}.create", {"username": "new"})):
        refused(await client.send(event, **data), "forbidden", event)
    for name in ("password", "is_superuser", "is_staff", "groups"):
        refused(await client.send(f"{USER}.update", id=desk.alice.pk, **{name: True}), "invalid_data", f"{USER}.update")
    found = {user.username async for user in User.objects.all()}
    assert found == {"admin", "alice-save", "bob", "carol", "dave"}


@pytest.mark.parametrize("verb, data", [("create", {"name": "x"}), ("update", {"name": "x"}), ("delete", {})])
async def test_writing_takes_djangos_permissions(client_for, desk, verb, data):
    client = await client_for(desk.alice)
    event = f"helpdesk.Label.{verb}"
    named = {} if verb == "create" else {"id": desk.labels[0].pk}
    refused(await client.send(event, **named, **data), "forbidden", event)
    if verb == "delete":
        refused(await client.send(event, ids=[label.pk for label in desk.labels]), "forbidden", event)
    else:
        refused(await client.send("helpdesk.Label.save", **named, **data), "forbidden", "helpdesk.Label.save")
    assert answered(await client.send("helpdesk.Label.list"), "helpdesk.Label.list")["count"] == 3
