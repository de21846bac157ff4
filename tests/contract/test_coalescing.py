"""Reads that wait at the same moment run as one, and nobody gets another's rows. For the transports that are async."""

import asyncio
from collections import Counter

import pytest

from binding_schema.testing import Reply
from tests.resolve.local import busy_workers, counted

from .clients import Socket
from .expect import TICKET, answered, refused, ticket_row

RETRIEVE, LIST, SEARCH = (f"{TICKET}.{verb}" for verb in ("retrieve", "list", "search"))


@pytest.fixture(params=["ws", "rest", "routes"])
def transport(request):
    """Under WSGI each request has a thread of its own, and the sync consumer answers one at a time."""
    return request.param


async def together(*asked):
    """The replies to ``(client, event, data)``, all sent while no worker is free. Over HTTP the user is read on a worker
    first, so that not all of them wait for the same."""
    with busy_workers():
        if isinstance(asked[0][0], Socket):
            for number, (client, event, data) in enumerate(asked):
                await client.send_frame({"event": f"{event}#{number}", "data": data})
            replies = by_number(asked)
        else:
            replies = asyncio.gather(*(client.send(event, **data) for client, event, data in asked))
        replies = asyncio.ensure_future(replies)
        await asyncio.sleep(0.2)
    return await replies


async def by_number(asked):
    found = {}
    for client, _, _ in asked:
        reply = await client.reply()
        event, _, number = (reply.data["event"] if reply.event == "error" else reply.event).partition("#")
        found[int(number)] = Reply("error" if reply.event == "error" else event, reply.data)
    return [found[number] for number in range(len(asked))]


async def test_retrieves_of_one_user_are_one_query(client_for, desk):
    clients = [await client_for(desk.alice) for _ in range(5)]
    tickets = desk.of(desk.network)
    wanted = [(client, ticket) for client in clients for ticket in tickets]
    for client in clients:  # her user is read, over WebSocket, and the plan is made
        await client.send(RETRIEVE, id=tickets[0].pk)
    with counted("helpdesk_ticket") as seen:
        replies = await together(*((client, RETRIEVE, {"id": ticket.pk}) for client, ticket in wanted))
    for (_, ticket), reply in zip(wanted, replies, strict=True):
        assert answered(reply, RETRIEVE) == ticket_row(ticket)
    # Fifty requests. Over HTTP those that were recognised meanwhile have begun.
    assert len(seen) <= 10, len(seen)
    assert len(seen) == 1 or not isinstance(clients[0], Socket)


async def test_equal_lists_and_searches_are_one_query(client_for, desk):
    clients = [await client_for(desk.alice) for _ in range(20)]
    await asyncio.gather(*(client.send(LIST) for client in clients))
    for event, data in ((LIST, {}), (SEARCH, {"page": 2, "limit": 3}), (SEARCH, {"filters": {"status": "open"}})):
        with counted("helpdesk_ticket") as seen:
            replies = await together(*((client, event, data) for client in clients))
        assert len({str(answered(reply, event)) for reply in replies}) == 1
        # A page that is full has a count as well.
        assert len(seen) <= 20
        assert len(seen) <= 2 or not isinstance(clients[0], Socket)


async def test_the_rows_of_two_users_never_mix(client_for, desk):
    """The same ids, asked at the same moment by users who see different ones of them, and different fields."""
    people = [desk.alice, desk.bob, desk.carol, desk.dave, desk.admin]
    sees = {user.pk: set() for user in people}
    for ticket in desk.tickets:
        for user in people:
            teams = {desk.alice: "N", desk.bob: "B", desk.carol: "NB", desk.dave: "H", desk.admin: "NBH"}[user]
            if ticket.team.name[0] in teams:
                sees[user.pk].add(ticket.pk)
    clients = [(user, await client_for(user)) for user in people for _ in range(3)]
    asked = [(user, client, ticket) for ticket in desk.tickets[:12] for user, client in clients]
    for _ in range(2):
        replies = await together(*((client, RETRIEVE, {"id": ticket.pk}) for _, client, ticket in asked))
        for (user, _, ticket), reply in zip(asked, replies, strict=True):
            if ticket.pk in sees[user.pk]:
                assert answered(reply, RETRIEVE) == ticket_row(ticket, staff=user == desk.admin)
            else:
                refused(reply, "not_found", RETRIEVE)
    keys = [ticket.pk for ticket in desk.tickets]
    replies = await together(*((client, RETRIEVE, {"ids": keys}) for _, client in clients))
    lists = await together(*((client, LIST, {}) for _, client in clients))
    for (user, _), many, whole in zip(clients, replies, lists, strict=True):
        assert {row["id"] for row in answered(many, RETRIEVE)["rows"]} == sees[user.pk]
        assert set(many.data.get("missing", [])) == set(keys) - sees[user.pk]
        assert {row["id"] for row in answered(whole, LIST)["rows"]} == sees[user.pk]
        assert all(("cost" in row) is (user == desk.admin) for row in [*many.data["rows"], *whole.data["rows"]])


async def test_one_that_is_refused_does_not_stop_the_others(client_for, desk):
    client = await client_for(desk.alice)
    own, other = desk.of(desk.network)[0].pk, desk.of(desk.billing)[0].pk
    datas = [{"id": own}, {"id": other}, {"id": 0}, {"ids": [own, other]}, {"id": "x"}, {"id": own}]
    await client.send(RETRIEVE, id=own)
    replies = await together(*((client, RETRIEVE, data) for data in datas))
    assert [reply.code for reply in replies] == ["", "not_found", "not_found", "", "invalid_data", ""]
    assert Counter(reply.data["id"] for reply in replies if "id" in reply.data)[own] == 2
