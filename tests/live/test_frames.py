"""docs/protocol.md, section 4: who is told what of a change, and as what."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from binding_schema import live
from binding_schema.live.log import Entry, write
from helpdesk.models import Comment, Ticket
from tests.conftest import Demo

from .talk import TICKET, ask, brief, done, told, ws
from .world import abandon

pytestmark = pytest.mark.django_db(transaction=True)


def change(item: Any, **values: Any) -> Any:
    """Give a row other values, by ``save``."""

    def work() -> None:
        current = type(item).objects.get(pk=item.pk)
        for name, value in values.items():
            setattr(current, name, value)
        current.save()

    return done(work)


async def test_a_move_between_teams(demo: Demo) -> None:
    ticket = demo.of(demo.network)[0]
    async with ws(demo.alice) as alice, ws(demo.bob) as bob, ws(demo.carol) as carol, ws(demo.dave) as dave:
        everyone = (alice, bob, carol, dave)
        for client in everyone:
            await ask(client, f"{TICKET}.subscribe#l", snapshot=True)
        await change(ticket, team=demo.billing)
        frames = [await client.settled() for client in everyone]
    assert [brief(found) for found in frames] == [
        [("Ticket.delete#l", ticket.pk, "leave")],
        [("Ticket.retrieve#l", ticket.pk, "enter")],
        [("Ticket.retrieve#l", ticket.pk, "update")],
        [],
    ]
    assert frames[0][0].data == {"id": ticket.pk}
    assert frames[1][0].data["team"] == {"id": demo.billing.pk, "name": "Billing"}
    assert all(frame.meta["seq"] for found in frames for frame in found)
    assert not any("ref" in frame.meta for found in frames for frame in found)


async def test_causes_in_a_list(demo: Demo) -> None:
    ticket = demo.of(demo.network)[0]
    await done(lambda: Ticket.objects.filter(team=demo.network).update(status="open"))
    async with ws(demo.alice) as alice:
        await ask(alice, f"{TICKET}.subscribe#l", snapshot=True, filters={"status": "open"})
        made = await done(lambda: Ticket.objects.create(title="new", team=demo.network))
        assert await told(alice) == [("Ticket.retrieve#l", made.pk, "create")]
        await change(made, title="other")
        assert await told(alice) == [("Ticket.retrieve#l", made.pk, "update")]
        await change(made, status="closed")
        assert await told(alice) == [("Ticket.delete#l", made.pk, "leave")]
        await change(made, title="unseen")
        assert await told(alice) == []
        await change(made, status="open")
        assert await told(alice) == [("Ticket.retrieve#l", made.pk, "enter")]
        key = made.pk
        await done(made.delete)
        assert await told(alice) == [("Ticket.delete#l", key, "delete")]
        await done(lambda: abandon(Ticket.objects.filter(pk=ticket.pk).delete))
        assert await told(alice) == []


async def test_causes_of_an_object(demo: Demo) -> None:
    ticket = demo.of(demo.network)[0]
    async with ws(demo.alice) as alice:
        reply = await ask(alice, f"{TICKET}.subscribe#o", id=ticket.pk)
        assert (reply.data, set(reply.meta)) == ({"success": True}, {"seq"})
        await change(ticket, title="other")
        assert await told(alice) == [("Ticket.retrieve#o", ticket.pk, "update")]
        await change(ticket, team=demo.billing)
        assert await told(alice) == [("Ticket.delete#o", ticket.pk, "leave")]
        await change(ticket, team=demo.network)
        assert await told(alice) == [], "what was lost is over"
        await ask(alice, f"{TICKET}.subscribe#o", id=ticket.pk, snapshot=True)
        key = ticket.pk
        await done(ticket.delete)
        assert await told(alice) == [("Ticket.delete#o", key, "delete")]


async def test_a_delete_is_for_those_who_held_it(demo: Demo) -> None:
    mine, others = demo.of(demo.network)[0], demo.of(demo.billing)[0]
    keys = [mine.pk, others.pk]
    async with ws(demo.alice) as alice, ws(demo.carol) as carol:
        await ask(alice, f"{TICKET}.subscribe#l")
        await ask(carol, f"{TICKET}.subscribe#l", snapshot=True)
        await done(Ticket.objects.filter(pk__in=keys).delete)
        assert await told(alice) == [], "nothing was sent to her yet"
        assert sorted(await told(carol)) == sorted(("Ticket.delete#l", key, "delete") for key in keys)


async def test_one_frame_for_many_changes_of_one_transaction(demo: Demo) -> None:
    def work() -> None:
        with transaction.atomic():
            ticket = Ticket.objects.create(title="one", team=demo.network)
            ticket.title = "two"
            ticket.save()
            ticket.labels.set(demo.labels)

    async with ws(demo.alice) as alice:
        await ask(alice, f"{TICKET}.subscribe#l", snapshot=True)
        await done(work)
        (frame,) = await alice.settled()
        assert (frame.meta["cause"], frame.data["title"], len(frame.data["labels"])) == ("create", "two", 3)


async def test_what_is_rolled_back_is_never_told(demo: Demo) -> None:
    one, two = demo.of(demo.network)[:2]

    def work() -> None:
        with transaction.atomic():
            one.title = "kept"
            one.save()
            abandon(lambda: Ticket.objects.create(title="lost", team=demo.network), outer=True)
            abandon(Ticket.objects.filter(pk=two.pk).delete, outer=True)

    async with ws(demo.alice) as alice:
        await ask(alice, f"{TICKET}.subscribe#l", snapshot=True)
        await done(lambda: abandon(Ticket.objects.filter(pk=one.pk).delete))
        assert await told(alice) == []
        await done(work)
        assert await told(alice) == [("Ticket.retrieve#l", one.pk, "update")]
        assert (await ask(alice, f"{TICKET}.retrieve#o", id=two.pk)).data["title"] == two.title


@pytest.mark.parametrize("kind", ["team", "label", "assignee"])
async def test_what_a_ticket_shows(demo: Demo, kind: str) -> None:
    item: Any = {"team": demo.network, "label": demo.labels[0], "assignee": demo.alice}[kind]
    name = "username" if kind == "assignee" else "name"
    rows = Ticket.objects.filter(**{"labels" if kind == "label" else kind: item, "team__members": demo.alice})
    keys = await done(lambda: set(rows.values_list("pk", flat=True)))
    assert keys
    async with ws(demo.alice) as alice:
        await ask(alice, f"{TICKET}.subscribe#l", snapshot=True)
        await change(item, **{name: "renamed"})
        frames = await alice.settled()
        # A user's own row may change her rights: then all that she holds is told again.
        assert {frame.data["id"] for frame in frames} >= keys
        assert all("renamed" in str(frame.data) for frame in frames if frame.data["id"] in keys)
        if kind != "assignee":
            assert len(frames) == len(keys)


async def test_members_come_and_go(demo: Demo) -> None:
    network = {ticket.pk for ticket in demo.of(demo.network)}
    async with ws(demo.alice) as alice, ws(demo.carol) as carol, ws(demo.dave) as dave:
        for client in (alice, carol, dave):
            await ask(client, f"{TICKET}.subscribe#l", snapshot=True)
        await ask(dave, "helpdesk.Team.subscribe#t", snapshot=True)
        await done(lambda: demo.network.members.remove(demo.alice))
        assert {item[1:] for item in await told(alice)} == {(key, "leave") for key in network}
        await done(lambda: demo.dave.teams.add(demo.network))
        frames = brief(await dave.settled())
        assert {key for event, key, cause in frames if cause == "enter" and "Ticket" in event} == network
        assert ("Team.retrieve#t", demo.network.pk, "enter") in frames
        assert await told(carol) == [], "nothing changed for her"
        await done(lambda: demo.network.members.clear())
        assert {key for event, key, cause in await told(dave) if cause == "leave" and "Ticket" in event} == network
        assert {key for _, key, cause in await told(carol) if cause == "leave"} == network


async def test_fields_by_right(demo: Demo) -> None:
    ticket = demo.of(demo.network)[0]
    await done(lambda: User.objects.filter(pk=demo.carol.pk).update(is_staff=True))
    async with ws(demo.alice) as alice, ws(demo.carol) as carol, ws(demo.admin) as admin:
        for client in (alice, carol, admin):
            await ask(client, f"{TICKET}.subscribe#l", snapshot=True)
            await ask(client, "auth.User.subscribe#u", snapshot=True)
        await change(ticket, cost=Decimal("7.50"))
        assert ["cost" in frame.data for frame in await alice.settled()] == [False]
        for client in (carol, admin):
            assert [frame.data["cost"] for frame in await client.settled()] == ["7.50"]
        await change(demo.bob, email="new@example.org")
        assert not any("email" in frame.data for frame in await alice.settled())
        users = [frame for frame in await admin.settled() if frame.event.startswith("auth.User")]
        assert [frame.data["email"] for frame in users] == ["new@example.org"]
        await change(demo.alice, email="mine@example.org")
        frames = [frame for frame in await alice.settled() if frame.event == "auth.User.retrieve#u"]
        own = {frame.data["id"]: frame.data.get("email") for frame in frames}
        assert own[demo.alice.pk] == "mine@example.org"
        assert {key for key, email in own.items() if email} == {demo.alice.pk}


async def test_a_right_to_a_field_that_comes_and_goes(demo: Demo) -> None:
    async with ws(demo.alice) as alice:
        await ask(alice, f"{TICKET}.subscribe#l", snapshot=True)
        for is_staff in (True, False):
            await change(demo.alice, is_staff=is_staff)
            frames = await alice.settled()
            assert len({frame.data["id"] for frame in frames}) == 10
            assert all(("cost" in frame.data) is is_staff for frame in frames)


async def test_internal_comments(demo: Demo) -> None:
    ticket = demo.of(demo.network)[0]
    comment = await done(lambda: Comment.objects.filter(ticket=ticket, internal=True).get())
    async with ws(demo.alice) as alice, ws(demo.admin) as admin:
        for client in (alice, admin):
            await ask(client, "helpdesk.Comment.subscribe#c", snapshot=True, filters={"ticket": ticket.pk})
        await change(comment, body="secret")
        assert await told(alice) == []
        assert await told(admin) == [("Comment.retrieve#c", comment.pk, "update")]
        await change(comment, internal=False)
        assert await told(alice) == [("Comment.retrieve#c", comment.pk, "enter")]
        await change(comment, internal=True)
        assert await told(alice) == [("Comment.delete#c", comment.pk, "leave")]


async def test_a_row_that_a_writer_moves_out_of_her_own_sight(demo: Demo) -> None:
    ticket, other = demo.of(demo.network)[:2]
    async with ws(demo.carol) as carol:
        await done(lambda: demo.billing.members.remove(demo.carol))
        assert await told(carol) == []
        assert (await ask(carol, f"{TICKET}.update#w", id=ticket.pk, title="mine")).ok
        assert await told(carol) == [("Ticket.retrieve#w", ticket.pk, "update")]
        await done(lambda: Ticket.objects.filter(pk=ticket.pk).update(team=demo.billing))
        await done(lambda: live.changed(ticket))
        assert await told(carol) == [("Ticket.delete#w", ticket.pk, "leave")]
        assert (await ask(carol, f"{TICKET}.retrieve#w", id=ticket.pk)).code == "not_found"
        assert (await ask(carol, f"{TICKET}.retrieve#w", id=other.pk)).ok


# Who did it -------------------------------------------------------------------------------------------------------------


async def test_ref_is_for_the_sender_alone(demo: Demo) -> None:
    ticket = demo.of(demo.network)[1]
    await change(ticket, status="open")
    async with ws(demo.alice) as alice, ws(demo.alice) as other, ws(demo.carol) as carol:
        for client in (alice, other, carol):
            await ask(client, f"{TICKET}.subscribe#l", snapshot=True)
        # ``ask`` sees to it that the answer comes before what it caused.
        for verb, data, cause in (
            ("create", {"title": "a", "team": demo.network.pk}, "create"),
            ("update", {"id": ticket.pk, "title": "b"}, "update"),
            ("save", {"rows": [{"id": ticket.pk, "title": "c"}]}, "update"),
            ("close", {"id": ticket.pk, "reason": "done"}, "update"),
            ("delete", {"id": ticket.pk}, "delete"),
        ):
            event = f"{TICKET}.{verb}#w"
            assert (await ask(alice, event, **data)).ok
            frames = await alice.settled()
            assert {frame.meta["ref"] for frame in frames} == {event}
            assert {frame.meta["cause"] for frame in frames} == {cause}, (verb, frames)
            for client in (other, carol):
                (frame,) = await client.settled()
                assert (frame.meta.get("ref"), frame.meta["cause"]) == (None, cause)


async def test_a_failed_write_is_not_told(demo: Demo) -> None:
    ticket = demo.of(demo.network)[0]
    async with ws(demo.alice) as alice, ws(demo.carol) as carol:
        await ask(carol, f"{TICKET}.subscribe#l", snapshot=True)
        yesterday = str((timezone.now() - timedelta(days=1)).date())
        assert not (await ask(alice, f"{TICKET}.update#w", id=ticket.pk, due_on=yesterday)).ok
        rows = [{"id": ticket.pk, "title": "kept?"}, {"title": "x", "team": demo.billing.pk}]
        assert not (await ask(alice, f"{TICKET}.save#w", rows=rows)).ok
        assert await told(carol) == []


# Lists with a limit -----------------------------------------------------------------------------------------------------


async def test_a_window(demo: Demo) -> None:
    await done(lambda: Ticket.objects.filter(team=demo.network).update(priority=1))
    rows = demo.of(demo.network)
    async with ws(demo.alice) as alice:
        reply = await ask(alice, f"{TICKET}.subscribe#l", snapshot=True, order=["-priority", "id"], limit=3)
        assert [row["id"] for row in reply.data["rows"]] == [row.pk for row in rows[:3]]
        await change(rows[5], priority=4)
        assert sorted(await told(alice)) == [
            ("Ticket.delete#l", rows[2].pk, "leave"), ("Ticket.retrieve#l", rows[5].pk, "enter"),
        ]  # fmt: skip
        await change(rows[7], title="outside")
        assert await told(alice) == []
        await change(rows[0], title="inside")
        assert await told(alice) == [("Ticket.retrieve#l", rows[0].pk, "update")]
        key = rows[0].pk
        await done(Ticket.objects.filter(pk=key).delete)
        assert sorted(await told(alice)) == [
            ("Ticket.delete#l", key, "delete"), ("Ticket.retrieve#l", rows[2].pk, "enter"),
        ]  # fmt: skip


async def test_pages(demo: Demo) -> None:
    rows = demo.of(demo.network)
    async with ws(demo.alice) as alice:
        first = await ask(alice, f"{TICKET}.search#1", limit=4, order="id")
        await ask(alice, f"{TICKET}.search#2", limit=4, page=2, order="id")
        start = await ask(alice, f"{TICKET}.search#c", limit=4, after=None, order="id")
        await ask(alice, f"{TICKET}.search#n", limit=4, after=start.data["next"], order="id")
        assert [row["id"] for row in first.data["rows"]] == [row.pk for row in rows[:4]]
        key = rows[0].pk
        await done(Ticket.objects.filter(pk=key).delete)
        frames = await told(alice)
    assert sorted(item for item in frames if item[0].endswith("#1")) == [
        ("Ticket.delete#1", key, "delete"), ("Ticket.retrieve#1", rows[4].pk, "enter"),
    ]  # fmt: skip
    assert sorted(item for item in frames if item[0].endswith("#2")) == [
        ("Ticket.delete#2", rows[4].pk, "leave"), ("Ticket.retrieve#2", rows[8].pk, "enter"),
    ]  # fmt: skip
    assert len([item for item in frames if item[0].endswith("#c")]) == 2
    assert [item for item in frames if item[0].endswith("#n")] == [], "a cursor's page begins where it began"


async def test_what_happens_within_the_debounce_is_told_once(demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"LIVE_DEBOUNCE": 60.0}
    ticket = demo.of(demo.network)[0]
    await done(lambda: Ticket.objects.filter(team=demo.network).exclude(pk=ticket.pk).update(priority=1))
    await change(ticket, priority=4)
    async with ws(demo.alice) as alice, ws(demo.alice) as witness:
        await ask(alice, f"{TICKET}.subscribe#l", snapshot=True, order=["-priority", "-id"], limit=3)
        await ask(witness, f"{TICKET}.subscribe#n")

        async def read(item: Ticket) -> None:
            """Until the hub has read what was committed: a list without a limit is told of it at once."""
            assert (await witness.receive()).data["id"] == item.pk

        for title in ("one", "two", "three"):
            await change(ticket, title=title)
            await read(ticket)
        # Rights that change for everyone say nothing of a row, and take back nothing that was to be told of it.
        await done(lambda: write("default", [Entry("helpdesk.team_members", "", "u")]))
        made = await done(lambda: Ticket.objects.create(title="new", priority=4, team=demo.network))
        await read(made)
        await change(made, title="newer")
        await read(made)
        frames = [frame for frame in await alice.settled() if "retrieve" in frame.event]
    assert [(frame.data["title"], frame.meta["cause"]) for frame in frames] == [
        ("newer", "create"), ("three", "update"),
    ]  # fmt: skip
