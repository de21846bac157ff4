"""Who uses it, and with what: a keyboard, a screen reader, a phone, light and dark."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.models import Comment, Ticket
from tests.conftest import Demo, Server, StartServer
from tests.npm import installed

from .conftest import Visit
from .steps import DIALOG, SHOWN, away, card, change, first, now, open_ticket, restart, says

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
WIDTH = "Math.max(...[...document.querySelectorAll('html, dialog[open]')].map((one) => one.scrollWidth))"


@pytest.fixture(scope="session")
def axe() -> str:
    return (installed("example/board") / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


async def faults(page: Any, axe: str) -> dict[str, list[str]]:
    """What axe-core finds that is serious or critical on the page as it is, in light and in dark."""
    await page.evaluate(axe)
    faults = {}
    for scheme, ground in (("light", range(200, 256)), ("dark", range(60))):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        brightness = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"
        assert set(await page.evaluate(brightness)) <= set(ground)
        found = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        faults[scheme] = [
            f"{fault['id']}: {node['html'][:120]} {node['failureSummary']}"
            for fault in found["violations"]
            if fault["impact"] in ("serious", "critical")
            for node in fault["nodes"]
        ]
    return faults


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_axe_finds_no_serious_fault(
    visit: Visit, demo: Demo, server: Server, uvicorn_server: StartServer, axe: str, size: dict[str, int]
) -> None:
    found = {}
    ticket = first(demo, demo.network, "open")
    admin = await visit("admin", viewport=size)

    async def look(name: str) -> None:
        assert await admin.evaluate(WIDTH) <= size["width"], name
        found.update({f"{name}, {scheme}": each for scheme, each in (await faults(admin, axe)).items() if each})

    await change(ticket, priority=4)
    await admin.wait_for_selector(f"{card(ticket)}.fresh")
    await look("board")
    await open_ticket(admin, ticket)
    await admin.click("button:has-text('Close ticket')")
    await admin.wait_for_selector("#close-reason[aria-invalid]")
    await look("ticket")
    await admin.click(f"{DIALOG} [data-role=dismiss]")
    await admin.click("[data-role=new]")
    await admin.wait_for_selector("#new-title")
    await look("new ticket")
    await admin.keyboard.press("Escape")
    await admin.click(".view-switch button:text-is('Table')")
    await says(admin, ".tickets-table caption", "30 tickets")
    await look("table")
    await away(server, admin)
    await look("offline")
    restart(server, uvicorn_server)
    for path, text in (
        ("/about/", "Who can log in"),
        ("/accounts/logout/", "Log in to see the board"),
        ("/accounts/login/", "Username"),
    ):
        if path == "/accounts/logout/":
            await admin.click("button:has-text('Log out')")
        else:
            await admin.goto(f"{server.url}{path}")
        await says(admin, "main", text)
        await look(path)
    assert found == {}


async def test_it_works_by_keyboard(visit: Visit, demo: Demo) -> None:
    alice = await visit("alice")
    focused = "document.activeElement.closest('.ticket')?.dataset.ticket"
    buttons = await alice.evaluate(
        "[...document.querySelectorAll('.lane')].map((lane) => [...lane.querySelectorAll('.ticket')]"
        ".map((one) => one.dataset.ticket))"
    )
    # One stop for each column.
    assert await alice.locator(".ticket-title[tabindex='0']").count() == 3
    await alice.focus(".view-switch button >> nth=1")
    await alice.keyboard.press("Tab")
    assert await alice.evaluate(focused) == buttons[0][0]
    for key, expected in (
        ("ArrowDown", buttons[0][1]),
        ("ArrowRight", buttons[1][1]),
        ("Home", buttons[1][0]),
        ("End", buttons[1][-1]),
    ):
        await alice.keyboard.press(key)
        assert await alice.evaluate(focused) == expected
    await alice.keyboard.press("Enter")
    await alice.wait_for_selector(SHOWN)
    assert await alice.evaluate("document.activeElement.dataset.role") == "title"
    # The dialog keeps the focus: Tab walks round in it, and the page behind is out of reach.
    await alice.keyboard.press("Tab")
    assert await alice.evaluate("document.activeElement.closest('dialog')?.id") == "ticket-dialog"
    await alice.focus("#board .ticket button")
    assert await alice.evaluate("document.activeElement.closest('dialog')?.id") == "ticket-dialog"
    await alice.keyboard.press("Escape")
    await alice.wait_for_function(f"{focused} === '{buttons[1][-1]}'")

    # A card that leaves does not take the focus with it.
    await leaves_without_the_focus(alice, demo)


async def leaves_without_the_focus(alice: Any, demo: Demo) -> None:
    ids = await alice.eval_on_selector_all(
        ".lane[data-status=open] .ticket", "(all) => all.map((one) => Number(one.dataset.ticket))"
    )
    await alice.focus(f'[data-ticket="{ids[1]}"] .ticket-title')
    await change(await Ticket.objects.aget(pk=ids[1]), team=demo.billing)
    await alice.wait_for_selector(f'[data-ticket="{ids[1]}"]', state="detached")
    focused = "Number(document.activeElement.closest('.ticket')?.dataset.ticket)"
    assert await alice.evaluate(focused) == ids[2]
    # One that only changes its place keeps it.
    await change(await Ticket.objects.aget(pk=ids[2]), title="Now on top")
    await says(alice, ".lane[data-status=open] .ticket >> nth=0", "Now on top")
    assert await alice.evaluate(focused) == ids[2]


async def test_a_whole_task_by_keyboard_alone(visit: Visit, demo: Demo) -> None:
    """Make a ticket, move it, change it, and filter for it: no mouse."""
    alice = await visit("alice")
    await alice.focus("[data-role=new]")
    await alice.keyboard.press("Enter")
    await alice.wait_for_selector("#new-title")
    await alice.wait_for_function("document.activeElement.id === 'new-title'")
    await alice.keyboard.type("By keyboard")
    await alice.keyboard.press("Enter")
    await alice.wait_for_selector(SHOWN)
    await alice.keyboard.press("Escape")
    ticket = await Ticket.objects.aget(title="By keyboard")
    await alice.wait_for_function("document.activeElement.textContent === 'By keyboard'")
    await alice.keyboard.press("Shift+ArrowRight")
    await alice.wait_for_selector(card(ticket, "pending"))
    # The focus goes with it.
    await alice.wait_for_function("document.activeElement.textContent === 'By keyboard'")
    await alice.keyboard.press("Shift+ArrowRight")
    await alice.wait_for_selector(card(ticket, "closed"))
    await alice.wait_for_function("document.activeElement.textContent === 'By keyboard'")
    await alice.keyboard.press("Tab")
    name = await alice.evaluate("document.activeElement.getAttribute('aria-label')")
    assert name == "Move “By keyboard” to Pending"
    await alice.keyboard.press("Space")
    await alice.wait_for_selector(card(ticket, "pending"))
    for _ in range(50):
        found = await now(ticket)
        if found.status == "pending":
            break
        await alice.wait_for_timeout(50)
    assert found.status == "pending"


async def test_it_fits_a_phone(visit: Visit, demo: Demo) -> None:
    ticket = first(demo, demo.network, "pending")
    await change(ticket, title="W" * 200, body="w" * 500)
    await Comment.objects.acreate(ticket=ticket, author=demo.carol, body="w" * 500)
    alice = await visit("alice", viewport=PHONE)
    assert await alice.evaluate(WIDTH) <= PHONE["width"]
    assert not await alice.is_visible(card(ticket))
    await alice.click("[data-role=show-pending]")
    assert await alice.is_visible(card(ticket))
    assert not await alice.is_visible(".lane[data-status=open]")
    assert await alice.evaluate(WIDTH) <= PHONE["width"]
    await open_ticket(alice, ticket)
    await says(alice, ".comment", "w" * 500)
    assert await alice.evaluate(WIDTH) <= PHONE["width"]
    await alice.click(f"{DIALOG} [data-role=dismiss]")
    await alice.click(".view-switch button:text-is('Table')")
    await says(alice, ".tickets-table", "W" * 200)
    assert await alice.evaluate(WIDTH) <= PHONE["width"]
