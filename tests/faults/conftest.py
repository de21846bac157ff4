"""Servers that share a database and a channel layer, and a Redis of a test's own that it may stop."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
from django.db import connection

from scripts.services import free_port
from tests.conftest import Server, StartServer, need, server_environment
from tests.faults.settings import APPLICATION_NAME

HERE = Path(__file__).parent
Layers = dict[str, Any]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Several processes write at once, and commit in any order: that is PostgreSQL's to do."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.database("postgresql"))
            item.add_marker(pytest.mark.django_db(transaction=True))


# Channel layers. Each test has a prefix of its own: others may use the same Redis.


def core(*urls: str, **config: Any) -> Layers:
    """A layer of channels_redis' core kind, with its default capacity."""
    return _layers("channels_redis.core.RedisChannelLayer", urls, config)


def pubsub(*urls: str, **config: Any) -> Layers:
    """A pub/sub layer, sharded over several Redis servers if there are several."""
    return _layers("channels_redis.pubsub.RedisPubSubChannelLayer", urls, config)


def _layers(backend: str, urls: tuple[str, ...], config: dict[str, Any]) -> Layers:
    prefix = f"faults-{uuid.uuid4().hex[:8]}"
    return {"default": {"BACKEND": backend, "CONFIG": {"hosts": list(urls), "prefix": prefix, **config}}}


# Processes.


def environment(layers: Layers | None = None, **binding_schema: Any) -> dict[str, str]:
    """Variables of a server or a script under these settings."""
    return {
        **server_environment(),
        "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
        "FAULTS_CHANNEL_LAYERS": json.dumps(layers),
        "FAULTS_BINDING_SCHEMA": json.dumps(binding_schema),
    }


Serve = Callable[..., Server]


@pytest.fixture
def serve(uvicorn_server: StartServer) -> Serve:
    """``serve(layers, *uvicorn_arguments, **binding_schema_settings)`` starts a server."""

    def serve(layers: Layers | None, *arguments: str, **binding_schema: Any) -> Server:
        return uvicorn_server("tests.faults.asgi:application", *arguments, **environment(layers, **binding_schema))

    return serve


Script = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def script() -> Iterator[Script]:
    """``script(code, layers)`` runs Python code in a process of its own with Django set up; its input and output are pipes."""
    with ExitStack() as stack:

        def run(code: str, layers: Layers | None = None, **binding_schema: Any) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-c", f"import django\ndjango.setup()\n{code}"],
                env={**os.environ, **environment(layers, **binding_schema)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield run


DEACTIVATE = """
from django.contrib.auth.models import User
user = User.objects.get(username="alice")
user.is_active = False
user.save()
"""


def metrics(server: Server) -> dict[str, int]:
    """The live engine's counters in a server."""
    answer = httpx.get(f"{server.url}/metrics/", trust_env=False, timeout=30)
    counters: dict[str, int] = answer.json()
    return counters


def report(**figures: Any) -> None:
    """Figures of a test, shown by pytest's option -rP."""
    print(", ".join(f"{name}: {value}" for name, value in figures.items()))  # noqa: T201


def resident(server: Server) -> int:
    """The memory of a server's process, in bytes."""
    pages = int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def terminate_connections() -> int:
    """Ends the servers' connections to the database, as its restart does. Returns how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = %s", [APPLICATION_NAME],
        )  # fmt: skip
        return int(cursor.fetchone()[0])


# A Redis of one's own.


class PrivateRedis:
    """A server on a free port that saves nothing. It may be stopped and started again, as empty as before."""

    def __init__(self, program: str, directory: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self._command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--appendonly", "no"]
        self._command += ["--dir", str(directory), "--save", ""]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 10
        with redis.Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                    return
                except redis.ConnectionError:
                    assert time.monotonic() < deadline, "the private Redis did not start"
                    time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None


StartRedis = Callable[[], PrivateRedis]


@pytest.fixture
def private_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartRedis]:
    """``private_redis()`` starts one, which ends with the test."""
    program = need("redis-server").env["REDIS_SERVER"]
    with ExitStack() as stack:

        def start() -> PrivateRedis:
            server = PrivateRedis(program, tmp_path_factory.mktemp("redis"))
            server.start()
            stack.callback(server.stop)
            return server

        yield start
