"""``meta.idempotency_key``: a write that is sent again takes effect once."""

import asyncio

from helpdesk.models import Ticket

from .expect import TICKET, answered, failed, refused

CREATE, SAVE, DELETE, CLOSE = (f"{TICKET}.{verb}" for verb in ("create", "save", "delete", "close"))


async def ask(client, key, event, **data):
    (reply,) = await client.exchange(
        {"event": event, "data": data, "meta": {"idempotency_key": key, "subscribe": False}}
    )
    return reply


async def test_the_same_again_gets_the_same_answer(client_for, desk):
    client = await client_for(desk.alice)
    tickets = desk.of(desk.network)
    gone, closed = tickets[0].pk, next(item.pk for item in tickets[1:] if item.status == "open")
    for number, (event, data) in enumerate(
        (
            (CREATE, {"title": "Once", "team": desk.network.pk}),
            (SAVE, {"rows": [{"title": "Once", "team": desk.network.pk}]}),
            (DELETE, {"id": gone}),
            (CLOSE, {"id": closed, "reason": "Done"}),
        )
    ):
        first = answered(await ask(client, f"key-{number}", event, **data), event)
        again = answered(await ask(client, f"key-{number}", event, **data), event)
        assert again == first
        # Without the key, the third time is a time of its own.
        assert (await ask(client, f"other-{number}", event, **data)).data != first
    assert await Ticket.objects.filter(title="Once").acount() == 4


async def test_another_request_under_the_same_key(client_for, desk):
    client = await client_for(desk.alice)
    answered(await ask(client, "k", CREATE, title="Once", team=desk.network.pk), CREATE)
    for event, data in (
        (CREATE, {"title": "Twice", "team": desk.network.pk}),
        (SAVE, {"title": "Once", "team": desk.network.pk}),
        (DELETE, {"id": desk.of(desk.network)[0].pk}),
    ):
        refused(await ask(client, "k", event, **data), "conflict", event)
    assert await Ticket.objects.acount() == len(desk.tickets) + 1


async def test_each_user_has_keys_of_her_own(client_for, desk):
    data = {"title": "Once", "team": desk.network.pk}
    keys = [
        answered(await ask(await client_for(user), "k", CREATE, **data), CREATE)["id"]
        for user in (desk.alice, desk.carol)
    ]
    assert len(set(keys)) == 2


async def test_what_failed_may_be_tried_again(client_for, desk):
    client = await client_for(desk.alice)
    assert failed(await ask(client, "k", CREATE, title="", team=desk.network.pk), CREATE) == {"title": ["blank"]}
    refused(await ask(client, "k", DELETE, id=desk.of(desk.billing)[0].pk), "not_found", DELETE)
    assert answered(await ask(client, "k", CREATE, title="x", team=desk.network.pk), CREATE)["success"] is True


async def test_many_at_the_same_moment(client_for, desk):
    clients = [await client_for(desk.alice) for _ in range(5)]
    data = {"title": "Once", "team": desk.network.pk}
    replies = await asyncio.gather(*(ask(client, "k", CREATE, **data) for client in clients))
    assert len({answered(reply, CREATE)["id"] for reply in replies}) == 1
    assert await Ticket.objects.filter(title="Once").acount() == 1


async def test_wrong_keys(client_for, desk):
    client = await client_for(desk.alice)
    for key in ("", "x" * 101, 5, True, ["k"], {"k": 1}, "a\x00b"):
        refused(await ask(client, key, CREATE, title="x", team=desk.network.pk), "invalid_data", CREATE)
    assert await Ticket.objects.acount() == len(desk.tickets)
    assert answered(await ask(client, None, CREATE, title="x", team=desk.network.pk), CREATE)["success"] is True


async def test_a_read_has_no_use_for_it(client_for, desk):
    client = await client_for(desk.alice)
    for title in ("One", "Two"):
        await Ticket.objects.filter(pk=desk.of(desk.network)[0].pk).aupdate(title=title)
        event = f"{TICKET}.retrieve"
        assert answered(await ask(client, "k", event, id=desk.of(desk.network)[0].pk), event)["title"] == title
