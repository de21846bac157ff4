"""The exchanges of the original package's page, in their exact shapes: a client written for it keeps working."""

import pytest
from django.contrib.auth.models import User

from .clients import FOLLOWS
from .expect import failed


@pytest.fixture
def admins(desk):
    """102 users, as on the page, of whom one is shown there."""
    User.objects.bulk_create(User(username=f"user{number:03}", email=f"{number}@example.org") for number in range(97))
    desk.admin.username, desk.admin.email = "Admin", "admin@admin.com"
    desk.admin.save()
    return desk


async def exchange(client, event, data):
    """Just the frame of the page: no hash, no meta."""
    (reply,) = await client.exchange({"event": event, "data": data})
    return reply


async def test_search(client_for, admins):
    client = await client_for(admins.admin)
    reply = await exchange(client, "auth.User.search", {"page": 2})
    assert reply.event == "auth.User.search"
    assert {key: reply.data[key] for key in ("page", "limit", "count")} == {"page": 2, "limit": 25, "count": 102}
    assert len(reply.data["rows"]) == 25
    assert all({"id", "username", "email"} <= row.keys() for row in reply.data["rows"])
    whole = [
        row["id"]
        for page in range(1, 7)
        for row in (await exchange(client, "auth.User.search", {"page": page})).data["rows"]
    ]
    assert len(whole) == len(set(whole)) == 102


async def test_retrieve(client_for, admins):
    client = await client_for(admins.admin)
    reply = await exchange(client, "auth.User.retrieve", {"id": admins.admin.pk})
    assert reply.event == "auth.User.retrieve"
    assert {key: reply.data[key] for key in ("id", "username", "email")} == {
        "id": admins.admin.pk,
        "username": "Admin",
        "email": "admin@admin.com",
    }


async def test_save(client_for, admins, transport):
    client = await client_for(admins.admin)
    # The page has "Changed Username", which the validator of Django's own User takes no more.
    reply = await exchange(client, "auth.User.save", {"id": admins.admin.pk, "username": "Changed Username"})
    assert failed(reply, "auth.User.save") == {"username": ["invalid"]}
    reply = await exchange(client, "auth.User.save", {"id": admins.admin.pk, "username": "Changed.Username"})
    assert reply.event == "auth.User.save"
    assert reply.data == {"success": True, "id": admins.admin.pk}
    if transport in FOLLOWS:  # by itself, as on the page
        reply = await client.receive()
    else:
        reply = await exchange(client, "auth.User.retrieve", {"id": admins.admin.pk})
    assert reply.event == "auth.User.retrieve"
    assert {key: reply.data[key] for key in ("id", "username", "email")} == {
        "id": admins.admin.pk,
        "username": "Changed.Username",
        "email": "admin@admin.com",
    }
