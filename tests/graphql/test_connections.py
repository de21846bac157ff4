"""Connections by Relay's specification (GraphQL Cursor Connections): from either end, and back."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.models import Ticket

from .own import ask, codes, run

QUERY = """query($first: Int, $after: String, $last: Int, $before: String, $filters: TicketFilters, $order: [TicketOrder!]) {
  ticketsConnection(first: $first, after: $after, last: $last, before: $before, filters: $filters, order: $order) {
    totalCount edges { cursor node { id title } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""
INFO = ("hasNextPage", "hasPreviousPage")


async def page(user: Any, **variables: Any) -> Any:
    return (await run(user, QUERY, **{"order": ["ID"], **variables}))["ticketsConnection"]


def keys(found: Any) -> list[int]:
    return [int(edge["node"]["id"]) for edge in found["edges"]]


def cursors(found: Any) -> list[str]:
    return [edge["cursor"] for edge in found["edges"]]


@pytest.fixture
def own(demo: Any) -> list[int]:
    return [ticket.pk for ticket in demo.of(demo.network)]


async def test_forwards(demo: Any, own: list[int]) -> None:
    found, seen, after = None, [], None
    while found is None or found["pageInfo"]["hasNextPage"]:
        found = await page(demo.alice, first=4, after=after)
        assert found["pageInfo"]["hasPreviousPage"] is (after is not None)
        assert (found["pageInfo"]["startCursor"], found["pageInfo"]["endCursor"]) == (
            cursors(found)[0],
            cursors(found)[-1],
        )
        assert found["totalCount"] == 10
        seen.append(keys(found))
        after = found["pageInfo"]["endCursor"]
    assert seen == [own[:4], own[4:8], own[8:]]


async def test_backwards(demo: Any, own: list[int]) -> None:
    """From the end, each page in the same order as forwards."""
    found, seen, before = None, [], None
    while found is None or found["pageInfo"]["hasPreviousPage"]:
        found = await page(demo.alice, last=4, before=before)
        assert found["pageInfo"]["hasNextPage"] is (before is not None)
        seen.append(keys(found))
        before = found["pageInfo"]["startCursor"]
    assert seen == [own[6:], own[2:6], own[:2]]


async def test_between_two_cursors(demo: Any, own: list[int]) -> None:
    marks = cursors(await page(demo.alice, first=10))
    assert keys(await page(demo.alice, after=marks[1], before=marks[7])) == own[2:7]
    assert keys(await page(demo.alice, first=2, after=marks[1], before=marks[7])) == own[2:4]
    assert keys(await page(demo.alice, last=2, after=marks[1], before=marks[7])) == own[5:7]
    assert keys(await page(demo.alice, after=marks[7], before=marks[1])) == []
    # Any row's cursor will do, under any order that it is of.
    marks = cursors(await page(demo.alice, first=10, order=["PRIORITY_DESC", "ID"]))
    by_priority = keys(await page(demo.alice, first=10, order=["PRIORITY_DESC", "ID"]))
    assert keys(await page(demo.alice, first=3, after=marks[4], order=["PRIORITY_DESC", "ID"])) == by_priority[5:8]


async def test_nothing(demo: Any) -> None:
    for arguments in ({"filters": {"titleIcontains": "nothing has this"}}, {"first": 0}):
        found = await page(demo.alice, **arguments)
        info = found["pageInfo"]
        assert found["edges"] == []
        assert (info["startCursor"], info["endCursor"], info["hasPreviousPage"]) == (None, None, False)
    assert found["totalCount"] == 10
    assert found["pageInfo"]["hasNextPage"] is True


async def test_a_page_by_default(demo: Any) -> None:
    found = await page(demo.admin)
    assert (len(found["edges"]), found["totalCount"]) == (25, 30)
    assert tuple(found["pageInfo"][name] for name in INFO) == (True, False)


async def test_rows_that_come_and_go_in_between(demo: Any, own: list[int]) -> None:
    found = await page(demo.alice, first=3)
    await Ticket.objects.filter(pk=own[2]).adelete()  # the very row that the cursor marks
    new = await Ticket.objects.acreate(title="New", team=demo.network)
    rest = await page(demo.alice, first=100, after=found["pageInfo"]["endCursor"])
    assert keys(rest) == [*own[3:], new.pk]
    assert rest["totalCount"] == 10


async def test_it_shows_nobody_more(demo: Any, own: list[int]) -> None:
    mark = (await page(demo.alice, first=1))["pageInfo"]["endCursor"]
    theirs = {ticket.pk for ticket in demo.of(demo.billing)}
    assert set(keys(await page(demo.bob, first=100, after=mark))) <= theirs


@pytest.mark.parametrize(
    "arguments, field",
    [
        ({"first": -1}, "first"),
        ({"last": -1}, "last"),
        ({"first": 101}, "first"),
        ({"first": 1, "last": 1}, "last"),
        ({"after": "x"}, "after"),
        ({"before": "x"}, "before"),
        ({"after": ""}, None),
    ],
)
async def test_wrong_arguments(demo: Any, arguments: dict[str, Any], field: str | None) -> None:
    found = await ask(demo.alice, QUERY, **arguments)
    if field is None:
        assert not found.errors
        return
    assert codes(found) == ["invalid_data"]
    assert found.errors is not None
    assert list(found.errors[0].extensions["errors"]) == [field]  # type: ignore[index]


async def test_a_cursor_of_another_order(demo: Any) -> None:
    mark = (await page(demo.alice, first=1, order=["TITLE"]))["pageInfo"]["endCursor"]
    assert codes(await ask(demo.alice, QUERY, after=mark, order=["DUE_ON"])) == ["invalid_data"]
