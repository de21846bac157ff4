"""What a change costs: the same number of statements, however many hear of it and however many users they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.backends.utils import CursorWrapper

from helpdesk.models import Comment, Team, Ticket
from tests.conftest import Demo

from .talk import TICKET, ask, done, ws

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def statements() -> Iterator[list[str]]:
    """All that any thread sends meanwhile."""
    seen: list[str] = []
    original = CursorWrapper.execute

    def execute(self: CursorWrapper, sql: str, params: Any = None) -> Any:
        if sql.startswith("SELECT"):
            seen.append(sql)
        return original(self, sql, params)

    CursorWrapper.execute = execute  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        CursorWrapper.execute = original  # type: ignore[method-assign]


def ticket_saved(demo: Demo, number: int = 0) -> Any:
    ticket = Ticket(
        pk=demo.of(demo.network)[number].pk, team=demo.network, title="other", created_at=demo.tickets[0].created_at
    )
    return ticket.save


def comment_saved(demo: Demo, number: int) -> Any:
    comment = Comment.objects.filter(ticket=demo.of(demo.network)[number]).get(internal=False)
    comment.body = "other"
    return comment.save


def moved(demo: Demo, number: int) -> Any:
    return Ticket(pk=demo.of(demo.network)[number].pk, team=demo.billing, created_at=demo.tickets[0].created_at).save


CHANGES: dict[str, tuple[str, Callable[[Demo, int], Any]]] = {
    "a ticket": (TICKET, ticket_saved),
    "a comment": ("helpdesk.Comment", comment_saved),
    "a move": (TICKET, moved),
}


async def cost(
    demo: Demo, number: int, users: list[Any], stream: str, change: Callable[[Demo, int], Any]
) -> tuple[int, int]:
    """(statements, frames) of one change for connections of these users."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(ws(user)) for user in users]
        for client in clients:
            assert (await ask(client, f"{stream}.subscribe#l", snapshot=True)).ok
        work = await done(lambda: change(demo, number))
        await clients[0].settled()
        with statements() as seen:
            await done(work)
            frames = [await client.settled() for client in clients]
        # Readings of the log, of which there may be more than one, are no cost of receivers.
        return len([sql for sql in seen if "binding_schema_change" not in sql]), sum(map(len, frames))


@pytest.mark.parametrize("name", CHANGES)
async def test_independent_of_receivers_and_of_users(demo: Demo, name: str) -> None:
    stream, change = CHANGES[name]

    def more() -> list[Any]:
        found = User.objects.bulk_create(User(username=f"agent{number}", password="!") for number in range(30))
        links = Team.members.through
        links.objects.bulk_create(links(team=demo.network, user=user) for user in found)
        return found

    agents = await done(more)
    one, frames = await cost(demo, 0, agents[:1], stream, change)
    assert frames == 1
    assert 0 < one <= 8
    assert await cost(demo, 1, agents[:1] * 20, stream, change) == (one, 20)
    assert await cost(demo, 2, agents, stream, change) == (one, 30)


async def test_nobody_interested_costs_nothing(demo: Demo) -> None:
    async with ws(demo.alice) as alice:
        await ask(alice, "helpdesk.Label.subscribe#l", snapshot=True)
        work = await done(lambda: ticket_saved(demo))
        await alice.settled()
        with statements() as seen:
            await done(work)
            assert await alice.settled() == []
        assert [sql for sql in seen if "binding_schema_change" not in sql] == []


async def test_lists_that_are_asked_again_are_asked_once_for_all_who_see_the_same(demo: Demo) -> None:
    async def asked(number: int) -> int:
        async with AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(ws(demo.alice)) for _ in range(number)]
            for client in clients:
                await ask(client, f"{TICKET}.subscribe#l", snapshot=True, limit=3, order="id")
            work = await done(lambda: ticket_saved(demo))
            await clients[0].settled()
            with statements() as seen:
                await done(work)
                assert [len(await client.settled()) for client in clients] == [1] * number
            return len([sql for sql in seen if "binding_schema_change" not in sql])

    assert await asked(1) == await asked(10)
