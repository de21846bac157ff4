"""What the live engine needs of the project's settings, and of how it is served."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from channels.layers import InMemoryChannelLayer
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning
from django.utils.module_loading import import_string

from ...conf import settings
from ...declare.registry import discover

logger = logging.getLogger("binding_schema")

#: Servers that start several processes, with the options that say how many.
SERVERS = {
    "uvicorn": ("--workers",),
    "gunicorn": ("--workers", "-w"),
    "hypercorn": ("--workers", "-w"),
    "granian": ("--workers",),
}
REDIS = (
    'CHANNEL_LAYERS = {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer", '
    '"CONFIG": {"hosts": ["redis://127.0.0.1:6379"]}}}'
)


def check_live() -> Iterator[CheckMessage]:
    if settings().LIVE:
        yield from several_workers()
        yield from _databases()
    else:
        yield from _means_nothing()


def several_workers() -> Iterator[CheckMessage]:
    alias, count = settings().CHANNEL_LAYER, workers(sys.argv, os.environ)
    layers: Any = getattr(django_settings, "CHANNEL_LAYERS", None) or {}
    if count < 2 or not isinstance(layers, dict) or not _in_memory(layers.get(alias)):
        return
    message = (
        f"{count} workers, and the channel layer {alias!r} is in memory: a worker hears of what another one wrote only by its "
        f"poll, every {settings().LIVE_POLL_INTERVAL:g} s."
    )
    hint = f"Write {REDIS.replace('default', alias)} and install binding-schema[redis], or serve with one worker."
    yield Warning(message, hint=hint, id="binding_schema.W006")


def warn_when_served() -> None:
    """Servers run no checks: at their start the log says what only they know."""
    if _server(sys.argv):
        for message in several_workers():
            logger.warning("%s %s (%s)", message.msg, message.hint, message.id)


def workers(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """How many processes the server is told to start: by its command line, else by WEB_CONCURRENCY, which servers and hosts
    agree on."""
    for option in SERVERS.get(_server(arguments), ()):
        for number, item in enumerate(arguments[1:], 1):
            value = item.removeprefix(option).removeprefix("=") if item.startswith(option) else None
            if item == option:
                value = arguments[number + 1] if number + 1 < len(arguments) else None
            if value is not None and value.isdecimal():
                return int(value)
    told = environment.get("WEB_CONCURRENCY", "")
    return int(told) if told.isdecimal() else 1


def _server(arguments: Sequence[str]) -> str:
    """The server that runs this process: as a program of its own, or by ``python -m``. Else an empty text."""
    path = Path(arguments[0]) if arguments else Path()
    name = path.parent.name if path.stem == "__main__" else path.stem
    return name if name in SERVERS else ""


def _in_memory(layer: Any) -> bool:
    try:
        backend = import_string(layer["BACKEND"])
    except Exception:  # noqa: BLE001 - whatever is wrong there is told by the check of the layer
        return False
    return isinstance(backend, type) and issubclass(backend, InMemoryChannelLayer)


def _databases() -> Iterator[CheckMessage]:
    for alias, database in django_settings.DATABASES.items():
        if str(database.get("ENGINE", "")).endswith(".oracle"):
            message = f"Database {alias!r} is Oracle, on which the change log does not work: each write would fail."
            hint = 'Use PostgreSQL, SQLite, MySQL or MariaDB, or write BINDING_SCHEMA = {"LIVE": False}.'
            yield Error(message, hint=hint, id="binding_schema.E093")


def _means_nothing() -> Iterator[CheckMessage]:
    for binding in discover({}):
        names = [name for name in ("depends_on", "visibility_depends_on") if getattr(binding, name, None)]
        if names:
            message = f"{binding.__qualname__}: `{'` and `'.join(names)}` mean nothing while LIVE is off."
            hint = 'Write BINDING_SCHEMA = {"LIVE": True}, or leave them out.'
            yield Warning(message, hint=hint, id="binding_schema.W007")
