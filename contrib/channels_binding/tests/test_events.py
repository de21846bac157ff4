"""Handlers of custom events, and what they send."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.auth import AuthMiddlewareStack
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from apps.desk.models import Note, Task
from binding_schema.errors import Forbidden
from binding_schema.extend import acall, call
from channels_binding.consumers import AsyncConsumer, SyncConsumer
from talk import by_event, connected, frames, make_user

pytestmark = pytest.mark.django_db(transaction=True)
ECHO = "desk.Echo"
DEFAULT = "channels_binding.authentification.DefaultDjangoUser"


async def test_a_handler_answers_by_its_own_event(alice: User) -> None:
    async with connected(alice) as client:
        assert await frames(client, f"{ECHO}.hello", say="hi") == {f"{ECHO}.hello": [{"to": "alice", "say": "hi"}]}
        assert await frames(client, f"{ECHO}.hello#7", say="hi") == {f"{ECHO}.hello#7": [{"to": "alice", "say": "hi"}]}


async def test_or_by_what_it_returns(alice: User) -> None:
    async with connected(alice) as client:
        sent = {"id": 5, "ctx": 1, "self": 2, "nested": {"a": [None]}}
        answer = {"data": sent, "hash": "h", "type": "websocket"}
        assert await frames(client, f"{ECHO}.back#h", **sent) == {f"{ECHO}.back#h": [answer]}
        assert (await frames(client, f"{ECHO}.back"))[f"{ECHO}.back"][0]["hash"] is None
        assert await frames(client, f"{ECHO}.quiet") == {f"{ECHO}.quiet": [{"success": True}]}
        assert await frames(client, f"{ECHO}.number") == {f"{ECHO}.number": [{"result": 42}]}
        rows = ["1.50", "2026-01-31", {"id": 1, "where": "here"}]
        assert await frames(client, f"{ECHO}.plain") == {f"{ECHO}.plain": [{"rows": rows}]}


async def test_what_it_sends_besides(alice: User) -> None:
    async with connected(alice) as client:
        got = await frames(client, f"{ECHO}.both#x", answers=3)
        assert sorted(got) == [f"{ECHO}.both#x", f"{ECHO}.progress#x"]
        assert sorted(map(json.dumps, got[f"{ECHO}.both#x"])) == ['{"first": 1}', '{"second": 2}', '{"third": 3}']
        assert got[f"{ECHO}.progress#x"] == [{"percent": 50}]
        got = await frames(client, f"{ECHO}.unawaited")
        assert got == {
            f"{ECHO}.unawaited": [{"success": True}],
            f"{ECHO}.progress": [{"rows": [1, 2]}],
            f"{ECHO}.done": [{}],
        }


async def test_dispatch_goes_to_those_who_have_subscribed(alice: User, bob: User) -> None:
    async with connected(alice) as first, connected(bob) as second:
        got = await frames(first, f"{ECHO}.join")
        assert got == {f"{ECHO}.join": [{"success": True}], f"{ECHO}.subscribe": [{"success": True}]}
        assert f"{ECHO}.rang" not in await frames(second, f"{ECHO}.ring", times=3)
        assert by_event(await first.settled()) == {f"{ECHO}.rang": [{"times": 3}]}
        assert (await frames(second, f"{ECHO}.ring", times="three"))["error"][0]["code"] == "invalid_data"
        await frames(first, f"{ECHO}.leave")
        await frames(second, f"{ECHO}.ring", times=4)
        assert await first.settled() == []


async def test_a_group_is_a_streams_name(alice: User, bob: User) -> None:
    async with connected(alice) as first, connected(bob) as second:
        await frames(first, f"{ECHO}.join", group="desk.Work")
        await frames(second, "desk.Work.make", title="new")
        assert by_event(await first.settled()) == {"desk.Work.made": [{"title": "new"}]}
        assert (await frames(first, f"{ECHO}.join", group="__all__"))["error"][0]["code"] == "unknown_stream"


async def test_broadcast_goes_to_all(alice: User, bob: User) -> None:
    async with connected(alice) as first, connected(bob) as second:
        assert f"{ECHO}.noise" in await frames(first, f"{ECHO}.shout", text="hello")
        assert by_event(await second.settled()) == {f"{ECHO}.noise": [{"text": "hello"}]}


async def test_a_plain_handler_is_a_transaction(alice: User) -> None:
    async with connected(alice, SyncConsumer) as client:
        await frames(client, "desk.Work.subscribe")
        assert (await frames(client, "desk.Work.make", title="kept"))["desk.Work.made"] == [{"title": "kept"}]
        got = await frames(client, "desk.Work.make", title="lost", fails=True)
        assert sorted(got) == ["error"]
        assert got["error"][0]["code"] == "conflict"
    assert [task.title async for task in Task.objects.all()] == ["kept"]


def test_an_instance_is_made_for_each_request(alice: User) -> None:
    assert [call(alice, "desk.Work.make", {"title": "t"}) for _ in range(2)] == [{"calls": 1}, {"calls": 1}]


async def test_a_failure_tells_nothing_of_the_server(alice: User, caplog: pytest.LogCaptureFixture) -> None:
    async with connected(alice) as client:
        (data,) = (await frames(client, f"{ECHO}.fails"))["error"]
    assert (data["code"], data["event"]) == ("internal", f"{ECHO}.fails")
    assert "secret" not in json.dumps(data)
    assert data["incident"] in caplog.text
    assert "a secret of the server's" in caplog.text


@pytest.mark.parametrize("strategy", ["authentification.AuthenticationStrategyClass", DEFAULT])
async def test_who_logs_out_is_let_go(alice: User, settings: Any, strategy: str) -> None:
    """The session in the scope is as old as the connection; it is read again once the user is no longer trusted."""
    settings.CHANNELS_BINDING = {"AUTHENTIFICATION_CLASSES": [strategy]}
    settings.BINDING_SCHEMA = {"USER_MAX_AGE": 0.001}
    async with connected(alice, AuthMiddlewareStack(AsyncConsumer)) as client:
        assert (await client.send(f"{ECHO}.quiet")).ok
        await Session.objects.all().adelete()
        assert (await client.send(f"{ECHO}.quiet")).code == "unauthenticated"
        with pytest.raises(ConnectionError):
            await client.receive()
        assert client.closed == 4401


async def test_rights(alice: User) -> None:
    with pytest.raises(Forbidden):
        await acall(alice, f"{ECHO}.secret")
    with pytest.raises(Forbidden):
        await acall(alice, "desk.Careful.touch")
    assert await acall(alice, "desk.Careful.look") == {"seen": True}
    staff = await sync_to_async(make_user)("staff", is_staff=True)
    assert await acall(staff, f"{ECHO}.secret") == {"users": 2}


# HTTP -------------------------------------------------------------------------------------------------------------------


def logged_in(user: User, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client


def post(client: Client, event: str, data: Any = None, **headers: str) -> Any:
    body = {"event": event, "data": data or {}}
    return client.post("/", body, content_type="application/json", headers=headers).json()


def test_the_same_events_over_http(alice: User) -> None:
    client = logged_in(alice)
    assert post(client, f"{ECHO}.hello#7", {"say": "hi"}) == {
        "event": f"{ECHO}.hello#7",
        "data": {"to": "alice", "say": "hi"},
    }
    answer = post(client, f"{ECHO}.back")
    assert answer["data"]["type"] == "http"
    assert client.post(f"/{ECHO}/number/", {}, content_type="application/json").json()["data"] == {"result": 42}
    assert post(client, f"{ECHO}.join") == {"event": f"{ECHO}.join", "data": {"success": True}}


def test_routes_take_the_keys_of_a_bindings_own_filter(alice: User) -> None:
    for status in ("open", "done"):
        Note.objects.create(owner=alice, title=status, slug=status, status=status)
    client = logged_in(alice)
    found = client.get("/desk.Note/", {"status": "done"}).json()["data"]
    assert [row["title"] for row in found["rows"]] == ["done"]
    assert client.get("/desk.Note/done/").json()["data"]["title"] == "done"
    assert client.get("/desk.Tag/", {"status": "done"}).json()["data"]["code"] == "invalid_filter"


def test_a_browsers_write_needs_the_csrf_token(alice: User) -> None:
    client = logged_in(alice, enforce_csrf_checks=True)
    assert post(client, f"{ECHO}.number")["data"]["code"] == "forbidden"
    client.cookies["csrftoken"] = "c" * 32
    assert post(client, f"{ECHO}.number", **{"x-csrftoken": "c" * 32})["data"] == {"result": 42}
