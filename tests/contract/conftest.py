"""The same behaviour over every transport: a test asks ``client_for(user)`` and runs once for each of them."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from helpdesk.models import Comment, Ticket
from tests.conftest import Demo

from .clients import GRAPHQL, TRANSPORTS, ContractClient
from .frames_only import EVERY, FRAMES_ONLY

ClientFor = Callable[[Any], Awaitable[ContractClient]]

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Workers of the library have connections of their own, which do not see a test's open transaction.

    What GraphQL has no words for (frames_only.py) is left out for it.
    """
    unsayable = [item for item in items if HERE in item.path.parents and _is_of_frames(item)]
    if unsayable:
        config.hook.pytest_deselected(items=unsayable)
        items[:] = [item for item in items if item not in unsayable]
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.django_db(transaction=True))


def _is_of_frames(item: Any) -> bool:
    params = item.callspec.params if hasattr(item, "callspec") else {}
    unsayable = FRAMES_ONLY.get(item.path.name, {})
    return params.get("transport") in GRAPHQL and not unsayable.keys().isdisjoint({EVERY, item.originalname})


@pytest.fixture(params=list(TRANSPORTS))
def transport(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
async def client_for(transport: str) -> AsyncIterator[ClientFor]:
    async with AsyncExitStack() as stack:

        async def client_for(user: Any) -> ContractClient:
            return await stack.enter_async_context(TRANSPORTS[transport](user))

        yield client_for


@pytest.fixture
def desk(demo: Demo) -> Demo:
    """The demo, more mixed: within each team all statuses, ties and nulls in ``due_on``, ties in ``created_at``.

    Its tickets and comments are loaded with their relations; a ticket's ``age`` is its age in days.
    """
    an_hour_ago = timezone.now() - timedelta(hours=1)
    with transaction.atomic():
        for turn in range(10):
            Ticket.objects.filter(pk__in=[ticket.pk for ticket in demo.tickets[3 * turn : 3 * turn + 3]]).update(
                status=Ticket.Status.values[turn % 3],
                due_on=date(2099, 1, 1 + turn // 4) if turn % 3 else None,
                created_at=an_hour_ago - timedelta(days=turn // 2),
            )
    tickets = list(Ticket.objects.select_related("team", "assignee").prefetch_related("labels").order_by("pk"))
    for number, ticket in enumerate(tickets):
        ticket.age = number // 6
    comments = list(Comment.objects.select_related("author", "ticket").order_by("pk"))
    return dataclasses.replace(demo, tickets=tickets, comments=comments)


class Queries:
    """Statements that read or write rows, on whichever thread. Transaction statements differ between databases."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def note(self, sql: Any) -> None:
        text = str(sql)
        if text.lstrip("( ").partition(" ")[0].upper() in ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"):
            self.statements.append(text)

    def take(self) -> list[str]:
        """The statements since the last call."""
        taken, self.statements = self.statements, []
        return taken


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> Queries:
    """Counts what every connection of the process executes: CaptureQueriesContext watches only the thread's own."""
    found = Queries()
    for name in ("execute", "executemany"):
        original = getattr(CursorWrapper, name)

        def counted(self: CursorWrapper, sql: Any, *rest: Any, original: Any = original) -> Any:
            found.note(sql)
            return original(self, sql, *rest)

        monkeypatch.setattr(CursorWrapper, name, counted)
    return found
