from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from io import StringIO
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import override_settings

from binding_schema.resolve import authentication
from binding_schema.resolve.authentication import user_of_token
from binding_schema.testing import WebSocketClient
from tests.asgi import application
from tests.conftest import Demo, server_environment

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice", password="alice")


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("binding_schema", *arguments, stdout=output)
    return output.getvalue()


def test_the_token_is_the_users(alice: User) -> None:
    User.objects.create_user("bob", password="bob")
    assert user_of_token(run("token", "alice").strip()) == alice


def test_a_script_gets_the_token_and_nothing_else(transactional_db: None) -> None:
    alice = User.objects.create_user("alice", password="alice")
    command = [sys.executable, "-m", "django", "binding_schema", "token", "alice"]
    done = subprocess.run(command, env={**os.environ, **server_environment()}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    assert user_of_token(done.stdout.strip()) == alice


@pytest.mark.django_db(transaction=True)
async def test_the_token_opens_a_connection(demo: Demo) -> None:
    token = await sync_to_async(run)("token", "alice")
    async with WebSocketClient(application, headers={"authorization": f"Bearer {token.strip()}"}) as client:
        reply = await client.send("auth.User.retrieve", id=demo.alice.pk)
    assert reply.data["username"] == "alice"


def test_max_age(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    short, long = run("token", "alice", "--max-age", "60").strip(), run("token", "alice", "--max-age=7200").strip()
    later = time.time() + 61
    monkeypatch.setattr(authentication.time, "time", lambda: later)
    assert (user_of_token(short), user_of_token(long)) == (None, alice)


@override_settings(BINDING_SCHEMA={"TOKEN_MAX_AGE": 10})
def test_without_max_age_the_setting_counts(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    token = run("token", "alice").strip()
    now = time.time()
    monkeypatch.setattr(authentication.time, "time", lambda: now + 8)
    assert user_of_token(token) == alice
    monkeypatch.setattr(authentication.time, "time", lambda: now + 12)
    assert user_of_token(token) is None


@pytest.mark.parametrize("age", ["0", "-1", "1.5", "soon", "", "٣"])
def test_a_max_age_that_is_none(alice: User, age: str) -> None:
    with pytest.raises(CommandError, match="is not a whole number of seconds"):
        run("token", "alice", f"--max-age={age}")


def test_unknown_user(alice: User) -> None:
    with pytest.raises(CommandError, match=r"^There is no user with the username 'Alice Cooper'\.$"):
        run("token", "Alice Cooper")


def test_inactive_user(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    with pytest.raises(CommandError, match=r"^The user 'alice' is not active"):
        run("token", "alice")


def test_the_name_is_the_models_username_field(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(User, "USERNAME_FIELD", "email")
    User.objects.filter(pk=alice.pk).update(email="alice@example.org")
    assert user_of_token(run("token", "alice@example.org").strip()) == alice
    with pytest.raises(CommandError, match="no user with the email 'alice'"):
        run("token", "alice")


def test_a_name_that_the_field_cannot_hold(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(User, "USERNAME_FIELD", "id")
    with pytest.raises(CommandError, match="no user with the id 'alice'"):
        run("token", "alice")


@pytest.mark.parametrize("arguments", [(), ("tokens",), ("token",), ("token", "alice", "bob")])
def test_wrong_arguments(alice: User, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(CommandError, match=r"^Error: "):
        run(*arguments)


def test_help_names_every_subcommand(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("--help")
    text = capsys.readouterr().out
    assert "token" in text
    assert "prune" in text


@pytest.mark.parametrize("name", ["alice", "a" * 150])
def test_the_token_fits_a_subprotocol(name: str) -> None:
    """A browser's WebSocket takes no other characters there (RFC 9110's token)."""
    User.objects.create_user(name, password=name)
    assert re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", run("token", name).strip())
