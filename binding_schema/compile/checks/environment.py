"""What a project must have set up around its bindings."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from channels.routing import ProtocolTypeRouter
from django.apps import apps
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning
from django.utils.module_loading import import_string

from ...conf import settings
from ..problems import WrongBindings
from .live import REDIS, check_live


def check_environment() -> list[CheckMessage]:
    """The apps that stand behind bindings, Channels' layer, the ASGI application, SQLite's options and the live engine."""
    return [*_apps(), *_layer(), *_asgi(), *_sqlite(), *check_live()]


def _apps() -> Iterator[CheckMessage]:
    for name in ("django.contrib.contenttypes", "django.contrib.auth"):
        if not apps.is_installed(name):
            hint = f'Add "{name}" to INSTALLED_APPS.'
            yield Error(f"{name} is not installed.", hint=hint, id="binding_schema.E090")
    if not apps.is_installed("channels"):
        hint = 'Add "channels" to INSTALLED_APPS: its commands and its own checks come with it.'
        yield Warning("channels is not installed.", hint=hint, id="binding_schema.W004")


def _layer() -> Iterator[CheckMessage]:
    if not settings().LIVE:
        return
    alias = settings().CHANNEL_LAYER
    layers: Any = getattr(django_settings, "CHANNEL_LAYERS", None) or {}
    hint = (
        f'Write CHANNEL_LAYERS = {{"{alias}": {{"BACKEND": "channels.layers.InMemoryChannelLayer"}}}} for one process; for '
        f"several, {REDIS.replace('default', alias)}."
    )
    if not isinstance(layers, dict) or alias not in layers:
        message = f"No channel layer {alias!r} is configured: live frames need one."
        yield Warning(message, hint=hint, id="binding_schema.W001")
        return
    backend = layers[alias].get("BACKEND") if isinstance(layers[alias], dict) else None
    _, error = _imported(backend)
    if error:
        if str(backend).startswith("channels_redis.") and find_spec("channels_redis") is None:
            hint = "Install binding-schema[redis], which brings channels_redis."
        message = f"CHANNEL_LAYERS[{alias!r}]: the backend {backend!r} cannot be imported: {error}."
        yield Error(message, hint=hint, id="binding_schema.E092")


def _asgi() -> Iterator[CheckMessage]:
    path = getattr(django_settings, "ASGI_APPLICATION", None)
    hint = 'Write ASGI_APPLICATION = "project.asgi.application", with a "websocket" route to AsyncConsumer.as_asgi().'
    if not path:
        yield Warning("ASGI_APPLICATION is not set: WebSocket needs it.", hint=hint, id="binding_schema.W002")
        return
    found, error = _imported(path)
    if error:
        message = f"ASGI_APPLICATION {path!r} cannot be imported: {error}."
        yield Error(message, hint=hint, id="binding_schema.E091")
        return
    if isinstance(found, ProtocolTypeRouter) and "websocket" not in found.application_mapping:
        hint = 'Add "websocket": URLRouter([path("ws/", AsyncConsumer.as_asgi())]) to its ProtocolTypeRouter.'
        message = f"ASGI_APPLICATION {path!r} has no route for WebSocket."
        yield Warning(message, hint=hint, id="binding_schema.W005")


def _imported(path: Any) -> tuple[Any, str]:
    """What a dotted path names, and why it cannot be imported. That bindings have mistakes is told by their own checks."""
    if not isinstance(path, str):
        return None, "it is not a dotted path"
    try:
        return import_string(path), ""
    except WrongBindings:
        return None, ""
    except Exception as error:  # noqa: BLE001 - a module can fail in any way; the check tells how
        return None, f"{type(error).__name__}: {error}"


def _sqlite() -> Iterator[CheckMessage]:
    for alias, database in django_settings.DATABASES.items():
        options = database.get("OPTIONS", {}) or {}
        if database.get("ENGINE", "").endswith("sqlite3") and options.get("transaction_mode") != "IMMEDIATE":
            hint = (
                f'Write DATABASES["{alias}"]["OPTIONS"] = {{"transaction_mode": "IMMEDIATE", "timeout": 20, '
                '"init_command": "PRAGMA journal_mode=WAL;"}.'
            )
            message = f"SQLite database {alias!r}: without IMMEDIATE, concurrent writes fail with 'database is locked'."
            yield Warning(message, hint=hint, id="binding_schema.W003")
