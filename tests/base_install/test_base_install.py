"""The package as its base dependencies leave it: what is in the wheel, and one binding over both transports."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import pkgutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

import binding_schema
from base_asgi import application
from notes.models import Note, Tag

PACKAGE = Path(binding_schema.__file__).parent
EXTRAS = ("strawberry", "channels_redis", "redis", "rest_framework", "uvicorn", "psycopg", "daphne", "httpx")


@pytest.mark.parametrize("name", EXTRAS)
def test_the_environment_has_no_extra(name: str) -> None:
    """Otherwise the other tests here would prove nothing."""
    assert importlib.util.find_spec(name) is None


def test_what_is_tested_is_the_installed_wheel() -> None:
    assert "site-packages" in PACKAGE.parts
    names = {file.parts[0] for file in importlib.metadata.files("binding-schema") or []}
    assert {name for name in names if not name.endswith(".dist-info")} == {"binding_schema"}
    assert (PACKAGE / "py.typed").is_file()


def test_importing_the_package_needs_no_settings() -> None:
    done = subprocess.run([sys.executable, "-c", "import binding_schema"], env={}, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_module_imports() -> None:
    """But those of an optional transport, which say so by lying under it."""
    optional = ("binding_schema.transports.graphql",)
    modules = pkgutil.walk_packages([str(PACKAGE)], "binding_schema.", onerror=lambda name: None)
    names = [module.name for module in modules]
    assert "binding_schema.consumers" in names
    for name in names:
        if not name.startswith(optional):
            importlib.import_module(name)


def test_graphql_says_what_it_needs() -> None:
    with pytest.raises(ImportError, match=r"pip install 'binding-schema\[graphql\]'"):
        importlib.import_module("binding_schema.transports.graphql")
    assert "strawberry" not in sys.modules
    assert (PACKAGE / "templates" / "binding_schema" / "graphiql.html").is_file()
    assert len(list((PACKAGE / "static" / "binding_schema" / "graphiql").iterdir())) == 11


@pytest.mark.parametrize("name", ["typescript", "jsonschema", "openapi", "asyncapi"])
def test_exports(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("binding_schema", "export", "--format", name)
    assert "notes.Note" in capsys.readouterr().out


def test_the_export_of_graphql_says_what_it_needs() -> None:
    with pytest.raises(CommandError, match=r"binding-schema\[graphql\]"):
        call_command("binding_schema", "export", "--format", "graphql")


def test_system_checks_pass() -> None:
    call_command("check", fail_level="WARNING")


def test_migrations_are_complete(db: None) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_rest(alice: User, bob: User) -> None:
    hidden = Note.objects.create(owner=bob, title="Bob's")
    # Any valid token does, as long as cookie and header agree.
    token = "a" * 32
    client = Client(enforce_csrf_checks=True, headers={"x-csrftoken": token})
    assert client.get("/api/notes.Note/").status_code == 401
    client.force_login(alice)
    client.cookies["csrftoken"] = token

    frame = {"event": "notes.Note.create#1", "data": {"title": "First", "owner_id": alice.pk}}
    reply = client.post("/api/", frame, content_type="application/json").json()
    assert reply["event"] == "notes.Note.create#1"
    assert reply["data"]["success"] is True
    note = Note.objects.get(pk=reply["data"]["id"])
    assert (note.title, note.owner) == ("First", alice)

    row = {"id": note.pk, "title": "First", "owner_id": alice.pk}
    page = client.get("/api/notes.Note/", {"page": 1}).json()
    assert page["data"] == {"page": 1, "limit": 25, "count": 1, "rows": [row]}
    assert client.get(f"/api/notes.Note/{note.pk}/").json()["data"] == row
    refused = client.get(f"/api/notes.Note/{hidden.pk}/")
    assert (refused.status_code, refused.json()["data"]["code"]) == (404, "not_found")


def websocket(client: Client) -> ApplicationCommunicator:
    """On asgiref's communicator: the one of Channels cannot be imported without daphne."""
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    headers = [(b"host", b"testserver"), (b"origin", b"http://testserver"), (b"cookie", cookies.encode())]
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "path": "/ws/",
        "raw_path": b"/ws/",
        "query_string": b"",
        "headers": headers,
        "subprotocols": [],
        "client": ["127.0.0.1", 50000],
        "server": ["testserver", 80],
        "scheme": "ws",
    }
    return ApplicationCommunicator(application, scope)


async def ask(socket: ApplicationCommunicator, event: str, **data: Any) -> dict[str, Any]:
    """The reply to a request, or the error about it; live frames that come between are passed over."""
    await socket.send_input({"type": "websocket.receive", "text": json.dumps({"event": event, "data": data})})
    while True:
        sent = await socket.receive_output(timeout=5)
        assert sent["type"] == "websocket.send", sent
        frame: dict[str, Any] = json.loads(sent.get("text") or sent["bytes"])
        if event in (frame["event"], frame["data"].get("event")):
            return frame


async def test_websocket(alice: User, bob: User) -> None:
    hidden = await Note.objects.acreate(owner=bob, title="Bob's")
    client = Client()
    await client.aforce_login(alice)
    socket = websocket(client)
    await socket.send_input({"type": "websocket.connect"})
    assert (await socket.receive_output(timeout=5))["type"] == "websocket.accept"

    created = await ask(socket, "notes.Note.create#a", title="First", owner_id=alice.pk)
    assert created["event"] == "notes.Note.create#a"
    key = created["data"]["id"]
    assert created["data"] == {"success": True, "id": key}
    found = await ask(socket, "notes.Note.retrieve#b", id=key)
    assert (found["event"], found["data"]) == (
        "notes.Note.retrieve#b",
        {"id": key, "title": "First", "owner_id": alice.pk},
    )
    page = await ask(socket, "notes.Note.search#c", filters={"title__icontains": "fir"})
    assert (page["data"]["count"], [row["id"] for row in page["data"]["rows"]]) == (1, [key])
    refused = await ask(socket, "notes.Note.retrieve#d", id=hidden.pk)
    assert (refused["event"], refused["data"]["code"]) == ("error", "not_found")

    await socket.send_input({"type": "websocket.disconnect", "code": 1000})
    await socket.wait(timeout=5)


async def test_a_relation_to_many(alice: User) -> None:
    """Written, nested, filtered by and told, from both sides."""
    tags = [await Tag.objects.acreate(name=name) for name in ("red", "blue")]
    client = Client()
    await client.aforce_login(alice)
    socket = websocket(client)
    await socket.send_input({"type": "websocket.connect"})
    assert (await socket.receive_output(timeout=5))["type"] == "websocket.accept"
    keys = [tag.pk for tag in tags]
    rows = [{"title": title, "owner_id": alice.pk, "tags": keys} for title in ("one", "two")]
    made = (await ask(socket, "notes.Tagged.save", rows=rows))["data"]["ids"]
    red, blue = ({"id": tag.pk, "name": tag.name} for tag in tags)
    row = {"id": made[0], "title": "one", "owner_id": alice.pk, "tags": [red, blue]}
    found = await ask(socket, "notes.Tagged.list", filters={"tags__name": "red"}, order="id")
    assert found["data"]["rows"] == [row, {**row, "id": made[1], "title": "two"}]
    assert (await ask(socket, "notes.Tag.retrieve#tag", id=keys[0]))["data"] == {**red, "note_ids": made}
    # What is added to a relation, and taken from it, changes the objects of both sides.
    note = await Note.objects.aget(pk=made[0])
    await note.tags.aremove(tags[0])
    assert (await told(socket, "notes.Tag.retrieve#tag"))["data"] == {**red, "note_ids": made[1:]}
    found = await ask(socket, "notes.Tagged.retrieve", id=made[0])
    assert found["data"]["tags"] == [blue]
    await tags[0].notes.aadd(note)
    assert (await told(socket, "notes.Tag.retrieve#tag"))["data"] == {**red, "note_ids": made}
    await socket.send_input({"type": "websocket.disconnect", "code": 1000})
    await socket.wait(timeout=5)


async def told(socket: ApplicationCommunicator, event: str) -> dict[str, Any]:
    """The next live frame of an event."""
    while True:
        frame: dict[str, Any] = json.loads((await socket.receive_output(timeout=5))["text"])
        if frame["event"] == event:
            return frame


async def test_websocket_refuses_an_anonymous_handshake(transactional_db: None) -> None:
    socket = websocket(Client())
    await socket.send_input({"type": "websocket.connect"})
    first = await socket.receive_output(timeout=5)
    # With or without an accept before it, so that the code reaches a browser.
    if first["type"] == "websocket.accept":
        first = await socket.receive_output(timeout=5)
    assert (first["type"], first.get("code")) == ("websocket.close", 4401)
