"""filters, orders and text search: each against the same condition in Python."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from helpdesk.models import Ticket
from tests.conftest import Demo

from .expect import TICKET, answered, ids, keys, newest_first, refused

LIST, SEARCH = f"{TICKET}.list", f"{TICKET}.search"
JAN_2 = date(2099, 1, 2)


@dataclass
class Names:
    """What the cases below refer to by name: keys differ from run to run."""

    desk: Demo

    def __getattr__(self, name: str) -> int:
        if name in ("urgent", "vpn", "invoice"):
            return next(label.pk for label in self.desk.labels if label.name == name)
        return getattr(self.desk, name).pk


def has(ticket: Ticket, *labels: str) -> bool:
    return bool({label.name for label in ticket.labels.all()} & set(labels))


Case = tuple[Callable[[Names], dict], Callable[[Ticket], bool]]
CASES: dict[str, Case] = {
    "nothing": (lambda n: {}, lambda t: True),
    "exact": (lambda n: {"status": "open"}, lambda t: t.status == "open"),
    "a list means IN": (lambda n: {"status": ["open", "closed"]}, lambda t: t.status != "pending"),
    "in": (lambda n: {"priority__in": [1, 4]}, lambda t: t.priority in (1, 4)),
    "an empty list": (lambda n: {"status": []}, lambda t: False),
    "gte": (lambda n: {"priority__gte": 3}, lambda t: t.priority >= 3),
    "two terms are AND": (lambda n: {"priority__gte": 2, "priority__lte": 3}, lambda t: t.priority in (2, 3)),
    "date": (lambda n: {"due_on": "2099-01-02"}, lambda t: t.due_on == JAN_2),
    "date gte": (lambda n: {"due_on__gte": "2099-01-02"}, lambda t: bool(t.due_on and t.due_on >= JAN_2)),
    "null": (lambda n: {"due_on": None}, lambda t: t.due_on is None),
    "null key": (lambda n: {"assignee": None}, lambda t: t.assignee is None),
    "isnull": (lambda n: {"assignee__isnull": True}, lambda t: t.assignee is None),
    "is not null": (lambda n: {"assignee__isnull": False}, lambda t: t.assignee is not None),
    "foreign key": (lambda n: {"team": n.billing}, lambda t: t.team.name == "Billing"),
    "foreign keys": (lambda n: {"team": [n.billing, n.hardware]}, lambda t: t.team.name == "Billing"),
    "over a foreign key": (lambda n: {"team__name": "Network"}, lambda t: t.team.name == "Network"),
    "icontains": (lambda n: {"title__icontains": "tICKET 1"}, lambda t: t.title.startswith("Ticket 1")),
    "to many": (lambda n: {"labels": n.vpn}, lambda t: has(t, "vpn")),
    "any of many, once each": (lambda n: {"labels": [n.urgent, n.vpn, n.invoice]}, lambda t: has(t, "urgent")),
    "none of many": (lambda n: {"labels": None}, lambda t: not t.labels.all()),
    "both of many": (
        lambda n: {"and": [{"labels": n.urgent}, {"labels": n.invoice}]},
        lambda t: has(t, "urgent") and has(t, "invoice"),
    ),
    "not to many": (lambda n: {"not": {"labels": n.vpn}}, lambda t: not has(t, "vpn")),
    "not any of many": (lambda n: {"not": {"labels": [n.vpn, n.invoice]}}, lambda t: not has(t, "vpn", "invoice")),
    "not to many and more": (
        lambda n: {"not": {"labels": n.vpn, "status": "open"}},
        lambda t: not (has(t, "vpn") and t.status == "open"),
    ),
    "not": (lambda n: {"not": {"status": "open"}}, lambda t: t.status != "open"),
    "not keeps nulls": (
        lambda n: {"not": {"assignee": n.alice}},
        lambda t: not t.assignee or t.assignee.pk != n_alice(t),
    ),
    "not gte keeps nulls": (
        lambda n: {"not": {"due_on__gte": "2099-01-02"}},
        lambda t: not (t.due_on and t.due_on >= JAN_2),
    ),
    "not null": (lambda n: {"not": {"due_on": None}}, lambda t: t.due_on is not None),
    "not not": (lambda n: {"not": {"not": {"status": "open"}}}, lambda t: t.status == "open"),
    "or": (lambda n: {"or": [{"status": "open"}, {"priority": 4}]}, lambda t: t.status == "open" or t.priority == 4),
    "or with an empty part": (lambda n: {"or": [{}, {"priority": 4}]}, lambda t: True),
    "or beside a term": (
        lambda n: {"team": n.network, "or": [{"status": "open"}, {"due_on": None}]},
        lambda t: t.team.name == "Network" and (t.status == "open" or t.due_on is None),
    ),
    "nested": (
        lambda n: {
            "or": [{"status": "open", "priority__gte": 3}, {"not": {"or": [{"assignee": None}, {"labels": n.vpn}]}}]
        },
        lambda t: (t.status == "open" and t.priority >= 3) or not (t.assignee is None or has(t, "vpn")),
    ),
}


def n_alice(ticket: Ticket) -> int:
    """Alice's key, as far as it matters: she is the only assignee of Network's tickets."""
    return ticket.assignee.pk if ticket.team.name == "Network" else -1


async def test_filters(client_for, desk):
    client = await client_for(desk.carol)
    visible = newest_first(desk.of(desk.network, desk.billing))
    seen = set()
    for name, (filters, condition) in CASES.items():
        expected = [ticket.pk for ticket in visible if condition(ticket)]
        reply = await client.send(LIST, filters=filters(Names(desk)))
        data = answered(reply, LIST)
        assert (ids(data["rows"]), data["count"]) == (expected, len(expected)), name
        reply = await client.send(SEARCH, filters=filters(Names(desk)), limit=1)
        data = answered(reply, SEARCH)
        assert (ids(data["rows"]), data["count"]) == (expected[:1], len(expected)), name
        seen.add(tuple(expected))
    # The cases tell the tickets apart: else they would pass with filters that do nothing.
    assert len(seen) > 20


WRONG_FILTERS = [
    {"body": "x"},
    {"cost": "1.00"},
    {"cost__gte": 0},
    {"team__members": 1},
    {"team__members__password__startswith": "m"},
    {"assignee__email": "bob@example.org"},
    {"status__regex": ".*"},
    {"status__gte": "open"},
    {"status": "unheard of"},
    {"status": {"exact": "open"}},
    {"priority": "high"},
    {"due_on": "tomorrow"},
    {"due_on__gte": None},
    {"due_on__isnull": "perhaps"},
    {"team": [[1]]},
    {"or": []},
    {"or": {"status": "open"}},
    {"and": ["status"]},
    {"not": "open"},
    {"not": {"not": {"not": {"not": {"not": {"not": {"status": "open"}}}}}}},
    {"team": list(range(1001))},
    {"or": [{"priority": 1}] * 60},
]


async def test_wrong_filters(client_for, desk):
    client = await client_for(desk.admin)
    for filters in WRONG_FILTERS:
        for event in (LIST, SEARCH):
            refused(await client.send(event, filters=filters), "invalid_filter", event)


async def test_a_wrong_filter_names_those_that_there_are(client_for, desk):
    client = await client_for(desk.alice)
    message = refused(await client.send(LIST, filters={"body": "x"}), "invalid_filter", LIST)["message"]
    assert "'body'" in message
    assert all(name in message for name in ("status", "priority__gte", "team__name", "due_on__isnull"))
    assert "cost" not in message


async def test_orders(client_for, desk):
    client = await client_for(desk.carol)
    visible = desk.of(desk.network, desk.billing)
    orders = {
        "priority": sorted(visible, key=lambda t: (t.priority, t.pk)),
        "-priority": sorted(visible, key=lambda t: (-t.priority, -t.pk)),
        ("-priority", "id"): sorted(visible, key=lambda t: (-t.priority, t.pk)),
        ("status", "-priority", "title"): sorted(visible, key=lambda t: (t.status, -t.priority, t.title)),
        "-id": sorted(visible, key=lambda t: -t.pk),
    }
    for order, expected in orders.items():
        named = list(order) if isinstance(order, tuple) else order
        assert ids(answered(await client.send(LIST, order=named), LIST)["rows"]) == keys(expected), order


WRONG_ORDERS = ["body", "cost", "-cost", "--id", "team__name", "?", "assignee__email", ["id", "cost"]]


async def test_wrong_orders(client_for, desk):
    client = await client_for(desk.admin)
    for order in WRONG_ORDERS:
        for event in (LIST, SEARCH):
            errors = refused(await client.send(event, order=order), "invalid_data", event)["errors"]
            assert errors["order"][0]["code"] == "invalid_order"


async def test_text_search(client_for, desk):
    client = await client_for(desk.alice)
    tickets = desk.of(desk.network)
    odd = tickets[0]
    await Ticket.objects.filter(pk=odd.pk).aupdate(title="Wires 100% crossed", body="Müller_7 said so")
    everything = keys(newest_first(tickets))
    expected = {
        "": everything,
        "   ": everything,
        "crossed": [odd.pk],
        "WIRES": [odd.pk],
        "wires müller": [odd.pk],  # one word in the title, the other in the body
        "said wires": [odd.pk],
        "wires ticket": [],
        "100%": [odd.pk],
        "%": [odd.pk],
        "_": [odd.pk],
        "ticket 27": [tickets[-1].pk],
        "'": [],
    }
    for query, found in expected.items():
        data = answered(await client.send(LIST, query=query), LIST)
        assert (ids(data["rows"]), data["count"]) == (found, len(found)), query
        assert answered(await client.send(SEARCH, query=query), SEARCH)["count"] == len(found), query


async def test_a_long_query_is_refused(client_for, desk):
    client = await client_for(desk.alice)
    refused(await client.send(LIST, query="x" * 201), "invalid_data", LIST)
