"""What is shown: filters, columns, the table and its pages."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from helpdesk.models import Ticket
from tests.conftest import Demo

from .conftest import Visit
from .steps import card, change, first, holds, says

TABLE = ".tickets-table"


async def test_the_filters_choose_and_what_comes_to_match_enters(visit: Visit, demo: Demo) -> None:
    asked: list[str] = []

    async def listen(page: Any) -> None:
        page.on("websocket", lambda socket: socket.on("framesent", lambda text: asked.append(text)))

    carol = await visit("carol", prepare=listen)
    await carol.select_option("#filter-team", str(demo.billing.pk))
    await holds(carol, demo.of(demo.billing))
    await carol.select_option("#filter-priority", "3")
    urgent = [ticket for ticket in demo.of(demo.billing) if ticket.priority >= 3]
    await holds(carol, urgent)
    # The search waits until the typing pauses.
    await carol.locator("#filter-query").press_sequentially(urgent[0].title, delay=20)
    named = [ticket for ticket in urgent if urgent[0].title in ticket.title]
    await holds(carol, named)
    assert {text.partition('"query":"')[2].partition('"')[0] for text in asked} - {""} == {urgent[0].title}
    # The filters are in the address: a reload keeps them.
    await carol.reload()
    await holds(carol, named)
    assert await carol.input_value("#filter-team") == str(demo.billing.pk)
    other = next(ticket for ticket in demo.of(demo.network) if ticket.priority >= 3)
    await change(other, title=f"{urgent[0].title} again", team=demo.billing)
    await holds(carol, [*named, other])
    await change(other, priority=1)
    await holds(carol, named)
    await carol.click("button:has-text('Show all')")
    both = demo.of(demo.network, demo.billing)
    await holds(carol, both)
    assert "?" not in carol.url
    await carol.select_option("#filter-assignee", "nobody")
    await holds(carol, [ticket for ticket in await fresh(both) if ticket.assignee_id is None])
    await carol.select_option("#filter-assignee", "bob")
    await holds(carol, [ticket for ticket in await fresh(both) if ticket.assignee_id == demo.bob.pk])
    await carol.select_option("#filter-status", "pending")
    await carol.wait_for_function("document.querySelectorAll('.lane').length === 1")


async def fresh(tickets: list[Ticket]) -> list[Ticket]:
    return [ticket async for ticket in Ticket.objects.filter(pk__in=[each.pk for each in tickets])]


async def test_a_long_column_shows_the_latest_and_more_when_asked(visit: Visit, demo: Demo) -> None:
    tickets = [Ticket(title=f"Many {number}", team=demo.network, status="pending") for number in range(60)]
    await Ticket.objects.abulk_create(tickets)
    alice = await visit("alice")
    column = ".lane[data-status=pending]"
    assert await alice.locator(f"{column} .ticket").count() == 50
    assert await alice.inner_text(f"{column} .lane-head .count") == "50+"
    # What is changed comes to the top, and pushes the last one out.
    old = first(demo, demo.network, "pending")
    assert await alice.locator(card(old)).count() == 0
    await change(old, title="Changed at last")
    await says(alice, f"{column} .ticket >> nth=0", "Changed at last")
    await alice.wait_for_function(f"document.querySelectorAll('{column} .ticket').length === 50")
    await alice.click(f"{column} button:has-text('Show more')")
    await alice.wait_for_function(f"document.querySelectorAll('{column} .ticket').length > 60")
    assert not await alice.is_visible(f"{column} button:has-text('Show more')")


async def test_the_table_has_pages_an_order_and_lives(visit: Visit, demo: Demo) -> None:
    await Ticket.objects.abulk_create(Ticket(title=f"Many {n:02}", team=demo.network) for n in range(35))
    alice = await visit("alice")
    await alice.click(".view-switch button:text-is('Table')")
    await says(alice, f"{TABLE} caption", "45 tickets, page 1 of 3")
    await alice.click(f"{TABLE} button:text-is('Ticket')")
    await alice.click(f"{TABLE} button:has-text('Ticket')")
    await says(alice, f"{TABLE} tbody tr >> nth=0", "Many 00")
    assert await alice.get_attribute(f"{TABLE} thead th >> nth=0", "aria-sort") == "ascending"
    await alice.click(".pages button:text-is('Next')")
    await says(alice, f"{TABLE} tbody tr >> nth=0", "Many 20")
    assert await alice.get_attribute(".pages [aria-current=page]", "aria-label") == "Page 2"
    # On this page a row changes; from the page before one moves here, and the number of all is told.
    await change(await Ticket.objects.aget(title="Many 20"), priority=4)
    await says(alice, f"{TABLE} tr.fresh", "Urgent")
    await Ticket.objects.acreate(title="Many 00 and one", team=demo.network)
    await says(alice, f"{TABLE} caption", "46 tickets, page 2 of 3")
    await says(alice, f"{TABLE} tbody tr >> nth=0", "Many 19")
    # It is remembered, and in the address.
    await alice.reload()
    await says(alice, f"{TABLE} tbody tr >> nth=0", "Many 19")
    await alice.fill("#filter-query", "Many 00")
    await says(alice, f"{TABLE} caption", "2 tickets")
    await alice.wait_for_function("!location.search.includes('page=')")
    await alice.click(f"{TABLE} .ticket-title >> nth=0")
    await alice.wait_for_selector('#ticket-dialog[data-state="shown"]')


async def test_a_change_is_marked_for_a_moment_and_moves_for_who_wants_it(visit: Visit, demo: Demo) -> None:
    ticket = first(demo, demo.network, "open")
    await Ticket.objects.filter(pk=ticket.pk).aupdate(created_at=timezone.now() - timezone.timedelta(hours=26))
    alice = await visit("alice")
    assert "1 day old" in await alice.inner_text(card(ticket))
    assert "just now" in await alice.inner_text(card(demo.of(demo.network)[1]))
    await change(ticket, title="Look here")
    await alice.wait_for_selector(f"{card(ticket)}.fresh")
    for motion, animation in (("no-preference", "fresh"), ("reduce", "none")):
        await alice.emulate_media(reduced_motion=motion)
        assert await alice.eval_on_selector(card(ticket), "(one) => getComputedStyle(one).animationName") == animation
    await alice.wait_for_selector(f"{card(ticket)}.fresh", state="detached")
