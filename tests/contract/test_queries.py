"""The number of SQL statements of each verb: a constant, the same for one row and for many, nested relations included.

Statements that begin and end a transaction are not counted, nor are those by which a client is recognised: a connection
has done that at its start, and the first request over HTTP is made before counting for comparison.
"""

import re

import pytest

from helpdesk.models import Ticket
from tests.app.models import Category, Club, Country, Membership, Passport, Person

from .clients import ASKS_WHO
from .expect import TICKET, answered

BY_LIVE = re.compile(r"SELECT .*(FROM|JOIN) \W*binding_schema_(change|floor)", re.DOTALL)
PERSON, CATEGORY = "app.Person", "app.Category"


class Counter:
    """Counts the statements of one request, less those that read the user."""

    def __init__(self, client, queries, transport):
        self.client, self.queries, self.over_http = client, queries, transport in ASKS_WHO
        # Over HTTP each request reads its user.
        self.who = 1 if self.over_http else 0

    async def ask(self, event, data):
        """Without an interest in the answer, which the live engine would look after, on threads of its own."""
        if self.over_http:
            return await self.client.send(event, **data)
        (reply,) = await self.client.exchange({"event": event, "data": data, "meta": {"subscribe": False}})
        return reply

    async def count(self, event, **data):
        self.queries.take()
        reply = await self.ask(event, data)
        # The change log is read by the live engine.
        statements = [sql for sql in self.queries.take() if not BY_LIVE.match(sql)]
        assert answered(reply, event).get("success", True) is True, reply
        return len(statements) - self.who, statements


@pytest.fixture
async def counter(client_for, desk, queries, transport):
    """For carol, whose teams have 20 tickets. Nothing of hers is live, so that only her requests ask the database."""
    client = await client_for(desk.carol)
    found = Counter(client, queries, transport)
    await found.ask(f"{TICKET}.stats", {})
    return found


async def same(counter, expected, *requests):
    """Each request takes ``expected`` statements."""
    for event, data in requests:
        number, statements = await counter.count(event, **data)
        assert number == expected, (event, data, "\n" + "\n".join(statements))


#: The row with its assignee and team by joins; labels by one query; the team's row rule makes it a query of its own.
TICKET_ROWS = 3


async def test_retrieve(counter, desk):
    keys = [ticket.pk for ticket in desk.of(desk.network) if ticket.labels.all()]
    one, many = {"id": keys[0]}, {"ids": keys}
    await same(counter, TICKET_ROWS, (f"{TICKET}.retrieve", one), (f"{TICKET}.retrieve", many))
    await same(counter, TICKET_ROWS, (f"{TICKET}.retrieve", {"ids": keys[:1]}))


async def test_list(counter, desk):
    few = {"filters": {"title__icontains": "Ticket 12"}}
    await same(counter, TICKET_ROWS, (f"{TICKET}.list", few), (f"{TICKET}.list", {}))


async def test_search(counter, desk):
    # One more: the count, where the page is full.
    await same(counter, TICKET_ROWS + 1, (f"{TICKET}.search", {"limit": 1}), (f"{TICKET}.search", {"limit": 15}))
    await same(counter, TICKET_ROWS, (f"{TICKET}.search", {"limit": 1, "count": False}))
    # A page that is not full tells the number by itself.
    few = {"filters": {"title__icontains": "Ticket 12"}}
    await same(counter, TICKET_ROWS, (f"{TICKET}.search", few), (f"{TICKET}.search", {"limit": 100}))
    every = [(f"{TICKET}.search", {"limit": limit, "after": None, "order": "-priority"}) for limit in (1, 15, 100)]
    await same(counter, TICKET_ROWS, *every)


async def test_conditions_of_every_kind(counter, desk):
    """Filters over relations to many, text search and orders change the statement, not their number."""
    await same(
        counter,
        TICKET_ROWS,
        (f"{TICKET}.list", {"filters": {"labels": [label.pk for label in desk.labels], "not": {"labels": 0}}}),
        (f"{TICKET}.list", {"query": "ticket", "order": ["-due_on", "title"]}),
        (f"{TICKET}.list", {"filters": {"or": [{"team__name": "Network"}, {"assignee": None}]}}),
    )


async def test_nested_relations_of_every_kind(counter, desk):
    """A foreign key, a one-to-one backwards, many-to-many with a model between, that model with a foreign key, and a
    computed field that reads it."""
    clubs = [Club(name=f"Club {number}") for number in range(3)]
    await Club.objects.abulk_create(clubs)
    await Country.objects.acreate(code="fr", name="France")
    keys = []
    for number in range(12):
        person = await Person.objects.acreate(name=f"P{number}", country_id="fr")
        await Passport.objects.acreate(person=person, number=str(number))
        await Membership.objects.abulk_create(Membership(person=person, club=club, role="x") for club in clubs)
        keys.append(person.pk)
    answer = await counter.ask(f"{PERSON}.retrieve", {"id": keys[0]})
    assert len(answer.data["memberships"]) == len(answer.data["clubs"]) == len(answer.data["club_ids"]) == 3
    assert answer.data["roles"] == ["x", "x", "x"]
    # The row with its country and passport; clubs; their ids; memberships; and those for the computed field.
    await same(counter, 5, (f"{PERSON}.retrieve", {"id": keys[0]}), (f"{PERSON}.retrieve", {"ids": keys}))
    await same(counter, 5, (f"{PERSON}.list", {"filters": {"country__name__icontains": "fr"}}))
    await same(counter, 6, (f"{PERSON}.search", {"limit": 1}), (f"{PERSON}.search", {"limit": 11}))


async def test_a_tree(counter, desk):
    """Two steps up and two down, each step one query whatever the number of branches."""
    root = await Category.objects.acreate(name="root")
    for number in range(5):
        branch = await Category.objects.acreate(name=f"b{number}", parent=root)
        for leaf in range(4):
            await Category.objects.acreate(name=f"l{leaf}", parent=branch)
    branches = [item.pk async for item in Category.objects.filter(parent=root)]
    data = (await counter.ask(f"{CATEGORY}.retrieve", {"id": branches[0]})).data
    assert (data["parent"]["name"], len(data["parent"]["children"]), len(data["children"])) == ("root", 5, 4)
    await same(counter, 12, (f"{CATEGORY}.retrieve", {"id": branches[0]}), (f"{CATEGORY}.retrieve", {"ids": branches}))


#: Each write notes in the change log what it changed, whatever the number of rows.
LOG = 1


async def test_create(counter, desk):
    data = {"title": "x", "team": desk.network.pk}
    # The team in sight; the model's two constraints; the insertion; the row in sight of its creator.
    await same(counter, 5 + LOG, (f"{TICKET}.create", data), (f"{TICKET}.save", data))
    await same(counter, 6 + LOG, (f"{TICKET}.create", {**data, "assignee": desk.bob.pk}))
    # The labels in sight; and what Django's own `set` asks: those that are set, those that are missing, those that come.
    for number in (1, 3):
        labels = [label.pk for label in desk.labels[:number]]
        await same(counter, 9 + LOG, (f"{TICKET}.create", {**data, "labels": labels}))


async def test_update(counter, desk):
    key = desk.of(desk.network)[0].pk
    for verb in ("update", "save"):
        # The row, locked; its change.
        await same(counter, 2 + LOG, (f"{TICKET}.{verb}", {"id": key, "title": "x"}))
        await same(counter, 3 + LOG, (f"{TICKET}.{verb}", {"id": key, "team": desk.billing.pk}))
        for number in (1, 3):
            await Ticket.labels.through.objects.filter(ticket=key).adelete()
            labels = [label.pk for label in desk.labels[:number]]
            await same(counter, 6 + LOG, (f"{TICKET}.{verb}", {"id": key, "title": verb, "labels": labels}))


async def test_save_many(counter, desk):
    tickets = desk.of(desk.network)
    for number in (2, 10):
        data = {"rows": [{"title": "x", "team": desk.network.pk} for _ in range(number)]}
        # As one; what the model's constraints say of so many rows, the database finds by itself.
        await same(counter, 3 + LOG, (f"{TICKET}.save", data))
        data = {"rows": [{"id": ticket.pk, "title": "x"} for ticket in tickets[:number]]}
        await same(counter, 2 + LOG, (f"{TICKET}.save", data))
    for number in (2, 8):
        await Ticket.labels.through.objects.all().adelete()
        labels = [label.pk for label in desk.labels]
        created = [{"title": "x", "team": desk.network.pk, "labels": labels} for _ in range(number)]
        updated = [{"id": ticket.pk, "priority": 3, "labels": labels[:1]} for ticket in tickets[:number]]
        # The rows, locked; teams and labels in sight; insertion, update; labels there are, and that come; rows in sight.
        await same(counter, 8 + LOG, (f"{TICKET}.save", {"rows": created + updated}))


async def test_delete(counter, desk):
    tickets = desk.of(desk.network)
    # The rows, locked, and as Django collects them; their comments; three deletions.
    await same(counter, 6 + LOG, (f"{TICKET}.delete", {"id": tickets[0].pk}))
    await same(counter, 6 + LOG, (f"{TICKET}.delete", {"ids": [tickets[1].pk]}))
    await same(counter, 6 + LOG, (f"{TICKET}.delete", {"ids": [ticket.pk for ticket in tickets[2:]]}))


async def test_actions(counter, desk):
    await same(counter, 1, (f"{TICKET}.stats", {}))
    open_ones = [ticket for ticket in desk.of(desk.network) if ticket.status == "open"]
    # The object, locked; its own two writes, noted one by one; and the row as its user may read it.
    for ticket in open_ones[:2]:
        await same(counter, 3 + 2 * LOG + TICKET_ROWS, (f"{TICKET}.close", {"id": ticket.pk, "reason": "x"}))


async def test_what_asks_nothing(counter, desk):
    await same(counter, 0, ("tests.Clock.now", {}), ("tests.Clock.add", {"left": 1}))


async def test_refusals_ask_no_more_than_answers(counter, desk, queries):
    for event, data in (
        (f"{TICKET}.retrieve", {"id": "x"}),
        (f"{TICKET}.search", {"page": 0}),
        (f"{TICKET}.create", {"nonsense": 1}),
        ("helpdesk.Nothing.search", {}),
    ):
        queries.take()
        assert (await counter.ask(event, data)).event == "error"
        assert len(queries.take()) <= counter.who, event
