"""Checks of what is set up around the bindings: the channel layer, the ASGI application, SQLite."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest
from channels.routing import ProtocolTypeRouter

from binding_schema.compile.checks import check_environment

from .project import ASGI


def told() -> dict[str, str]:
    """Ids and hints of the messages."""
    return {str(item.id).removeprefix("binding_schema."): str(item.hint) for item in check_environment()}


@pytest.fixture
def asgi(monkeypatch: pytest.MonkeyPatch, settings: Any) -> types.ModuleType:
    """A module that is the project's ASGI application."""
    module = types.ModuleType("own_asgi")
    monkeypatch.setitem(sys.modules, "own_asgi", module)
    settings.ASGI_APPLICATION = "own_asgi.application"
    return module


def test_the_suite_has_all_it_needs() -> None:
    names = {item.id for item in check_environment()}
    assert names == set()


@pytest.mark.parametrize("layers", [None, {}, {"other": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}, "redis"])
def test_no_channel_layer(settings: Any, layers: Any) -> None:
    settings.CHANNEL_LAYERS = layers
    found = told()
    assert list(found) == ["W001"]
    assert 'CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}' in found["W001"]


def test_another_channel_layer(settings: Any) -> None:
    settings.BINDING_SCHEMA = {"CHANNEL_LAYER": "live"}
    assert "W001" in told()
    settings.CHANNEL_LAYERS = {"live": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    assert told() == {}


@pytest.mark.parametrize("layer", [{"BACKEND": "channels_redis.core.NoSuchLayer"}, {"BACKEND": 3}, {}, "redis"])
def test_a_channel_layer_that_cannot_be_imported(settings: Any, layer: Any) -> None:
    settings.CHANNEL_LAYERS = {"default": layer}
    assert list(told()) == ["E092"]


@pytest.mark.parametrize("path", [None, ""])
def test_no_asgi_application(settings: Any, path: Any) -> None:
    settings.ASGI_APPLICATION = path
    assert "AsyncConsumer.as_asgi()" in told()["W002"]


def test_the_setting_for_the_asgi_application_is_missing(settings: Any) -> None:
    del settings.ASGI_APPLICATION
    assert list(told()) == ["W002"]


@pytest.mark.parametrize("path", ["no_such_project.asgi.application", "tests.asgi.no_such_name", "application", 3])
def test_an_asgi_application_that_cannot_be_imported(settings: Any, path: Any) -> None:
    settings.ASGI_APPLICATION = path
    messages = check_environment()
    assert [item.id for item in messages] == ["binding_schema.E091"]
    assert repr(path) in messages[0].msg


def test_an_asgi_module_that_raises(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "raising_asgi.py").write_text(f"{ASGI}\nraise RuntimeError('no database')\n")
    monkeypatch.syspath_prepend(tmp_path)
    settings.ASGI_APPLICATION = "raising_asgi.application"
    messages = check_environment()
    assert [item.id for item in messages] == ["binding_schema.E091"]
    assert "RuntimeError: no database" in messages[0].msg


def test_an_asgi_application_without_websocket(asgi: Any) -> None:
    asgi.application = ProtocolTypeRouter({"http": object()})
    assert 'Add "websocket": URLRouter' in told()["W005"]


def test_an_asgi_application_in_a_middleware(asgi: Any) -> None:
    """Nobody can tell what is behind it."""
    asgi.application = lambda scope, receive, send: None
    assert told() == {}


@pytest.mark.parametrize("options", [None, {}, {"timeout": 20}, {"transaction_mode": "DEFERRED"}])
def test_sqlite_without_immediate(settings: Any, options: Any) -> None:
    engine = {"ENGINE": "django.db.backends.sqlite3", "OPTIONS": options}
    other = {"ENGINE": "django.db.backends.postgresql"}
    # In place: Django refuses to replace the databases of a running suite, and the check only reads.
    original = dict(settings.DATABASES)
    settings.DATABASES.update({"notes": engine, "other": other})
    try:
        messages = check_environment()
    finally:
        settings.DATABASES.clear()
        settings.DATABASES.update(original)
    assert [item.id for item in messages] == ["binding_schema.W003"]
    assert 'DATABASES["notes"]["OPTIONS"] = {"transaction_mode": "IMMEDIATE"' in str(messages[0].hint)
