from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from binding_schema.live import health
from binding_schema.models import Change
from helpdesk.models import Label
from tests.conftest import server_environment

pytestmark = pytest.mark.django_db(transaction=True)
on_postgresql = pytest.mark.database("postgresql")

REDIS = ["core.RedisChannelLayer", "pubsub.RedisPubSubChannelLayer"]


def run(*arguments: str) -> dict[str, str]:
    """Level and text by what was looked at."""
    output = StringIO()
    call_command("binding_schema", "check-live", *arguments, stdout=output)
    return parsed(output.getvalue())


def parsed(text: str) -> dict[str, str]:
    lines = [line.split(maxsplit=1) for line in text.strip().splitlines()]
    return {rest.partition(": ")[0]: f"{level} {rest.partition(': ')[2]}" for level, rest in lines}


def failing(*arguments: str) -> dict[str, str]:
    with pytest.raises(CommandError) as caught:
        run(*arguments)
    assert caught.value.returncode == 1
    return parsed(str(caught.value))


def test_all_is_well() -> None:
    found = run()
    assert {text.split()[0] for text in found.values()} == {"ok"}, found
    wanted = {
        "channel layer 'default'",
        "database 'default'",
        "database 'default', log",
        "database 'default', clock",
        "database 'default', size of the log",
    }
    if connection.vendor == "postgresql":
        wanted |= {"database 'default', open transactions", "database 'default', triggers"}
        assert found["database 'default'"].startswith("ok PostgreSQL ")
    assert set(found) == wanted
    assert found["database 'default', size of the log"] == "ok empty."
    assert not Change.objects.exists()


def test_the_exit_code() -> None:
    command = [sys.executable, "-m", "django", "binding_schema", "check-live"]
    env = {**os.environ, **server_environment()}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert set(parsed(done.stdout)) == set(run())
    broken = subprocess.run([*command, "--database=nowhere"], env=env, capture_output=True, text=True)
    assert broken.returncode == 1
    assert "There is no database 'nowhere' in DATABASES" in broken.stderr


@override_settings(BINDING_SCHEMA={"LIVE": False})
def test_live_is_off() -> None:
    assert failing()["setting LIVE"].startswith("failure off")


# The layer.


@override_settings(CHANNEL_LAYERS={})
def test_no_layer() -> None:
    found = run()["channel layer 'default'"]
    assert found.startswith("warning none is configured")
    assert "polls every 5 s" in found


@pytest.mark.parametrize("backend", REDIS)
def test_a_layer_on_redis(backend: str, redis_url: str) -> None:
    layers = {
        "live": {"BACKEND": f"channels_redis.{backend}", "CONFIG": {"hosts": [redis_url], "prefix": "check-live"}}
    }
    with override_settings(CHANNEL_LAYERS=layers, BINDING_SCHEMA={"CHANNEL_LAYER": "live"}):
        found = run()["channel layer 'live'"]
    assert found.startswith(f"ok channels_redis.{backend}; two channels of a group were reached in "), found


@pytest.mark.parametrize("backend", REDIS)
def test_a_layer_that_does_not_answer(backend: str) -> None:
    config = {"BACKEND": f"channels_redis.{backend}", "CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]}}
    with override_settings(CHANNEL_LAYERS={"default": config}):
        found = failing()["channel layer 'default'"]
    assert found.startswith("failure no message came through (")
    assert "CHANNEL_LAYERS['default']" in found


# The database.


def test_no_table() -> None:
    with connection.schema_editor() as editor:
        editor.delete_model(Change)
    try:
        assert failing()["database 'default', log"] == "failure its table is missing. Run `manage.py migrate`."
    finally:
        with connection.schema_editor() as editor:
            editor.create_model(Change)


def test_a_log_that_grows() -> None:
    Label.objects.create(name="old")
    what = "database 'default', size of the log"
    Change.objects.update(created_at=timezone.now() - timedelta(hours=48, minutes=30))
    assert run()[what] == "ok 1 changes, the oldest 48 h 30 min old."
    Change.objects.update(created_at=timezone.now() - timedelta(hours=50))
    assert run()[what].startswith("warning 1 changes, the oldest 50 h 0 min old. Run `manage.py binding_schema prune`")
    Change.objects.update(created_at=timezone.now())
    for number in range(4):
        Label.objects.create(name=str(number))
    with override_settings(BINDING_SCHEMA={"LIVE_LOG_MAX_ROWS": 2}):
        assert run()[what].startswith("warning 5 changes, the oldest 0 h 0 min old.")


@on_postgresql
def test_a_clock_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now
    monkeypatch.setattr(health.timezone, "now", lambda: now() + timedelta(seconds=9))
    found = run()["database 'default', clock"]
    assert found.startswith("warning 9.")
    assert "NTP" in found


@on_postgresql
def test_a_server_that_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "get_database_version", lambda: (12, 9))
    found = failing()
    assert found["database 'default'"] == "failure PostgreSQL 12.9. The log needs PostgreSQL 13 or newer."
    assert "database 'default', log" not in found


@on_postgresql
def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Any:
        raise connection.Database.OperationalError("connection refused")

    connection.close()
    monkeypatch.setattr(connection, "connect", lambda: connection.wrap_database_errors(refuse)())
    assert failing()["database 'default'"].startswith("failure not reachable (connection refused).")


@on_postgresql
def test_a_log_that_may_not_be_written() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE binding_schema_change ADD CONSTRAINT nothing_goes CHECK (model = 'x') NOT VALID")
    try:
        found = failing()["database 'default', log"]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE binding_schema_change DROP CONSTRAINT nothing_goes")
    assert found.startswith("failure cannot be used (")
    assert "Grant the user SELECT, INSERT, UPDATE and DELETE" in found


@on_postgresql
def test_a_transaction_that_is_open_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LONG", timedelta(0))
    database = connection.settings_dict
    with psycopg.connect(host=database["HOST"], user=database["USER"], dbname=database["NAME"]) as other:
        other.execute("SELECT pg_current_xact_id()")
        found = run()["database 'default', open transactions"]
        other.rollback()
    assert found.startswith("warning one writes for 0 h 0 min.")


@on_postgresql
def test_a_restored_dump() -> None:
    Label.objects.create(name="old")
    Change.objects.update(transaction=2**50, created_at=timezone.now() - timedelta(hours=1))
    output = StringIO()
    call_command("binding_schema", "check-live", stdout=output)
    assert "warning  database 'default', log: 1 changes are another server's" in output.getvalue()


@on_postgresql
def test_triggers() -> None:
    what = "database 'default', triggers"
    assert run()[what].startswith("ok none")
    try:
        call_command("binding_schema", "triggers", "--install", stdout=StringIO())
        assert run()[what] == "ok 60 installed."
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE auth_user DISABLE TRIGGER USER")
        assert run()[what] == "warning 3 disabled. Run `manage.py binding_schema triggers --install`."
    finally:
        call_command("binding_schema", "triggers", "--uninstall", stdout=StringIO())


def test_it_changes_nothing() -> None:
    User.objects.create_user("eve")
    before = list(Change.objects.values())
    run()
    assert list(Change.objects.values()) == before
