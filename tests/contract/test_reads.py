"""retrieve, list, and search by page."""

import pytest

from helpdesk.models import Label

from .expect import COMMENT, TICKET, answered, comment_row, ids, keys, newest_first, refused, ticket_row


async def test_retrieve_is_the_object(client_for, desk):
    client = await client_for(desk.alice)
    for ticket in desk.of(desk.network)[:4]:
        reply = await client.send(f"{TICKET}.retrieve", id=ticket.pk)
        assert answered(reply, f"{TICKET}.retrieve") == ticket_row(ticket)


async def test_retrieve_for_staff_has_the_staff_fields(client_for, desk):
    client = await client_for(desk.admin)
    for ticket in desk.tickets[:6]:
        reply = await client.send(f"{TICKET}.retrieve", id=ticket.pk)
        assert answered(reply, f"{TICKET}.retrieve") == ticket_row(ticket, staff=True)


async def test_retrieve_many_in_the_order_asked(client_for, desk):
    client = await client_for(desk.alice)
    first, second, third = desk.of(desk.network)[:3]
    reply = await client.send(f"{TICKET}.retrieve", ids=keys([second, third, first]))
    assert answered(reply, f"{TICKET}.retrieve") == {"rows": [ticket_row(item) for item in (second, third, first)]}


async def test_retrieve_many_names_what_is_missing(client_for, desk):
    client = await client_for(desk.alice)
    mine, other, gone = desk.of(desk.network)[0], desk.of(desk.billing)[0], desk.tickets[-1].pk + 1000
    reply = await client.send(f"{TICKET}.retrieve", ids=[gone, mine.pk, other.pk])
    data = answered(reply, f"{TICKET}.retrieve")
    assert data == {"rows": [ticket_row(mine)], "missing": [gone, other.pk]}


async def test_retrieve_wants_one_kind_of_key(client_for, desk):
    client = await client_for(desk.alice)
    key = desk.tickets[0].pk
    wrong = ({}, {"id": key, "ids": [key]}, {"ids": [key] * 101}, {"ids": key}, {"id": "x"}, {"ids": [None]})
    for data in wrong:
        refused(await client.send(f"{TICKET}.retrieve", **data), "invalid_data", f"{TICKET}.retrieve")
    refused(await client.send(f"{TICKET}.retrieve", id=desk.tickets[-1].pk + 1000), "not_found", f"{TICKET}.retrieve")
    refused(await client.send(f"{TICKET}.retrieve", id=2**63 - 1), "not_found", f"{TICKET}.retrieve")


async def test_list_is_all_that_the_user_may_see(client_for, desk):
    client = await client_for(desk.carol)
    reply = await client.send(f"{TICKET}.list")
    expected = newest_first(desk.of(desk.network, desk.billing))
    assert answered(reply, f"{TICKET}.list") == {
        "count": 20,
        "rows": [ticket_row(ticket) for ticket in expected],
        "truncated": False,
    }


async def test_list_takes_filters_order_and_query(client_for, desk):
    client = await client_for(desk.alice)
    wanted = [ticket for ticket in desk.of(desk.network) if "2" in ticket.title and ticket.priority <= 3]
    wanted.sort(key=lambda ticket: (-ticket.priority, ticket.pk))
    assert len(wanted) == 3
    filters, order = {"priority__lte": 3}, ["-priority", "id"]
    reply = await client.send(f"{TICKET}.list", filters=filters, order=order, query="ticket 2")
    assert answered(reply, f"{TICKET}.list") == {
        "count": 3,
        "rows": [ticket_row(ticket) for ticket in wanted],
        "truncated": False,
    }


async def test_list_is_cut_at_its_limit_and_says_so(client_for, desk):
    client = await client_for(desk.alice)
    exactly = [Label(name=f"label {number:04}") for number in range(1000 - len(desk.labels))]
    await Label.objects.abulk_create(exactly)
    data = answered(await client.send("helpdesk.Label.list"), "helpdesk.Label.list")
    assert (data["count"], len(data["rows"]), data["truncated"]) == (1000, 1000, False)
    await Label.objects.acreate(name="zz")
    data = answered(await client.send("helpdesk.Label.list"), "helpdesk.Label.list")
    assert (data["count"], len(data["rows"]), data["truncated"]) == (1001, 1000, True)
    assert "zz" not in {row["name"] for row in data["rows"]}


async def test_list_of_nothing(client_for, desk):
    client = await client_for(desk.alice)
    reply = await client.send(f"{TICKET}.list", query="nothing has this")
    assert answered(reply, f"{TICKET}.list") == {"count": 0, "rows": [], "truncated": False}


async def test_search_by_page(client_for, desk):
    client = await client_for(desk.alice)
    expected = newest_first(desk.of(desk.network))
    for page, start in ((1, 0), (2, 4), (3, 8), (4, 12)):
        reply = await client.send(f"{TICKET}.search", page=page, limit=4)
        rows = [ticket_row(ticket) for ticket in expected[start : start + 4]]
        assert answered(reply, f"{TICKET}.search") == {"page": page, "limit": 4, "count": 10, "rows": rows}


async def test_search_has_defaults(client_for, desk):
    client = await client_for(desk.admin)
    data = answered(await client.send(f"{TICKET}.search"), f"{TICKET}.search")
    assert data == {
        "page": 1,
        "limit": 25,
        "count": 30,
        "rows": [ticket_row(ticket, staff=True) for ticket in newest_first(desk.tickets)[:25]],
    }


async def test_search_without_counting(client_for, desk):
    client = await client_for(desk.alice)
    reply = await client.send(f"{TICKET}.search", page=2, limit=3, count=False)
    rows = [ticket_row(ticket) for ticket in newest_first(desk.of(desk.network))[3:6]]
    assert answered(reply, f"{TICKET}.search") == {"page": 2, "limit": 3, "count": None, "rows": rows}


@pytest.mark.parametrize("order", ["-priority", "status", "due_on", "-created_at"])
async def test_pages_are_stable_over_ties(client_for, desk, order):
    client = await client_for(desk.carol)
    whole = ids(answered(await client.send(f"{TICKET}.list", order=order), f"{TICKET}.list")["rows"])
    pages = []
    for page in range(1, 8):
        reply = await client.send(f"{TICKET}.search", page=page, limit=3, order=order)
        pages += ids(answered(reply, f"{TICKET}.search")["rows"])
    assert pages == whole
    assert len(set(whole)) == 20


async def test_search_refuses_wrong_pages(client_for, desk):
    client = await client_for(desk.alice)
    wrong = ({"page": 0}, {"page": -1}, {"limit": 0}, {"limit": 101}, {"page": 10**9}, {"page": "two"}, {"pages": 2})
    for data in wrong[:-1]:
        refused(await client.send(f"{TICKET}.search", **data), "invalid_data", f"{TICKET}.search")
    # Over a route a name that is no key of the verb is a filter, and refused as such.
    reply = await client.send(f"{TICKET}.search", **wrong[-1])
    assert reply.code in ("invalid_data", "invalid_filter"), reply


async def test_nested_authors_and_bare_keys_of_comments(client_for, desk):
    client = await client_for(desk.alice)
    mine = [item for item in desk.comments if item.ticket.team_id == desk.network.pk and not item.internal]
    reply = await client.send(f"{COMMENT}.list", order="id")
    rows = [comment_row(comment) for comment in mine]
    assert answered(reply, f"{COMMENT}.list") == {"count": 10, "rows": rows, "truncated": False}
