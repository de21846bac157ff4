"""Fixtures of the whole suite: services, the database's end, a real server, and a small helpdesk."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import SyncToAsync
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, connections, transaction
from django.test import TransactionTestCase

from binding_schema.resolve import threads
from helpdesk.models import Comment, Label, Team, Ticket
from scripts import services

# Has an environment, settings and a command of its own: scripts/test-base.
collect_ignore = ["base_install"]


# Skips. A machine that must have every service must not hide a test behind one, for whatever reason.


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    report = yield
    refuse_skip(report)
    return report


def refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if services.REQUIRED and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{reason}\nREQUIRE_SERVICES=1: every test must run."


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what is marked for the other database. The run on that database has it, so it is not a skip."""
    vendor = os.environ.get("BINDING_SCHEMA_TEST_DATABASE", "sqlite")
    other = [item for item in items if any(mark.args != (vendor,) for mark in item.iter_markers("database"))]
    if other:
        config.hook.pytest_deselected(items=other)
        items[:] = [item for item in items if item not in other]
    if "PYTEST_XDIST_WORKER" in os.environ:
        counts = Counter(item.path for item in items)
        items.sort(key=lambda item: (turn(item.path), -counts[item.path], item.path))


#: Where a few tests take long, the longest first. Of two processes that get file after file, the one with a long file at the end
#: would be alone for as long.
LONG = (
    "fuzz", "client", "live/test_model.py", "faults", "example/board", "graphql/test_bad_input.py", "docs/test_live.py",
    "export/test_tools.py", "docs", "typing", "console", "export", "transports", "compile", "example", "management",
)  # fmt: skip


def turn(path: Path) -> int:
    place = path.relative_to(Path(__file__).parent)
    return next((number for number, name in enumerate(LONG) if place.is_relative_to(name)), len(LONG))


# Services that a test may need.


@functools.cache
def find(name: str) -> services.Service:
    return services.FINDERS[name]()


def need(name: str) -> services.Service:
    service = find(name)
    if not service.found:
        pytest.skip(f"{name} not found ({service.why}); {service.remedy}")
    return service


@pytest.fixture(scope="session")
def redis_url() -> str:
    return need("redis").env["REDIS_URL"]


@pytest.fixture(scope="session")
def node() -> str:
    """The path of Node's interpreter."""
    return need("node").env["NODE"]


@pytest.fixture
async def browser() -> AsyncIterator[Any]:
    """Playwright's `Browser` in its async form: the sync one leaves an event loop running under later tests."""
    chromium = need("chromium").env["CHROMIUM"]
    # Here, since it takes longer to import than most tests to run.
    from playwright.async_api import async_playwright  # noqa: PLC0415

    async with async_playwright() as playwright:
        # The sandbox does not work for root and in most containers; the pages are ours.
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        await browser.close()


# The database. What goes through the library runs on threads with connections of their own, which do not see the
# uncommitted rows of a test that is rolled back: a test that uses it needs `pytest.mark.django_db(transaction=True)`.


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Empties tables the fast way; closes what worker threads hold open, before pytest-django drops the database."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        if connection.vendor == "postgresql":
            empty_by_delete()
        patch.setattr(TransactionTestCase, "_fixture_teardown", Emptier())
        yield
    threads.shutdown()
    # The one thread on which `sync_to_async` runs the ORM calls of async tests.
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


class Emptier:
    """What a test that may commit ends with: all tables are emptied, but those that migrations filled. Django's own way empties
    these too and fills them again, by queries for each app and model: more than most tests take."""

    def __init__(self) -> None:
        self.filled = [item._meta.db_table for item in (ContentType, Permission)]
        self.rows = self.read()

    def read(self) -> list[list[Any]]:
        with connection.cursor() as cursor:
            return [cursor.execute(f"SELECT * FROM {table} ORDER BY id").fetchall() for table in self.filled]

    def __call__(self) -> None:
        if self.read() != self.rows:
            call_command("flush", verbosity=0, interactive=False, reset_sequences=False)
            self.rows = self.read()
        names = connection.introspection.django_table_names(only_existing=True, include_views=False)
        tables = [name for name in names if name not in self.filled]
        connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), tables))


def empty_by_delete() -> None:
    """PostgreSQL's TRUNCATE makes each table a new file and waits for the disk: a second for each test of the suite. To
    delete a few rows takes milliseconds; without foreign keys' triggers, so that their order does not matter."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if not cursor.fetchone()[0]:
            return

    def sql_flush(self: Any, style: Any, tables: list[str], **options: bool) -> list[str]:
        deletes = [f"DELETE FROM {self.quote_name(table)}" for table in tables]
        return ["SET LOCAL session_replication_role = replica", *deletes] if tables else []

    type(connection.ops).sql_flush = sql_flush  # type: ignore[method-assign]


# A real server.


@dataclass(frozen=True)
class Server:
    url: str
    """`http://127.0.0.1:PORT`, without a slash at the end."""
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def ws_url(self) -> str:
        return self.url.replace("http://", "ws://") + "/ws/"


StartServer = Callable[..., Server]


@pytest.fixture
def uvicorn_server(transactional_db: None, tmp_path: Path) -> Iterator[StartServer]:
    """`uvicorn_server(app, *uvicorn_arguments, **environment)` starts a server on the test's database."""
    with ExitStack() as stack:

        def start(app: str = "tests.asgi:application", *arguments: str, **environment: str) -> Server:
            log = tmp_path / f"uvicorn-{len(list(tmp_path.glob('uvicorn-*')))}.log"
            return stack.enter_context(served(log, app, *arguments, **environment))

        yield start


@contextmanager
def served(log: Path, app: str, *arguments: str, **environment: str) -> Iterator[Server]:
    """A server on the test's database, until the block ends."""
    # Port 0: the system chooses a free one, and uvicorn says which in its log.
    command = [sys.executable, "-m", "uvicorn", app, "--host", "127.0.0.1", "--port", "0", *arguments]
    env = {**os.environ, **server_environment(), **environment}
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=env)
    try:
        yield Server(wait_for_url(process, log), process, log)
    finally:
        stop(process)


def server_environment() -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "PYTHONUNBUFFERED": "1",
        "BINDING_SCHEMA_TEST_DATABASE": connection.vendor,
        "BINDING_SCHEMA_TEST_DATABASE_NAME": str(connection.settings_dict["NAME"]),
    }


def wait_for_url(process: subprocess.Popen[bytes], log: Path, seconds: float = 30) -> str:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        _, found, rest = log.read_text(errors="replace").partition("Uvicorn running on ")
        if found and " " in rest:
            return rest.split()[0]
        time.sleep(0.05)
    state = "did not start in time" if process.poll() is None else f"ended with code {process.returncode}"
    raise RuntimeError(f"uvicorn {state}:\n{log.read_text(errors='replace')[-4000:]}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """Lets the server close its connections; a test database with open ones cannot be emptied."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


# A small helpdesk.


@dataclass(frozen=True)
class Demo:
    """The people and teams of the example, 10 tickets a team, and 2 comments a ticket, the second of them internal.

    Each password is the username. Tickets come in the order of their keys, their teams taking turns.
    """

    admin: User
    alice: User
    bob: User
    carol: User
    dave: User
    network: Team
    billing: Team
    hardware: Team
    labels: list[Label] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)

    def of(self, *teams: Team) -> list[Ticket]:
        return [ticket for ticket in self.tickets if ticket.team_id in {team.pk for team in teams}]


@pytest.fixture
def demo(transactional_db: None) -> Demo:
    with transaction.atomic():
        people = make_people()
        network, billing, hardware = Team.objects.bulk_create(
            Team(name=name) for name in ("Network", "Billing", "Hardware")
        )
        teams = {"alice": [network], "bob": [billing], "carol": [network, billing], "dave": [hardware]}
        member = Team.members.through
        member.objects.bulk_create(
            member(team=team, user=people[name]) for name, some in teams.items() for team in some
        )
        colors = {"urgent": "#dc2626", "vpn": "#2563eb", "invoice": "#16a34a"}
        labels = Label.objects.bulk_create(Label(name=name, color=color) for name, color in colors.items())
        demo = Demo(**people, network=network, billing=billing, hardware=hardware, labels=labels)
        demo.tickets.extend(make_tickets(demo))
        demo.comments.extend(make_comments(demo))
    return demo


def make_people() -> dict[str, User]:
    names = ("alice", "bob", "carol", "dave", "admin")
    users = User.objects.bulk_create(
        User(
            username=name,
            email=f"{name}@example.org",
            password=make_password(name),
            is_staff=name == "admin",
            is_superuser=name == "admin",
        )
        for name in names
    )
    rights = Permission.objects.filter(
        content_type__app_label="helpdesk", content_type__model__in=["ticket", "comment"]
    ).exclude(codename__startswith="view_")
    granted = User.user_permissions.through
    granted.objects.bulk_create(granted(user=user, permission=right) for right in rights for user in users[:4])
    return dict(zip(names, users, strict=True))


def make_tickets(demo: Demo) -> list[Ticket]:
    agents = {demo.network: demo.alice, demo.billing: demo.bob, demo.hardware: demo.dave}
    teams = list(agents)
    tickets = Ticket.objects.bulk_create(
        Ticket(
            title=f"Ticket {number}",
            body=f"Body of ticket {number}",
            status=Ticket.Status.values[number % 3 - 1],
            priority=number % 4 + 1,
            team=(team := teams[number % 3]),
            assignee=agents[team] if number % 2 else None,
            cost=Decimal(number) / 4 if number % 5 else None,
            due_on=date(2099, 1, number + 1) if number % 4 else None,
        )
        for number in range(30)
    )
    link = Ticket.labels.through
    link.objects.bulk_create(
        link(ticket=ticket, label=label)
        for number, ticket in enumerate(tickets)
        for label in demo.labels[: number % (len(demo.labels) + 1)]
    )
    return tickets


def make_comments(demo: Demo) -> list[Comment]:
    return Comment.objects.bulk_create(
        Comment(ticket=ticket, author=author, body=f"Comment on {ticket.title}", internal=internal)
        for ticket in demo.tickets
        for author, internal in ((ticket.assignee or demo.admin, False), (demo.admin, True))
    )
