"""Open subscriptions: what they hold is bounded, and what cannot be told one by one is a snapshot."""

from __future__ import annotations

from typing import Any

import pytest

from binding_schema.live import batch
from helpdesk.models import Ticket
from tests.conftest import Demo

from .talk import TICKET, ask, done, told, ws

pytestmark = pytest.mark.django_db(transaction=True)


async def test_one_that_is_full_has_room_again(demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"MAX_HELD_IDS": 6}
    rows = demo.of(demo.network)
    async with ws(demo.alice) as alice:
        await ask(alice, f"{TICKET}.subscribe#f")
        for row in rows[:6]:
            await done(row.save)
            assert await told(alice) == [("Ticket.retrieve#f", row.pk, "enter")]
        await done(rows[6].save)
        names = [event for event, _, _ in await told(alice)]
        assert names == ["Ticket.retrieve#f", "Ticket.resync#f", "Ticket.list#f"]
        # The snapshot holds three of the newest; the oldest are not among them, and there is room for three more.
        for row in rows[:3]:
            await done(row.save)
            assert await told(alice) == [("Ticket.retrieve#f", row.pk, "enter")]


async def test_too_much_to_say_what(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    """A team's name stands in more tickets than are looked for one by one: those that the feed does not hold enter too."""
    monkeypatch.setattr(batch, "MAX_AFFECTED", 5)
    async with ws(demo.alice) as alice:
        await ask(alice, f"{TICKET}.subscribe#f", filters={"team__name": "Renamed"})
        demo.network.name = "Renamed"
        await done(demo.network.save)
        frames = await alice.settled()
        assert [item.event for item in frames] == [f"{TICKET}.resync#f", f"{TICKET}.list#f"]
        assert {row["id"] for row in frames[-1].data["rows"]} == {item.pk for item in demo.of(demo.network)}
        assert await done(Ticket.objects.filter(team__name="Renamed").count) == len(frames[-1].data["rows"])
