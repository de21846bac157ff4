"""search with ``after``: pages by cursor, forwards and backwards."""

import pytest

from helpdesk.models import Ticket

from .expect import TICKET, answered, ids, newest_first, refused, ticket_row

SEARCH = f"{TICKET}.search"
ORDERS = [
    None,
    "due_on",
    "-due_on",
    ["-due_on", "-priority"],
    ["status", "-due_on", "id"],
    ["-priority", "title"],
    "-id",
]


async def page_of(client, after, **data):
    found = answered(await client.send(SEARCH, after=after, **data), SEARCH)
    assert found.keys() == {"limit", "rows", "next", "previous"}
    assert found["limit"] == data["limit"]
    return found


async def walk(client, **data):
    """All pages forwards, then all of them backwards from the last one."""
    forwards = [await page_of(client, None, **data)]
    assert forwards[0]["previous"] is None
    while forwards[-1]["next"] is not None:
        forwards.append(await page_of(client, forwards[-1]["next"], **data))
    backwards = [forwards[-1]]
    while backwards[-1]["previous"] is not None:
        backwards.append(await page_of(client, backwards[-1]["previous"], **data))
    return forwards, backwards[::-1]


@pytest.mark.parametrize("limit", [3, 5], ids=["rest", "exact"])
async def test_all_pages_are_the_list(client_for, desk, limit):
    client = await client_for(desk.alice)
    for order in ORDERS:
        named = {} if order is None else {"order": order}
        whole = answered(await client.send(f"{TICKET}.list", **named), f"{TICKET}.list")["rows"]
        assert len(whole) == 10
        forwards, backwards = await walk(client, limit=limit, **named)
        assert [row for page in forwards for row in page["rows"]] == whole
        assert [row for page in backwards for row in page["rows"]] == whole
        assert {len(page["rows"]) for page in (*forwards[:-1], *backwards[:-1])} == {limit}


async def test_nulls_come_last_in_both_directions(client_for, desk):
    client = await client_for(desk.alice)
    dated = [ticket for ticket in desk.of(desk.network) if ticket.due_on]
    undated = [ticket for ticket in desk.of(desk.network) if not ticket.due_on]
    assert len(undated) == 4
    assert len({ticket.due_on for ticket in dated}) < len(dated)
    up = sorted(dated, key=lambda ticket: (ticket.due_on, ticket.pk)) + undated
    # The key follows the direction of what it breaks the ties of.
    down = sorted(dated, key=lambda ticket: (ticket.due_on, ticket.pk), reverse=True) + undated[::-1]
    for order, expected in (("due_on", up), ("-due_on", down)):
        page = await page_of(client, None, order=order, limit=100)
        assert page["rows"] == [ticket_row(ticket) for ticket in expected]
        assert (page["next"], page["previous"]) == (None, None)


async def test_a_cursor_keeps_its_place_while_rows_come_and_go(client_for, desk):
    client = await client_for(desk.alice)
    expected = newest_first(desk.of(desk.network))
    first = await page_of(client, None, limit=4)
    assert ids(first["rows"]) == [ticket.pk for ticket in expected[:4]]
    await Ticket.objects.filter(pk=expected[3].pk).adelete()  # the very row that the cursor marks
    newer = await Ticket.objects.acreate(title="Newest of all", team=desk.network)
    second = await page_of(client, first["next"], limit=4)
    assert ids(second["rows"]) == [ticket.pk for ticket in expected[4:8]]
    back = await page_of(client, second["previous"], limit=4)
    assert ids(back["rows"]) == [newer.pk, *(ticket.pk for ticket in expected[:3])]


async def test_a_cursor_goes_with_filters(client_for, desk):
    client = await client_for(desk.alice)
    wanted = [ticket for ticket in desk.of(desk.network) if ticket.priority >= 2 and ticket.due_on]
    wanted.sort(key=lambda ticket: (ticket.due_on, ticket.pk))
    filters = {"priority__gte": 2, "due_on__isnull": False}
    forwards, backwards = await walk(client, limit=2, order="due_on", filters=filters)
    assert [row for page in forwards for row in page["rows"]] == [ticket_row(ticket) for ticket in wanted]
    assert backwards == forwards


async def test_a_cursor_shows_nobody_more_rows(client_for, desk):
    alice, bob = await client_for(desk.alice), await client_for(desk.bob)
    first = await page_of(alice, None, limit=2)
    page = await page_of(bob, first["next"], limit=100)
    theirs = {ticket.pk for ticket in desk.of(desk.billing)}
    assert page["rows"]
    assert set(ids(page["rows"])) <= theirs


async def test_a_cursor_of_something_else_is_refused(client_for, desk):
    client = await client_for(desk.alice)
    cursor = (await page_of(client, None, limit=2, order="due_on"))["next"]
    for after, order in (
        (cursor, "-due_on"),
        (cursor, "title"),
        (cursor[:-4], "due_on"),
        ("x" * 9, "due_on"),
        ("é", "id"),
    ):
        errors = refused(await client.send(SEARCH, after=after, order=order), "invalid_data", SEARCH)["errors"]
        assert errors["after"][0]["code"] == "invalid_cursor"
    assert (await client.send(SEARCH, after=cursor, order="due_on")).ok


async def test_an_empty_result_has_no_cursors(client_for, desk):
    client = await client_for(desk.alice)
    page = await page_of(client, None, limit=5, query="nothing has this")
    assert page == {"limit": 5, "rows": [], "next": None, "previous": None}
