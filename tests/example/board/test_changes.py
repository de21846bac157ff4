"""What one user does, as the others see it."""

from __future__ import annotations

import re
from typing import Any

from asgiref.sync import sync_to_async

from helpdesk.models import Comment, Ticket
from tests.conftest import Demo

from .conftest import Visit
from .steps import DIALOG, SAVE, SHOWN, card, change, equals_database, first, now, open_ticket, says, shown

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'"
)


async def test_a_change_in_one_browser_is_seen_in_the_other(visit: Visit, demo: Demo) -> None:
    ticket = first(demo, demo.network, "open")
    alice, carol = await visit("alice"), await visit("carol")
    await equals_database(alice, demo.network)
    await equals_database(carol, demo.network, demo.billing)
    await open_ticket(carol, ticket)
    await carol.fill("#edit-title", "The <b>Wi-Fi</b> is back")
    await carol.select_option("#edit-priority", "4")
    await carol.select_option("#edit-status", "pending")
    await carol.click(SAVE)
    await says(carol, "[data-role=message]", "Saved.")
    await says(alice, card(ticket, "pending"), "The <b>Wi-Fi</b> is back")
    # It stands out, says what is new, and is told to who does not see it; not to her who did it.
    assert "fresh" in (await alice.get_attribute(card(ticket), "class") or "")
    note = await alice.inner_text(f"{card(ticket)} .fresh-note")
    assert note.startswith("Updated just now:")
    assert {"status Pending", "priority Urgent", "new title"} <= set(note.partition(": ")[2].split(", "))
    await says(alice, "[data-role=news]", "“The <b>Wi-Fi</b> is back” was changed; it is Pending.")
    await carol.wait_for_selector(card(ticket, "pending"))
    assert await carol.locator(".fresh").count() == 0
    assert await carol.inner_text("[data-role=news]") == ""
    await equals_database(alice, demo.network)
    await equals_database(carol, demo.network, demo.billing)
    assert (await now(ticket)).priority == 4


async def test_a_ticket_that_moves_to_another_team_leaves_one_board_and_comes_to_the_other(
    visit: Visit, demo: Demo
) -> None:
    ticket = first(demo, demo.network, "open")
    alice, bob, carol = await visit("alice"), await visit("bob"), await visit("carol")
    assert await bob.locator(card(ticket)).count() == 0
    await open_ticket(alice, ticket)
    await open_ticket(carol, ticket)
    await carol.select_option("#edit-team", str(demo.billing.pk))
    await carol.press("#edit-title", "Enter")
    await bob.wait_for_selector(card(ticket, "open"))
    await alice.wait_for_selector(card(ticket), state="detached")
    await says(alice, f"{DIALOG} [data-role=gone]", "You cannot see this ticket")
    assert not await alice.is_visible("#edit-title")
    await says(carol, card(ticket, "open"), "Billing")
    assert (await now(ticket)).team_id == demo.billing.pk
    for page, teams in ((alice, [demo.network]), (bob, [demo.billing]), (carol, [demo.network, demo.billing])):
        await equals_database(page, *teams)
    await alice.keyboard.press("Escape")
    await alice.wait_for_function("document.activeElement.className === 'ticket-title'")


async def test_a_ticket_is_created_commented_taken_closed_and_deleted(visit: Visit, demo: Demo) -> None:
    alice, bob, carol = await visit("alice"), await visit("bob"), await visit("carol")
    await alice.click("[data-role=new]")
    await alice.fill("#new-title", "The coffee machine is offline")
    await alice.fill("#new-body", "It says <i>no network</i>.")
    await alice.click("#new-dialog button:has-text('Create')")
    await alice.wait_for_selector(SHOWN)
    assert await alice.input_value("#edit-body") == "It says <i>no network</i>."
    ticket = await Ticket.objects.aget(title="The coffee machine is offline")
    assert (ticket.team_id, ticket.status, ticket.priority) == (demo.network.pk, "open", 2)
    await says(carol, card(ticket, "open"), "The coffee machine is offline")

    await open_ticket(carol, ticket)
    await carol.fill("#comment-body", "I had a look: the cable is loose.")
    await carol.click("button:text-is('Comment')")
    await says(alice, ".comment", "I had a look: the cable is loose.")
    await carol.wait_for_function("document.querySelector('#comment-body').value === ''")

    await alice.click("button:has-text('Assign to me')")
    await says(carol, "[data-role=facts]", "alice")
    await says(carol, "[data-role=message]", "Someone else has just changed this ticket: assigned to alice.")
    await alice.fill("#close-reason", "Solved: the cable is in.")
    await alice.click("button:has-text('Close ticket')")
    await says(alice, "[data-role=message]", "Closed.")
    for page in (alice, carol):
        await page.wait_for_selector(card(ticket, "closed"), state="attached")
        await page.wait_for_selector(card(ticket, "open"), state="detached")
        await says(page, ".comment", "Solved: the cable is in.")
        assert not await page.is_visible("[data-role=close-form]")
    assert await bob.locator(card(ticket)).count() == 0
    found = await now(ticket)
    assert (found.status, found.assignee_id) == ("closed", demo.alice.pk)
    bodies = [each.body async for each in Comment.objects.filter(ticket=ticket).order_by("id")]
    assert bodies == ["I had a look: the cable is loose.", "Solved: the cable is in."]

    await alice.click("[data-role=delete]")
    await alice.click("button:text-is('Delete')")
    await alice.wait_for_selector(DIALOG, state="detached")
    await alice.wait_for_selector(card(ticket), state="detached")
    await says(carol, f"{DIALOG} [data-role=gone]", "This ticket was deleted.")
    assert not await Ticket.objects.filter(pk=ticket.pk).aexists()


async def test_a_move_is_shown_at_once_and_taken_back_when_it_is_refused(visit: Visit, demo: Demo) -> None:
    """The server's answer is held back in between."""
    held: list[Any] = []

    async def prepare(page: Any) -> None:
        def between(route: Any) -> None:
            server = route.connect_to_server()
            route.on_message(lambda text: held.append((server, text)) if ".update#" in text else server.send(text))

        await page.route_web_socket("**/ws/", between)

    kept, refused = [ticket for ticket in demo.of(demo.network) if ticket.status == "open"][:2]
    alice = await visit("alice", prepare=prepare)
    await alice.click(f"{card(kept)} .move")
    await alice.wait_for_selector(card(kept, "pending"))
    assert (await now(kept)).status == "open"  # it is not even asked for yet
    server, text = held.pop()
    server.send(text)
    await says(alice, f"{card(kept, 'pending')}", kept.title)

    await sync_to_async(refused.team.members.remove)(demo.alice)
    await sync_to_async(demo.billing.members.add)(demo.alice)
    await alice.wait_for_selector(card(refused), state="detached")
    other = first(demo, demo.billing, "closed")
    await alice.click(f"{card(other)} .move")
    await alice.wait_for_selector(card(other, "pending"))
    await type(other).objects.filter(pk=other.pk).adelete()
    server, text = held.pop()
    server.send(text)
    await says(alice, "[data-role=problem]", f"“{other.title}” could not be moved")
    await alice.wait_for_selector(card(other), state="detached")
    await alice.wait_for_function("document.querySelectorAll('[data-role=problem] .alert').length === 1")
    await equals_database(alice, demo.billing)


async def test_what_is_wrong_is_said_at_its_field_and_what_one_types_stays(visit: Visit, demo: Demo) -> None:
    before = await Ticket.objects.acount()
    alice = await visit("alice")
    await alice.click("[data-role=new]")
    await alice.fill("#new-due_on", "2020-01-01")
    await alice.click("#new-dialog button:has-text('Create')")
    await says(alice, "#new-title-error", "This field cannot be blank.")
    await says(alice, "#new-due_on-error", "Not before ")
    assert await alice.get_attribute("#new-due_on", "aria-invalid") == "true"
    assert "new-title-error" in (await alice.get_attribute("#new-title", "aria-describedby") or "")
    await alice.wait_for_function("document.activeElement.id === 'new-title'")
    await alice.fill("#new-title", "With a title")
    assert await alice.get_attribute("#new-title", "aria-invalid") is None
    assert await alice.inner_text("#new-title-error") == ""
    assert await Ticket.objects.acount() == before
    await alice.keyboard.press("Escape")

    ticket = first(demo, demo.network, "open")
    await open_ticket(alice, ticket)
    await alice.fill("#edit-title", "")
    await alice.click(SAVE)
    await says(alice, "#edit-title-error", "This field cannot be blank.")
    await alice.click("button:has-text('Close ticket')")
    await alice.wait_for_selector("#close-reason[aria-invalid]")
    assert await alice.inner_text("#close-reason-error") != ""
    assert (await now(ticket)).status == "open"

    # What one types stays when another changes the same field.
    await alice.fill("#edit-title", "As alice wants it")
    await change(ticket, title="As carol wants it", priority=4)
    await says(alice, "[data-role=note-title]", "Meanwhile changed to: As carol wants it")
    assert await alice.input_value("#edit-title") == "As alice wants it"
    assert await alice.input_value("#edit-priority") == "4"
    await alice.click(SAVE)
    await says(alice, f"{DIALOG} [data-role=title]", "As alice wants it")
    found = await now(ticket)
    assert (found.title, found.priority) == ("As alice wants it", 4)
    assert await alice.inner_text("[data-role=note-title]") == ""


async def test_markup_stays_text_wherever_it_appears(visit: Visit, demo: Demo) -> None:
    trap = "<img src=x onerror=alert(1)>"
    ticket = first(demo, demo.network, "open")
    await change(ticket, title=trap, body=trap)
    await Comment.objects.acreate(ticket=ticket, author=demo.carol, body=trap)
    await type(demo.network).objects.filter(pk=demo.network.pk).aupdate(name=trap)
    await type(demo.labels[0]).objects.filter(pk=demo.labels[0].pk).aupdate(name=trap)
    await sync_to_async(ticket.labels.set)(demo.labels[:1])

    async def strictly(page: Any) -> None:
        """With a policy under which what stands in the page itself is not run, and an error of the page."""

        async def answer(route: Any) -> None:
            response = await route.fetch()
            await route.fulfill(response=response, headers={**response.headers, "content-security-policy": POLICY})

        await page.route(re.compile(r":\d+/$"), answer)

    alice = await visit("alice", prepare=strictly)
    # The address names the ticket that is open.
    await alice.goto(f"{alice.url}#ticket-{ticket.pk}")
    await says(alice, ".comment", trap)
    await says(alice, "#edit-team option", trap)
    await says(alice, f"{card(ticket)} .labels", trap)
    for selector in (card(ticket), "[data-role=facts]", f"{DIALOG} h2", "#filter-team option >> nth=1", ".checks"):
        assert trap in (await alice.locator(selector).first.text_content() or ""), selector
    assert await alice.input_value("#edit-body") == trap
    await alice.keyboard.press("Escape")
    await alice.click(".view-switch button:text-is('Table')")
    await says(alice, ".tickets-table th", trap)
    assert await alice.locator("main img").count() == 0


async def test_staff_see_costs_and_write_internal_comments_and_agents_do_not(visit: Visit, demo: Demo) -> None:
    ticket = next(t for t in demo.of(demo.network) if t.cost)
    alice, admin = await visit("alice"), await visit("admin")
    await open_ticket(alice, ticket)
    await open_ticket(admin, ticket)
    assert f"€ {ticket.cost}" in await admin.inner_text("[data-role=facts]")
    assert "Cost" not in await alice.inner_text(DIALOG)
    await admin.fill("#edit-cost", "12.50")
    await admin.click(SAVE)
    await says(admin, "[data-role=facts]", "€ 12.50")
    await admin.fill("#comment-body", "Between us")
    await admin.check("[name=internal]")
    await admin.click("button:text-is('Comment')")
    await says(admin, ".comment", "Between us")
    await admin.fill("#comment-body", "For everyone")
    assert not await admin.is_checked("[name=internal]")
    await admin.click("button:text-is('Comment')")
    await says(alice, ".comment", "For everyone")
    assert "Between us" not in " ".join(await shown(alice, ".comment"))
    assert await alice.locator("[name=internal]").count() == 0
