"""Checks of what the live engine needs: E093, W006, W007; and what a server says at its start."""

from __future__ import annotations

import importlib.util
import logging
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from binding_schema.compile.checks import check_environment, environment
from binding_schema.compile.checks import live as checks
from helpdesk.bindings import LabelBinding, TicketBinding
from tests.conftest import StartServer, server_environment

IN_MEMORY = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
REDIS = {
    "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": ["redis://127.0.0.1:6379"]}}
}


def told() -> dict[str, str]:
    """Messages and hints by id."""
    return {str(item.id).removeprefix("binding_schema."): f"{item.msg} {item.hint}" for item in check_environment()}


@pytest.mark.parametrize(
    "arguments, environ, count",
    [
        ("uvicorn project.asgi:application", {}, 1),
        ("/app/.venv/bin/uvicorn project.asgi:application --workers 4", {}, 4),
        ("uvicorn --workers=3 project.asgi:application", {}, 3),
        ("/app/site-packages/uvicorn/__main__.py project.asgi:application --workers 2", {}, 2),
        ("gunicorn -w 4 -k uvicorn.workers.UvicornWorker project.asgi", {}, 4),
        ("gunicorn -w4 project.asgi", {}, 4),
        ("hypercorn --workers 2 project.asgi:application", {}, 2),
        ("uvicorn project.asgi:application --workers", {}, 1),
        ("uvicorn project.asgi:application --workers many", {}, 1),
        ("uvicorn project.asgi:application --workers 1", {"WEB_CONCURRENCY": "4"}, 1),
        ("uvicorn project.asgi:application", {"WEB_CONCURRENCY": "4"}, 4),
        ("manage.py migrate", {"WEB_CONCURRENCY": "2"}, 2),
        ("manage.py migrate", {"WEB_CONCURRENCY": "auto"}, 1),
        ("manage.py load --workers 4", {}, 1),
        ("daphne project.asgi:application", {}, 1),
        ("", {}, 1),
    ],
)
def test_workers(arguments: str, environ: dict[str, str], count: int) -> None:
    assert checks.workers(arguments.split(), environ) == count


def test_several_workers_and_a_layer_in_memory(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CHANNEL_LAYERS = IN_MEMORY
    monkeypatch.setenv("WEB_CONCURRENCY", "1")
    assert told() == {}
    monkeypatch.setenv("WEB_CONCURRENCY", "4")
    found = told()
    assert list(found) == ["W006"]
    assert found["W006"].startswith("4 workers, and the channel layer 'default' is in memory")
    assert "every 5 s" in found["W006"]
    settings.CHANNEL_LAYERS = REDIS
    assert told() == {}


def test_the_hint_is_a_setting_that_works(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "2")
    written = re.search(r"CHANNEL_LAYERS = (\{.*\}) and", told()["W006"])
    assert written is not None
    settings.CHANNEL_LAYERS = eval(written[1])
    assert told() == {}


@pytest.mark.parametrize("arguments", [["manage.py", "check"], ["uvicorn", "x:y", "--workers", "2"]])
def test_only_a_server_says_so_at_its_start(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "3")
    monkeypatch.setattr(sys, "argv", arguments)
    with caplog.at_level(logging.WARNING, "binding_schema"):
        checks.warn_when_served()
    assert [item.levelname for item in caplog.records] == (["WARNING"] if arguments[0] == "uvicorn" else [])
    assert all("(binding_schema.W006)" in item.getMessage() for item in caplog.records)


@pytest.mark.django_db(transaction=True)
def test_a_real_server_says_so(uvicorn_server: StartServer) -> None:
    log = Path(uvicorn_server("tests.asgi:application", WEB_CONCURRENCY="2").log)
    deadline = time.monotonic() + 60
    # The address is printed by the process that starts the workers.
    while "Application startup complete" not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert "2 workers, and the channel layer 'default' is in memory" in log.read_text()


def test_the_check_command_says_so() -> None:
    env = {**os.environ, **server_environment(), "WEB_CONCURRENCY": "2"}
    done = subprocess.run([sys.executable, "-m", "django", "check"], env=env, capture_output=True, text=True)
    assert done.returncode == 0
    assert "binding_schema.W006" in done.stderr


def test_channels_redis_is_not_installed(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CHANNEL_LAYERS = REDIS
    found = importlib.util.find_spec
    monkeypatch.setattr(environment, "find_spec", lambda name: None if name == "channels_redis" else found(name))
    for name in [name for name in sys.modules if name.partition(".")[0] == "channels_redis"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "channels_redis", None)
    assert "Install binding-schema[redis]" in told()["E092"]


def test_no_layer_is_needed_while_live_is_off(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "discover", lambda failed: [])
    settings.BINDING_SCHEMA = {"LIVE": False}
    settings.CHANNEL_LAYERS = {}
    assert told() == {}


def test_live_is_off_and_bindings_depend_on_something(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "discover", lambda failed: [LabelBinding, TicketBinding])
    assert told() == {}
    settings.BINDING_SCHEMA = {"LIVE": False}
    found = told()
    assert found["W007"].startswith("TicketBinding: `depends_on` and `visibility_depends_on` mean nothing")
    assert [item.id for item in check_environment()] == ["binding_schema.W007"]


def test_oracle(settings: Any) -> None:
    # In place: Django refuses to replace the databases of a running suite, and the check only reads.
    original = dict(settings.DATABASES)
    settings.DATABASES["old"] = {"ENGINE": "django.db.backends.oracle"}
    try:
        found = told()
        settings.BINDING_SCHEMA = {"LIVE": False}
        off = told()
    finally:
        settings.DATABASES.clear()
        settings.DATABASES.update(original)
    assert found["E093"].startswith("Database 'old' is Oracle")
    assert "E093" not in off
