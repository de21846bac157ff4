"""Actions: on the stream and on an object, reading and writing, sync and async, with typed parameters and results."""

from django.contrib.auth.models import User
from django.utils.dateparse import parse_datetime

from helpdesk.models import Comment, Ticket
from tests.app.models import Article

from .expect import TICKET, answered, codes, failed, refused, ticket_row

CLOSE, TAKE, STATS = f"{TICKET}.close", f"{TICKET}.take", f"{TICKET}.stats"
ADD, NOW = "tests.Clock.add", "tests.Clock.now"


async def test_on_an_object(client_for, desk):
    client = await client_for(desk.alice)
    ticket = next(item for item in desk.of(desk.network) if item.status == "open")
    data = answered(await client.send(CLOSE, id=ticket.pk, reason="  Fixed "), CLOSE)
    after = await Ticket.objects.select_related("team", "assignee").prefetch_related("labels").aget(pk=ticket.pk)
    after.age = ticket.age
    # The result is the object as its user may read it.
    assert data == ticket_row(after)
    assert after.status == "closed"
    comment = await Comment.objects.aget(ticket=ticket, body="Fixed")
    assert (comment.author_id, comment.internal) == (desk.alice.pk, False)


async def test_its_result_has_the_fields_of_its_user(client_for, desk):
    client = await client_for(desk.admin)
    ticket = next(item for item in desk.of(desk.billing) if item.status == "open" and item.cost)
    assert answered(await client.send(CLOSE, id=ticket.pk, reason="x"), CLOSE)["cost"] == f"{ticket.cost:.2f}"


async def test_a_rule_of_the_model_is_a_failed_write(client_for, desk):
    client = await client_for(desk.alice)
    ticket = next(item for item in desk.of(desk.network) if item.status == "closed")
    assert failed(await client.send(CLOSE, id=ticket.pk, reason="Again"), CLOSE) == {"status": ["closed"]}
    assert not await Comment.objects.filter(body="Again").aexists()


async def test_on_the_stream(client_for, desk):
    client = await client_for(desk.carol)
    await Ticket.objects.all().aupdate(status="closed")
    keys = [ticket.pk for ticket in desk.of(desk.network)[:2]] + [
        desk.of(desk.billing)[0].pk,
        desk.of(desk.hardware)[0].pk,
    ]
    for priority, key in zip((2, 3, 3, 4), keys, strict=True):
        await Ticket.objects.filter(pk=key).aupdate(status="open", assignee=None, priority=priority)
    # The most urgent one is not of her teams; of two alike, the older one.
    taken = [answered(await client.send(TAKE), TAKE) for _ in range(1)]
    taken.append(answered(await client.send(TAKE, team=desk.network.pk), TAKE))
    assert {row["assignee"]["username"] for row in taken} == {"carol"}
    assert taken[0]["priority"] == 3
    assert taken[1]["team"]["name"] == "Network"
    assert answered(await client.send(TAKE), TAKE)["assignee"]["id"] == desk.carol.pk
    message = refused(await client.send(TAKE), "not_found", TAKE)["message"]
    assert message == "No open ticket is waiting for someone to take it."


async def test_reading(client_for, desk):
    for user, teams in ((desk.alice, [desk.network]), (desk.carol, [desk.network, desk.billing])):
        client = await client_for(user)
        expected = dict.fromkeys(Ticket.Status.values, 0)
        for ticket in desk.of(*teams):
            expected[ticket.status] += 1
        assert answered(await client.send(STATS), STATS) == expected


async def test_async_and_without_a_model(client_for, desk):
    client = await client_for(desk.alice)
    assert answered(await client.send(ADD, left=2, right=3), ADD) == {"sum": 5}
    assert answered(await client.send(ADD, left=2), ADD) == {"sum": 3}
    now = answered(await client.send(NOW), NOW)
    assert now.keys() == {"result"}
    assert parse_datetime(now["result"]).tzinfo is not None


WRONG_PARAMETERS = [
    (ADD, {}, {"left": ["required"]}),
    (ADD, {"left": "two"}, {"left": ["invalid"]}),
    (ADD, {"left": 1.5}, {"left": ["invalid"]}),
    (ADD, {"left": None}, {"left": ["invalid"]}),
    (ADD, {"left": 1, "more": 2}, {"more": ["unknown"]}),
    (ADD, {"left": 1, "ctx": 2}, {"ctx": ["unknown"]}),
    (ADD, {"left": 1, "self": 2}, {"self": ["unknown"]}),
    (NOW, {"id": 1}, {"id": ["unknown"]}),
    (TAKE, {"team": 0}, {"team": ["invalid"]}),
    (TAKE, {"team": 2**63}, {"team": ["invalid"]}),
    (CLOSE, {}, {"id": ["required"], "reason": ["required"]}),
    (CLOSE, {"id": 1}, {"reason": ["required"]}),
    (CLOSE, {"id": 1, "reason": "   "}, {"reason": ["min_length"]}),
    (CLOSE, {"id": 1, "reason": "x" * 1001}, {"reason": ["max_length"]}),
    (CLOSE, {"id": "x", "reason": "x"}, {"id": ["invalid"]}),
    (CLOSE, {"id": [1], "reason": "x"}, {"id": ["invalid"]}),
]


async def test_wrong_parameters(client_for, desk):
    client = await client_for(desk.alice)
    for event, data, expected in WRONG_PARAMETERS:
        assert codes(refused(await client.send(event, **data), "invalid_data", event)["errors"]) == expected


async def test_permissions(client_for, desk):
    await User.objects.filter(pk=desk.alice.pk).aupdate(is_staff=False)
    client = await client_for(desk.alice)
    # `audit` is for staff, though the stream is open to whoever is logged in; `mine` is for nobody at all.
    event = "app.Article.audit"
    article = await Article.objects.acreate(title="One")
    refused(await client.send(event, id=article.pk), "forbidden", event)
    refused(await client.send(event, id=10**6), "forbidden", event)
    admin = await client_for(desk.admin)
    assert answered(await admin.send(event, id=article.pk), event) == {"revision": 1}


async def test_a_write_in_an_action_that_fails_is_taken_back(client_for, desk):
    client = await client_for(desk.alice)
    article = await Article.objects.acreate(title="One")
    event = "app.Article.explode"
    reply = await client.send(event, id=article.pk)
    assert (reply.code, reply.status) in {("conflict", 0), ("conflict", 409)}
    assert (await Article.objects.aget(pk=article.pk)).title == "One"


async def test_an_object_action_writes(client_for, desk):
    client = await client_for(desk.alice)
    article = await Article.objects.acreate(title="One")
    row = answered(await client.send("app.Article.lock", id=article.pk), "app.Article.lock")
    assert (row["id"], row["locked"], row["revision"]) == (article.pk, True, 2)
    assert failed(await client.send("app.Article.delete", id=article.pk), "app.Article.delete") == {
        "__all__": ["locked"]
    }
    assert await Article.objects.filter(pk=article.pk).aexists()
