"""What happens while an interest begins is neither missed nor told to those whom it does not concern."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from django.db.models import Q

from binding_schema.live.hub import _all
from binding_schema.live.source import Source
from helpdesk.bindings import TicketBinding
from helpdesk.models import Ticket
from tests.conftest import Demo

from .talk import TICKET, ask, brief, done, told, ws

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("verb, data", [("subscribe", {}), ("subscribe", {"snapshot": True}), ("list", {})])
async def test_a_reading_that_began_without_the_stream(
    demo: Demo, monkeypatch: pytest.MonkeyPatch, verb: str, data: dict[str, Any]
) -> None:
    """It may come to entries that are younger than the answer: so the answer waits for it, and nothing is told twice."""
    reading, release, original = threading.Event(), threading.Event(), Source.read

    def read(self: Source, *args: Any) -> Any:
        reading.set()
        assert release.wait(20)
        return original(self, *args)

    async with ws(demo.alice) as alice:
        await ask(alice, f"{TICKET}.unsubscribe#none")
        await alice.settled()
        monkeypatch.setattr(Source, "read", read)
        for hub in _all():
            hub.wake()
        assert await asyncio.to_thread(reading.wait, 20)
        answer = asyncio.ensure_future(ask(alice, f"{TICKET}.{verb}#l", **data))
        await asyncio.wait([answer], timeout=0.3)
        assert not answer.done()
        release.set()
        await answer
        made = await done(lambda: Ticket.objects.create(title="new", team=demo.network))
        assert await told(alice) == [("Ticket.retrieve#l", made.pk, "create")]


async def test_who_leaves_before_the_answer_is_followed_no_more(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, release, original = threading.Event(), threading.Event(), Source.read

    def read(self: Source, *args: Any) -> Any:
        reading.set()
        assert release.wait(20)
        return original(self, *args)

    async with ws(demo.alice) as alice:
        await ask(alice, f"{TICKET}.unsubscribe#none")
        await alice.settled()
        monkeypatch.setattr(Source, "read", read)
        for hub in _all():
            hub.wake()
        assert await asyncio.to_thread(reading.wait, 20)
        answers = [asyncio.ensure_future(ask(alice, f"{stream}.subscribe#l")) for stream in (TICKET, "tests.Clock")]
        await asyncio.wait(answers, timeout=0.3)
        # The connection ends first: what waits on it holds up its end no longer than this.
        asyncio.get_running_loop().call_later(0.3, release.set)
    for answer in answers:
        answer.cancel()
    assert [hub.register.sessions() for hub in _all()] == [set() for _ in _all()]


async def test_a_change_while_the_first_answer_is_read(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told after the answer, with its cause, whether the answer had it or not."""
    ticket = demo.of(demo.network)[0]
    answered = asyncio.Event()
    async with ws(demo.alice) as alice, ws(demo.carol) as carol:
        await ask(carol, f"{TICKET}.subscribe#l", snapshot=True)

        visible = TicketBinding.visible_to

        def visible_to(self: Any, user: Any) -> Q:
            if user == demo.alice and not answered.is_set():
                answered.set()
                seen.acquire(timeout=20)
            return visible(self, user)

        seen = threading.Semaphore(0)
        monkeypatch.setattr(TicketBinding, "visible_to", visible_to)
        first = asyncio.ensure_future(ask(alice, f"{TICKET}.list#l"))
        await asyncio.sleep(0.1)
        made = await done(lambda: Ticket.objects.create(title="new", team=demo.network))
        await done(Ticket.objects.filter(pk=ticket.pk).delete)
        assert {item[1] for item in await told(carol)} == {made.pk, ticket.pk}
        seen.release()
        reply = await first
        keys = {row["id"] for row in reply.data["rows"]}
        frames = brief(await alice.settled())
    assert made.pk in keys or ("Ticket.retrieve#l", made.pk, "create") in frames
    assert (ticket.pk in keys) <= (("Ticket.delete#l", ticket.pk, "delete") in frames)


async def test_a_rule_that_lets_everyone_see(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TicketBinding, "visible_to", lambda self, user: Q())
    ticket = demo.of(demo.network)[0]
    async with ws(demo.dave) as dave:
        await ask(dave, f"{TICKET}.subscribe#l", snapshot=True)
        await done(lambda: Ticket.objects.get(pk=ticket.pk).save())
        assert await told(dave) == [("Ticket.retrieve#l", ticket.pk, "update")]


async def test_a_rule_that_is_made_of_text_is_judged_user_by_user(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference to a user is no user: what would be made of it means something else, and maybe more."""
    monkeypatch.setattr(TicketBinding, "visible_to", lambda self, user: ~Q(body__contains=f"not for {user}"))
    ticket = demo.of(demo.network)[0]
    async with ws(demo.alice) as alice, ws(demo.dave) as dave:
        for client in (alice, dave):
            await ask(client, f"{TICKET}.subscribe#l", snapshot=True)

        def work() -> None:
            current = Ticket.objects.get(pk=ticket.pk)
            current.body = "not for dave"
            current.save()

        await done(work)
        assert await told(alice) == [("Ticket.retrieve#l", ticket.pk, "update")]
        assert await told(dave) == [("Ticket.delete#l", ticket.pk, "leave")]


# Coming back ------------------------------------------------------------------------------------------------------------


async def test_a_resume_says_nothing_of_rows_that_were_never_in_sight(demo: Demo) -> None:
    """Who claims to have held a row is not told whether it was deleted, or never was."""
    deleted, hidden = demo.of(demo.billing)[:2]
    async with ws(demo.alice) as alice:
        since = (await ask(alice, f"{TICKET}.subscribe#l", snapshot=True)).meta["seq"]
        key = deleted.pk
        await done(deleted.delete)
        await done(hidden.save)
        have = [key, hidden.pk, 10**9]
        await ask(alice, f"{TICKET}.subscribe#r", since=since, have=have, filters={"title__icontains": "nowhere"})
        assert sorted(await told(alice)) == sorted(("Ticket.delete#r", one, "leave") for one in have)


async def test_an_object_that_is_gone_is_over(demo: Demo) -> None:
    ticket = demo.of(demo.network)[0]
    async with ws(demo.alice) as alice:
        since = (await ask(alice, f"{TICKET}.subscribe#o", id=ticket.pk)).meta["seq"]

    async def move(team: Any) -> None:
        def work() -> None:
            current = Ticket.objects.get(pk=ticket.pk)
            current.team = team
            current.save()

        await done(work)

    await move(demo.billing)
    async with ws(demo.alice) as alice:
        await ask(alice, f"{TICKET}.subscribe#o", id=ticket.pk, since=since)
        assert await told(alice) == [("Ticket.delete#o", ticket.pk, "leave")]
        await move(demo.network)
        assert await told(alice) == []
