"""SQL statements: as many as the flat protocol takes, and fewer where less is asked for.

That each verb takes as many with everything asked for is in tests/contract/test_queries.py, which runs over GraphQL too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from binding_schema.declare.context import Context
from binding_schema.resolve.authentication import Fixed
from binding_schema.resolve.dispatch import dispatcher
from binding_schema.types import Request
from helpdesk.models import Ticket
from tests.app.models import Club, Country, Membership, Passport, Person
from tests.contract.operations import Operation

from .own import run, subscribed

#: The row with its assignee by a join; the team, under a row rule; labels.
TICKET_ROWS = 3


async def flat(user: Any, stream: str, verb: str, **data: Any) -> Any:
    return await dispatcher().dispatch(Context(Fixed(user)), Request(stream, verb, "", data))


READS: list[tuple[str, dict[str, Any]]] = [
    ("helpdesk.Ticket.retrieve", {"id": 0}),
    ("helpdesk.Ticket.list", {"filters": {"status": "open"}}),
    ("helpdesk.Ticket.search", {"limit": 2}),
    ("helpdesk.Ticket.search", {"limit": 2, "count": False}),
    ("helpdesk.Ticket.search", {"limit": 2, "after": None}),
    ("helpdesk.Ticket.stats", {}),
    ("helpdesk.Comment.list", {}),
    ("auth.User.list", {}),
    ("app.Person.list", {}),
    ("app.Category.search", {"limit": 1}),
    ("tests.Clock.now", {}),
]
WRITES: list[tuple[str, dict[str, Any]]] = [
    ("helpdesk.Ticket.create", {"title": "x", "team": "network"}),
    ("helpdesk.Ticket.update", {"id": 0, "title": "x", "labels": []}),
    ("helpdesk.Ticket.save", {"id": 0, "title": "y"}),
    ("helpdesk.Ticket.save", {"rows": [{"id": 0, "title": "z"}, {"title": "x", "team": "network"}]}),
    ("helpdesk.Ticket.close", {"id": 0, "reason": "x"}),
    ("helpdesk.Ticket.delete", {"id": 0}),
    ("helpdesk.Ticket.delete", {"ids": [0]}),
]


def filled(value: Any, demo: Any, key: int) -> Any:
    """The names in the lists above as what they stand for."""
    if isinstance(value, dict):
        return {name: filled(item, demo, key) for name, item in value.items()}
    if isinstance(value, list):
        return [filled(item, demo, key) for item in value]
    return key if value == 0 and value is not False else demo.network.pk if value == "network" else value


@pytest.mark.parametrize("event, data", [*READS, *WRITES], ids=str)
async def test_each_verb_takes_as_many_as_the_flat_protocol(
    demo: Any, taken: Callable[[], list[str]], event: str, data: dict[str, Any]
) -> None:
    # All alike, so that it is no matter which one is written.
    await Ticket.objects.all().aupdate(status="open", assignee=None)
    await Ticket.labels.through.objects.all().adelete()
    tickets = [ticket.pk for ticket in demo.of(demo.network)]
    stream, _, verb = event.rpartition(".")
    counts = []
    for key, is_graphql in zip(tickets[:4], (False, True, False, True), strict=True):
        sent = filled(data, demo, key)
        operation = Operation(event, sent, is_staff=False)
        taken()
        if is_graphql:
            await run(demo.alice, operation.document, **operation.variables)
        else:
            result = await flat(demo.alice, stream, verb, **sent)
            assert result.ok
        counts.append(len(taken()))
    # The first of each may have more to find out.
    assert counts[2] == counts[3], (event, counts)


async def test_only_what_is_asked_for_is_fetched(demo: Any, taken: Callable[[], list[str]]) -> None:
    key = demo.of(demo.network)[0].pk
    for fields, number in (
        ("id", 1),
        ("title status", 1),
        ("title assignee { username }", 1),
        ("title labels { name }", 2),
        ("team { name } labels { name }", TICKET_ROWS),
        ("__typename", 1),
        ("team @skip(if: true) { name } labels @include(if: false) { name } id", 1),
    ):
        for query in (
            f"query($id: ID!) {{ ticket(id: $id) {{ {fields} }} }}",
            f"query($id: ID!) {{ ticket(id: $id) {{ ...A ... on Ticket {{ id }} }} }} fragment A on Ticket {{ {fields} }}",
        ):
            taken()
            await run(demo.alice, query, id=key)
            statements = taken()
            assert len(statements) == number, (fields, statements)
            assert ("title" in fields) == any('"title"' in sql for sql in statements)
    taken()
    await run(demo.alice, "{ tickets(limit: 3) { rows { title } } }")
    await run(demo.alice, "{ tickets(limit: 3) { count } }")
    # Rows without a count, and a count with the keys of its page.
    assert len(taken()) == 1 + 2


async def test_several_roots_of_one_operation_share_what_they_can(demo: Any, taken: Callable[[], list[str]]) -> None:
    keys = {f"k{number}": ticket.pk for number, ticket in enumerate(demo.of(demo.network))}
    declared = ", ".join(f"${name}: ID!" for name in keys)
    fields = " ".join(f"{name}: ticket(id: ${name}) {{ title }}" for name in keys)
    taken()
    found = await run(demo.alice, f"query({declared}) {{ {fields} }}", **keys)
    assert [item["title"] for item in found.values()] == [ticket.title for ticket in demo.of(demo.network)]
    # Ten objects, asked for at once: at most as many statements as jobs of one queue run at a time.
    assert len(taken()) <= 3


async def test_nested_relations_of_every_kind(demo: Any, taken: Callable[[], list[str]]) -> None:
    clubs = [Club(name=f"Club {number}") for number in range(3)]
    await Club.objects.abulk_create(clubs)
    await Country.objects.acreate(code="fr", name="France")
    for number in range(6):
        person = await Person.objects.acreate(name=f"P{number}", country_id="fr")
        await Passport.objects.acreate(person=person, number=str(number))
        await Membership.objects.abulk_create(Membership(person=person, club=club, role="x") for club in clubs)
    fields = {
        "country { name } passport { number }": 1,
        "clubs { name }": 2,
        "clubIds": 2,
        "memberships { role club { name } }": 2,
        "roles": 2,
        "clubs { name } clubIds memberships { club { name } } roles country { name }": 5,
    }
    for selection, number in fields.items():
        for limit in (1, 6):
            taken()
            await run(demo.alice, f"{{ persons(limit: {limit}) {{ rows {{ {selection} }} }} }}")
            statements = taken()
            assert len(statements) == number, (selection, limit, statements)


async def test_a_mutation_that_shows_its_object_reads_it_once(demo: Any, taken: Callable[[], list[str]]) -> None:
    first, second, third = (ticket.pk for ticket in demo.of(demo.network)[:3])
    query = "mutation($id: ID!, $t: String) {{ updateTicket(id: $id, input: {{title: $t}}) {{ success {} }} }}"
    for key in (first, second):
        taken()
        await run(demo.alice, query.format(""), id=key, t="one")
        bare = len(taken())
        await run(demo.alice, query.format("object { title }"), id=key, t="two")
        assert len(taken()) == bare + 1
        await run(demo.alice, query.format("object { title team { name } labels { name } }"), id=key, t="three")
        assert len(taken()) == bare + TICKET_ROWS
    # Many objects by as many statements as one.
    rows = "mutation($rows: [TicketSaveInput!]!) { saveTickets(rows: $rows) { success objects { team { name } } } }"
    counts = []
    for keys in ([first], [first, second, third]):
        taken()
        await run(demo.alice, rows, rows=[{"id": key, "title": str(keys)} for key in keys])
        counts.append(len(taken()))
    assert counts[0] == counts[1]
    # An action shows what it returns by its own read, which fetches what is asked for.
    close = 'mutation($id: ID!) {{ ticketClose(id: $id, reason: "x") {{ success {} }} }}'
    counts = []
    for fields in ("", "object { title }", "object { title team { name } labels { name } }"):
        await Ticket.objects.filter(pk=first).aupdate(status="open")
        taken()
        await run(demo.alice, close.format(fields), id=first)
        counts.append(len(taken()))
    assert counts == [counts[0], counts[0], counts[0] + TICKET_ROWS - 1]


async def test_one_change_is_read_once_whatever_the_number_of_subscribers(
    demo: Any, taken: Callable[[], list[str]]
) -> None:
    ticket = demo.of(demo.network)[0]
    query = "subscription { ticketsChanged(snapshot: true, limit: 500) { cause object { title team { name } labels { name } } } }"
    counts = []
    for number in (1, 6):
        async with AsyncExitStack() as stack:
            feeds = [await stack.enter_async_context(subscribed(demo.alice, query)) for _ in range(number)]
            for feed in feeds:
                assert (await feed.next())["cause"] == "SNAPSHOT"
            await asyncio.sleep(0.2)
            taken()
            ticket.title = f"For {number}"
            await sync_to_async(ticket.save)()
            for feed in feeds:
                assert (await feed.next())["object"]["title"] == ticket.title
            counts.append(len([sql for sql in taken() if sql.startswith("SELECT")]))
    assert counts[0] == counts[1] > 0, counts
