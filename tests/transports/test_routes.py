"""The resource routes of docs/protocol.md, section 6: each path and method is a verb."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.test import Client

from binding_schema.resolve.authentication import make_token
from binding_schema.testing import RestClient
from helpdesk.models import Comment, Label, Ticket
from tests.app.models import Country, Seat
from tests.conftest import Demo

TICKET = "helpdesk.Ticket/"


@pytest.fixture
async def alice(demo: Demo) -> AsyncIterator[RestClient]:
    async with RestClient(demo.alice) as client:
        yield client


@pytest.fixture
async def carol(demo: Demo) -> AsyncIterator[RestClient]:
    async with RestClient(demo.carol) as client:
        yield client


async def rows(client: RestClient, query: str) -> list[int]:
    response = await client.request("GET", TICKET + query)
    assert response.status == 200, response.body
    return sorted(row["id"] for row in response.json["data"]["rows"])


def keys(tickets: Any, condition: Any = lambda ticket: True) -> list[int]:
    return sorted(ticket.pk for ticket in tickets if condition(ticket))


async def test_search(alice: RestClient, demo: Demo) -> None:
    response = await alice.request("GET", TICKET + "?page=2&limit=4")
    assert (response.status, response.reply.event) == (200, "helpdesk.Ticket.search")
    data = response.json["data"]
    assert (data["page"], data["limit"], data["count"], len(data["rows"])) == (2, 4, 10, 4)
    assert (await alice.request("GET", TICKET + "?count=false")).json["data"]["count"] is None


async def test_retrieve(alice: RestClient, demo: Demo) -> None:
    mine, other = demo.of(demo.network)[0].pk, demo.of(demo.billing)[0].pk
    response = await alice.request("GET", f"{TICKET}{mine}/")
    assert (response.status, response.reply.event, response.json["data"]["id"]) == (
        200,
        "helpdesk.Ticket.retrieve",
        mine,
    )
    for key in (other, 10**9):
        response = await alice.request("GET", f"{TICKET}{key}/")
        assert (response.status, response.reply.code) == (404, "not_found")
    assert (await alice.request("GET", f"{TICKET}x/")).status == 422


async def test_create(alice: RestClient, demo: Demo) -> None:
    response = await alice.request("POST", TICKET, {"title": "New", "team": demo.network.pk})
    assert (response.status, response.reply.event) == (200, "helpdesk.Ticket.create")
    created = await Ticket.objects.aget(title="New")
    assert response.json["data"] == {"success": True, "id": created.pk}
    response = await alice.request("POST", TICKET, {"title": ""})
    assert (response.status, response.json["data"]["success"]) == (200, False)
    assert (await alice.request("POST", TICKET, {"title": "x", "nonsense": 1})).status == 422


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
async def test_update(alice: RestClient, demo: Demo, method: str) -> None:
    ticket, other = demo.of(demo.network)[0], demo.of(demo.billing)[0]
    response = await alice.request(method, f"{TICKET}{ticket.pk}/", {"title": "Changed"})
    assert (response.status, response.reply.event) == (200, "helpdesk.Ticket.update")
    assert response.json["data"] == {"success": True, "id": ticket.pk}
    after = await Ticket.objects.aget(pk=ticket.pk)
    assert (after.title, after.body, after.priority) == ("Changed", ticket.body, ticket.priority)
    # The body may repeat the id, but not name another one.
    assert (await alice.request(method, f"{TICKET}{ticket.pk}/", {"id": ticket.pk, "title": "Again"})).reply.ok
    response = await alice.request(method, f"{TICKET}{ticket.pk}/", {"id": demo.of(demo.network)[1].pk, "title": "x"})
    assert (response.status, response.reply.code) == (422, "invalid_data")
    assert (await alice.request(method, f"{TICKET}{other.pk}/", {"title": "x"})).status == 404


async def test_delete(alice: RestClient, demo: Demo) -> None:
    ticket, other = demo.of(demo.network)[0], demo.of(demo.billing)[0]
    response = await alice.request("DELETE", f"{TICKET}{ticket.pk}/")
    assert (response.status, response.reply.event) == (200, "helpdesk.Ticket.delete")
    assert response.json["data"] == {"success": True, "id": ticket.pk}
    assert not await Ticket.objects.filter(pk=ticket.pk).aexists()
    for key in (ticket.pk, other.pk):
        assert (await alice.request("DELETE", f"{TICKET}{key}/")).status == 404


async def test_list_and_schema(alice: RestClient, demo: Demo) -> None:
    response = await alice.request("GET", TICKET + "list/?order=-id")
    assert response.reply.event == "helpdesk.Ticket.list"
    data = response.json["data"]
    assert data.keys() == {"count", "rows", "truncated"}
    assert [row["id"] for row in data["rows"]] == keys(demo.of(demo.network))[::-1]
    response = await alice.request("GET", TICKET + "schema/")
    assert (response.reply.event, response.json["data"]["stream"]) == ("helpdesk.Ticket.schema", "helpdesk.Ticket")


async def test_actions(alice: RestClient, demo: Demo) -> None:
    ticket = demo.of(demo.network)[0]
    await Ticket.objects.filter(team=demo.network).aupdate(status="open", assignee=None)
    response = await alice.request("POST", f"{TICKET}{ticket.pk}/close/", {"reason": "Fixed"})
    assert (response.status, response.reply.event) == (200, "helpdesk.Ticket.close")
    assert (response.json["data"]["id"], response.json["data"]["status"]) == (ticket.pk, "closed")
    assert await Comment.objects.filter(ticket=ticket, body="Fixed").aexists()
    response = await alice.request("POST", TICKET + "take/")
    assert (response.status, response.json["data"]["assignee"]["username"]) == (200, "alice")
    for method in ("GET", "POST"):
        response = await alice.request(method, TICKET + "stats/")
        assert (response.status, response.json["data"].keys()) == (200, {"open", "pending", "closed"})
    response = await alice.request("GET", "tests.Clock/add/?left=2&right=3")
    assert response.json == {"event": "tests.Clock.add", "data": {"sum": 5}}
    assert (await alice.request("GET", "tests.Clock/add/?left=two")).status == 422
    assert (await alice.request("POST", f"{TICKET}{ticket.pk}/open/", {})).reply.code == "unknown_verb"


@pytest.mark.parametrize(
    "method, path, allowed",
    [
        ("PUT", "", "GET, POST"),
        ("DELETE", "", "GET, POST"),
        ("PUT", TICKET, "GET, POST"),
        ("DELETE", TICKET, "GET, POST"),
        ("OPTIONS", TICKET, "GET, POST"),
        ("TRACE", TICKET, "GET, POST"),
        ("POST", TICKET + "1/", "GET, PATCH, PUT, DELETE"),
        ("POST", TICKET + "list/", "GET, PATCH, PUT, DELETE"),
        ("GET", TICKET + "take/", "POST"),
        ("DELETE", TICKET + "take/", "POST"),
        ("GET", TICKET + "1/close/", "POST"),
        ("PATCH", TICKET + "stats/", "GET, POST"),
    ],
)
async def test_methods_that_there_are_not(alice: RestClient, method: str, path: str, allowed: str) -> None:
    response = await alice.request(method, path, {})
    assert (response.status, response.reply.code) == (405, "unsupported")
    assert response.headers["Allow"] == allowed


async def test_streams_that_there_are_not(alice: RestClient) -> None:
    for path in ("helpdesk.Nothing/", "helpdesk.Nothing/1/", "helpdesk.ticket/", "x/y/z/"):
        response = await alice.request("GET", path)
        assert (response.status, response.reply.code) == (404, "unknown_stream")
    # No verb of a route is left over for a stream of actions only.
    assert (await alice.request("GET", "tests.Clock/")).reply.code == "unknown_verb"


async def test_filters_in_the_query(carol: RestClient, demo: Demo) -> None:
    tickets = demo.of(demo.network, demo.billing)
    network, billing = demo.network.pk, demo.billing.pk
    assert await rows(carol, "?limit=100") == keys(tickets)
    assert await rows(carol, "?status=open") == keys(tickets, lambda t: t.status == "open")
    assert await rows(carol, "?status=open&status=closed") == keys(tickets, lambda t: t.status != "pending")
    assert await rows(carol, f"?team={network}&team={billing}&limit=100") == keys(tickets)
    assert await rows(carol, f"?team__in={network}") == keys(demo.of(demo.network))
    assert await rows(carol, "?priority__gte=3&priority__lte=3") == keys(tickets, lambda t: t.priority == 3)
    assert await rows(carol, "?assignee__isnull=true") == keys(tickets, lambda t: t.assignee_id is None)
    assert await rows(carol, "?title__icontains=ticket+1&limit=100") == keys(tickets, lambda t: "Ticket 1" in t.title)
    assert await rows(carol, "?query=ticket+12") == keys(tickets, lambda t: t.title == "Ticket 12")
    label = demo.labels[1].pk
    labelled = [ticket.pk async for ticket in Ticket.objects.filter(pk__in=keys(tickets), labels=label)]
    assert labelled
    assert await rows(carol, f"?labels={label}") == sorted(labelled)


async def test_wrong_query_parameters(carol: RestClient) -> None:
    for query, code in {
        "?body=x": "invalid_filter",
        "?team__members__password__startswith=m": "invalid_filter",
        "?priority=high": "invalid_filter",
        "?filters=x": "invalid_filter",
        "?page=0": "invalid_data",
        "?page=two": "invalid_data",
        "?page=1&page=2": "invalid_data",
        "?limit=1000": "invalid_data",
        "?order=body": "invalid_data",
        "?after=nonsense": "invalid_data",
    }.items():
        response = await carol.request("GET", TICKET + query)
        assert (response.status, response.reply.code) == (422, code), query


async def test_orders_and_cursors_in_the_query(carol: RestClient, demo: Demo) -> None:
    tickets = sorted(demo.of(demo.network, demo.billing), key=lambda t: (-t.priority, t.pk))
    for query in ("?order=-priority,id&limit=100", "?order=-priority&order=id&limit=100"):
        response = await carol.request("GET", TICKET + query)
        assert [row["id"] for row in response.json["data"]["rows"]] == [ticket.pk for ticket in tickets]
    seen: list[int] = []
    after = ""
    while after is not None:
        data = (await carol.request("GET", f"{TICKET}?order=-priority,id&limit=7&after={after}")).json["data"]
        assert "count" not in data
        seen += [row["id"] for row in data["rows"]]
        after = data["next"]
    assert seen == [ticket.pk for ticket in tickets]


async def test_keys_that_are_no_numbers(alice: RestClient) -> None:
    await Country.objects.acreate(code="fr", name="France")
    await Seat.objects.acreate(row="/,", number=1)
    assert (await alice.request("GET", "app.Country/fr/")).json["data"] == {"id": "fr", "name": "France"}
    assert (await alice.request("PATCH", "app.Country/fr/", {"name": "Gaul"})).reply.ok
    seats = (await alice.request("GET", "app.Seat/")).json["data"]["rows"]
    # A composite key quotes what would divide it.
    assert [row["id"] for row in seats] == ["%2F%2C,1"]
    assert seats[0] == {"id": "%2F%2C,1", "row": "/,", "number": 1, "taken": False}


async def test_an_idempotency_key(alice: RestClient, demo: Demo) -> None:
    body = {"title": "Once", "team": demo.network.pk}
    first = await alice.request("POST", TICKET, body, idempotency_key="k1")
    again = await alice.request("POST", TICKET, body, idempotency_key="k1")
    assert (first.status, first.body) == (again.status, again.body)
    assert await Ticket.objects.filter(title="Once").acount() == 1
    response = await alice.request("POST", TICKET, {**body, "title": "Other"}, idempotency_key="k1")
    assert (response.status, response.reply.code) == (409, "conflict")
    assert (await alice.request("POST", TICKET, body, idempotency_key="k2")).json != first.json
    for key in ("", "x" * 101):
        assert (await alice.request("POST", TICKET, body, idempotency_key=key)).status == 422
    assert await Ticket.objects.filter(title="Once").acount() == 2


# The same under WSGI ----------------------------------------------------------------------------------------------------


def test_every_route_under_wsgi(demo: Demo) -> None:
    """Django's own test client: on the calling thread, with its connection and transaction."""
    client = Client(headers={"authorization": f"Bearer {make_token(demo.alice)}"})
    key = demo.of(demo.network)[0].pk

    def ask(method: str, path: str, body: Any = None) -> Any:
        response = client.generic(method, f"/api/{path}", b"" if body is None else body, "application/json")
        assert response.status_code == 200, response.content
        return response.json()

    assert ask("GET", TICKET + "?limit=3")["data"]["count"] == 10
    assert ask("GET", f"{TICKET}{key}/")["data"]["id"] == key
    assert ask("PATCH", f"{TICKET}{key}/", b'{"title": "Changed"}')["data"] == {"success": True, "id": key}
    assert ask("POST", TICKET, b'{"title": "New", "team": %d}' % demo.network.pk)["data"]["success"] is True
    assert ask("GET", TICKET + "list/")["data"]["count"] == 11
    assert ask("POST", TICKET + "take/")["event"] == "helpdesk.Ticket.take"
    assert ask("GET", "tests.Clock/add/?left=1")["data"] == {"sum": 2}
    assert ask("DELETE", f"{TICKET}{key}/")["data"] == {"success": True, "id": key}
    assert ask("POST", "", b'{"event": "helpdesk.Ticket.retrieve", "data": {"ids": [%d]}}' % key)["data"] == {
        "rows": [],
        "missing": [key],
    }
    assert Ticket.objects.get(title="New").team == demo.network
    assert Label.objects.count() == len(demo.labels)
