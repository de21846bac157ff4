"""The database of one run: made before Django is set up, gone afterwards.

The choice travels to `settings.py` through the environment, because Django reads settings once, at import.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

KINDS = ("sqlite", "postgresql")

_KIND = "BENCHMARK_DATABASE"
_NAME = "BENCHMARK_DATABASE_NAME"


@contextmanager
def temporary_database(kind: str) -> Iterator[None]:
    """An empty database of one of KINDS, named in the environment while the block runs."""
    make = _postgresql if kind == "postgresql" else _sqlite
    with make() as name:
        os.environ[_KIND] = kind
        os.environ[_NAME] = name
        yield


def connection_settings() -> dict[str, Any]:
    """What `DATABASES["default"]` is in this run."""
    # Persistent connections for all: with the default of 0, database_sync_to_async closes the connection after
    # each call, and the contenders that use it would be measured reconnecting.
    common = {"NAME": os.environ[_NAME], "CONN_MAX_AGE": None}
    if os.environ[_KIND] == "postgresql":
        server = _server()
        return common | {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": server["host"],
            "PORT": server["port"],
            "USER": server["user"],
            "PASSWORD": os.environ.get("PGPASSWORD", ""),
        }
    return common | {
        "ENGINE": "django.db.backends.sqlite3",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }


@contextmanager
def _sqlite() -> Iterator[str]:
    with TemporaryDirectory(prefix="binding_schema_benchmark_") as folder:
        yield str(Path(folder) / "benchmark.sqlite3")


@contextmanager
def _postgresql() -> Iterator[str]:
    name = f"binding_schema_benchmark_{os.getpid()}"
    _administer("CREATE DATABASE {}", name)
    try:
        yield name
    finally:
        # Worker threads still hold their connections, which FORCE closes.
        _administer("DROP DATABASE {} WITH (FORCE)", name)


def _administer(statement: str, name: str) -> None:
    # The password, where one is needed, is read from PGPASSWORD by libpq itself.
    with psycopg.connect(make_conninfo(dbname="postgres", **_server()), autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _server() -> dict[str, str]:
    return {
        "host": os.environ.get("PGHOST", "127.0.0.1"),
        "port": os.environ.get("PGPORT", "5432"),
        "user": os.environ.get("PGUSER", "postgres"),
    }
