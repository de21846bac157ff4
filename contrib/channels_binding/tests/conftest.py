"""The library's threads end with the tests; a server for each application; the rows that the page shows."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest
from asgiref.sync import SyncToAsync
from django.contrib.auth.models import User
from django.db import connections

from binding_schema.resolve import threads
from talk import make_user, started


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Closes what the library's worker threads hold open, before the database is dropped."""
    yield
    threads.shutdown()
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.fixture
def admin(transactional_db: None) -> User:
    """The page's user 5763 among 102, the first of the second page."""
    User.objects.bulk_create([User(pk=number, username=f"user{number}") for number in range(1, 26)])
    admin = make_user("Admin", pk=5763, is_superuser=True, is_staff=True)
    User.objects.bulk_create([User(pk=5763 + number, username=f"later{number}") for number in range(1, 77)])
    return admin


@pytest.fixture
def alice(transactional_db: None) -> User:
    return make_user("alice")


@pytest.fixture
def bob(transactional_db: None) -> User:
    return make_user("bob")


@pytest.fixture
def root(transactional_db: None) -> User:
    return make_user("root", is_superuser=True)


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[Callable[[str], str]]:
    """Starts uvicorn with an application; returns where it is. One server for each application of a module."""
    running: dict[str, tuple[subprocess.Popen[bytes], str]] = {}

    def start(application: str) -> str:
        if application not in running:
            running[application] = started(application, tmp_path_factory.mktemp("server") / "log")
        return running[application][1]

    yield start
    for process, _ in running.values():
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def node() -> str:
    found = os.environ.get("NODE") or shutil.which("node")
    assert found, "Node is needed, which has a WebSocket as a browser has one"
    return found
