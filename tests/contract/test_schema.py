"""The verb ``schema``: enough to build a form or a table, for the user who asks."""

from .expect import TICKET, answered, codes, refused

EVENT = f"{TICKET}.schema"
VERBS = ["create", "delete", "list", "retrieve", "save", "schema", "search", "update"]


async def schema(client, stream=TICKET):
    return answered(await client.send(f"{stream}.schema"), f"{stream}.schema")


async def test_fields_and_what_may_be_done_with_them(client_for, desk):
    found = await schema(await client_for(desk.alice))
    properties = found["fields"]["properties"]
    assert list(properties) == [
        "id", "title", "body", "status", "priority", "due_on", "team", "assignee", "labels", "created_at", "updated_at",
        "age_days",
    ]  # fmt: skip
    assert {name for name, item in properties.items() if item["readOnly"]} == {
        "id",
        "created_at",
        "updated_at",
        "age_days",
    }
    assert properties["title"]["type"] == "string"
    assert found["create"]["properties"]["title"]["maxLength"] == 200
    assert properties["body"]["description"] == "What happened, in the words of whoever asked."
    assert properties["priority"]["x-choices"][3] == {"value": 4, "label": "Urgent"}
    assert set(found["create"]["required"]) == {"title", "team"}
    assert found["update"]["required"] == ["id"]
    assert set(found["create"]["properties"]) == {
        "title",
        "body",
        "status",
        "priority",
        "due_on",
        "team",
        "assignee",
        "labels",
    }
    assert set(found["update"]["properties"]) - set(found["create"]["properties"]) == {"id"}


async def test_what_is_hidden_is_not_described(client_for, desk):
    alice, admin = await schema(await client_for(desk.alice)), await schema(await client_for(desk.admin))
    assert "cost" not in str(alice)
    for part in ("fields", "create", "update"):
        assert "cost" in admin[part]["properties"]
    # One's own email is readable, so there is such a field.
    assert "email" in (await schema(await client_for(desk.alice), "auth.User"))["fields"]["properties"]
    assert "password" not in str(await schema(await client_for(desk.admin), "auth.User"))


async def test_verbs_are_those_that_the_user_may_use(client_for, desk):
    alice = await client_for(desk.alice)
    assert [verb for verb in (await schema(alice))["verbs"] if "subscribe" not in verb] == VERBS
    for stream in ("helpdesk.Label", "helpdesk.Team"):
        may = set((await schema(alice, stream))["verbs"])
        assert may >= {"list", "retrieve", "schema", "search"}
        assert may.isdisjoint({"create", "update", "save", "delete"})
        assert set((await schema(await client_for(desk.admin), stream))["verbs"]) >= set(VERBS)


async def test_lists_and_pages(client_for, desk):
    found = await schema(await client_for(desk.alice))
    assert (found["page_size"], found["max_page_size"], found["list_limit"], found["search"]) == (25, 100, 1000, True)
    assert {"status", "status__in", "priority__gte", "team__name", "due_on__isnull", "labels"} <= found[
        "filters"
    ].keys()
    assert found["filters"]["due_on__isnull"]["type"] == "boolean"
    assert found["orders"] == ["id", "title", "status", "priority", "due_on", "created_at", "updated_at"]


async def test_actions(client_for, desk):
    alice, admin = await client_for(desk.alice), await client_for(desk.admin)
    found = (await schema(alice))["actions"]
    assert {name: (item["read"], item["object"]) for name, item in found.items()} == {
        "close": (False, True),
        "take": (False, False),
        "stats": (True, False),
    }
    assert set(found["close"]["params"]["required"]) == {"id", "reason"}
    assert found["close"]["help"] == "Close the ticket, and say why in a comment."
    clock = await schema(alice, "tests.Clock")
    assert clock.keys() == {"stream", "verbs", "actions"}
    assert clock["actions"]["add"]["params"]["properties"]["right"]["default"] == 1
    assert "audit" not in (await schema(alice, "app.Article"))["actions"]
    assert "audit" in (await schema(admin, "app.Article"))["actions"]


async def test_it_takes_nothing(client_for, desk):
    client = await client_for(desk.alice)
    (reply,) = await client.exchange({"event": EVENT, "data": {"verbose": True}})
    assert codes(refused(reply, "invalid_data")["errors"]) == {"verbose": ["unknown"]}


async def test_what_it_says_is_so(client_for, desk):
    """Every filter and order that is named is taken; every field that is named is in a row."""
    client = await client_for(desk.admin)
    for stream in (TICKET, "helpdesk.Comment", "helpdesk.Team", "helpdesk.Label", "auth.User"):
        found = await schema(client, stream)
        for order in found["orders"]:
            answered(await client.send(f"{stream}.search", order=f"-{order}"), f"{stream}.search")
        (row, *_) = answered(await client.send(f"{stream}.search"), f"{stream}.search")["rows"]
        assert row.keys() == found["fields"]["properties"].keys()
        assert set(found["fields"]["required"]) <= row.keys()
