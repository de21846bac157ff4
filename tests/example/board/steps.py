"""What the tests of the board do, and look at."""

from __future__ import annotations

import signal
from typing import Any

from asgiref.sync import sync_to_async

from helpdesk.models import Ticket
from tests.conftest import Demo, Server, StartServer

ENVIRONMENT = {"DJANGO_SETTINGS_MODULE": "tests.example.server_settings"}
LIVE = '[data-role=status][data-state="live"]'
DIALOG = "#ticket-dialog"
SHOWN = f'{DIALOG}[data-state="shown"]'
SAVE = "[data-role=edit] button:text-is('Save')"

#: The board's tickets by column, as `[[id, title], ...]` in their order.
BOARD = """Object.fromEntries([...document.querySelectorAll('.lane')].map((lane) => [lane.dataset.status,
  [...lane.querySelectorAll('.ticket')].map((one) => [Number(one.dataset.ticket), one.querySelector('button').textContent])]))"""


def card(ticket: Ticket, status: str = "") -> str:
    column = f'.lane[data-status="{status}"] ' if status else ""
    return f'{column}.ticket[data-ticket="{ticket.pk}"]'


async def open_ticket(page: Any, ticket: Ticket) -> None:
    await page.click(f"{card(ticket)} .ticket-title")
    await page.wait_for_selector(SHOWN)
    await page.wait_for_selector("#edit-title")


async def says(page: Any, selector: str, text: str) -> None:
    """Wait until an element holds a text."""
    await page.locator(selector).filter(has_text=text).first.wait_for(state="attached")


async def shown(page: Any, selector: str) -> list[str]:
    return [text.strip() for text in await page.locator(selector).all_inner_texts()]


async def holds(page: Any, tickets: list[Ticket]) -> None:
    """Wait until these are the tickets on the page."""
    await page.wait_for_function(
        "(ids) => JSON.stringify([...document.querySelectorAll('[data-ticket]')].map((one) => Number(one.dataset.ticket))"
        ".sort((a, b) => a - b)) === JSON.stringify(ids)",
        arg=sorted(ticket.pk for ticket in tickets),
    )


@sync_to_async
def change(ticket: Ticket, **values: Any) -> None:
    """Outside of any browser: as the admin, a task or another process would."""
    found = Ticket.objects.get(pk=ticket.pk)
    for name, value in values.items():
        setattr(found, name, value)
    found.save()


@sync_to_async
def now(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("team", "assignee").get(pk=ticket.pk)


@sync_to_async
def in_database(*teams: Any) -> dict[str, list[list[Any]]]:
    """As `BOARD` has it."""
    rows = Ticket.objects.filter(team__in=teams).order_by("-updated_at", "-id")
    return {status: [[row.pk, row.title] for row in rows if row.status == status] for status in Ticket.Status.values}


async def equals_database(page: Any, *teams: Any) -> None:
    """Wait until the board shows what the database has of these teams, in its order."""
    await page.wait_for_function(
        f"(wanted) => JSON.stringify({BOARD}) === JSON.stringify(wanted)", arg=await in_database(*teams)
    )


def first(demo: Demo, team: Any, status: str) -> Ticket:
    return next(ticket for ticket in demo.of(team) if ticket.status == status)


def restart(server: Server, start: StartServer) -> Server:
    port = server.url.rpartition(":")[2]
    return start("config.asgi:application", "--port", port, **ENVIRONMENT)


async def away(server: Server, *pages: Any) -> None:
    """Kill the server, as a machine that loses its power would."""
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    for page in pages:
        await page.wait_for_selector('[data-role=status][data-state="reconnecting"]')
        await page.evaluate("window.sameAsBefore = true")


async def back(page: Any) -> None:
    await page.wait_for_selector(LIVE, timeout=20_000)
    assert await page.evaluate("window.sameAsBefore")  # it was not reloaded
