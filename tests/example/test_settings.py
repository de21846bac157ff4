"""The switches of example/config/settings.py."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

SETTINGS = Path(__file__).resolve().parents[2] / "example" / "config" / "settings.py"
SWITCHES = ("HELPDESK_DEBUG", "HELPDESK_SECRET_KEY", "HELPDESK_DB", "HELPDESK_REDIS", "PGDATABASE")


@pytest.fixture
def settings_with(monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(**environment: str) -> dict[str, Any]:
        for name in SWITCHES:
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(SETTINGS))

    return run


def test_without_a_switch_it_runs_on_sqlite_in_memory_and_debug(settings_with: Any) -> None:
    found = settings_with()
    assert found["DEBUG"] is True
    assert found["SECRET_KEY"]
    assert found["ALLOWED_HOSTS"] == ["127.0.0.1", "localhost", "[::1]"]
    database = found["DATABASES"]["default"]
    assert database["ENGINE"].endswith("sqlite3")
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]
    assert found["CHANNEL_LAYERS"]["default"]["BACKEND"].endswith("InMemoryChannelLayer")


def test_postgresql_with_a_pool(settings_with: Any) -> None:
    database = settings_with(HELPDESK_DB="postgres", PGDATABASE="desk")["DATABASES"]["default"]
    assert (database["ENGINE"], database["NAME"]) == ("django.db.backends.postgresql", "desk")
    assert database["OPTIONS"] == {"pool": True}
    # A pool and persistent connections exclude each other.
    assert not database.get("CONN_MAX_AGE")


def test_another_database_is_refused(settings_with: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="'oracle'"):
        settings_with(HELPDESK_DB="oracle")


def test_a_redis_layer(settings_with: Any) -> None:
    layer = settings_with(HELPDESK_REDIS="redis://cache:6379/1")["CHANNEL_LAYERS"]["default"]
    assert layer["BACKEND"] == "channels_redis.core.RedisChannelLayer"
    assert layer["CONFIG"]["hosts"] == ["redis://cache:6379/1"]


def test_without_debug_a_secret_key_is_asked_for(settings_with: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="HELPDESK_SECRET_KEY"):
        settings_with(HELPDESK_DEBUG="0")
    found = settings_with(HELPDESK_DEBUG="0", HELPDESK_SECRET_KEY="a secret")
    assert (found["DEBUG"], found["SECRET_KEY"]) == (False, "a secret")
