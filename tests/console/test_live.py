"""Subscriptions side by side, and the connection that they live on."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from asgiref.sync import sync_to_async

from helpdesk.models import Ticket
from tests.conftest import Demo
from tests.graphql.test_ws import rename

from .conftest import OPEN, Console, Visit

TICKET = "helpdesk.Ticket"
MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>"


async def subscribe(console: Console, data: dict[str, Any], hash_: str) -> None:
    await console.go(f"{TICKET}/subscribe", data)
    await console.page.click(".send button")
    await console.page.wait_for_selector(f'[data-pane="{hash_}"][data-state="live"]')


async def counts(console: Console, hash_: str, text: str) -> None:
    """Waits until a pane's line of counts holds a text."""
    await console.page.wait_for_selector(f'[data-pane="{hash_}"] .counts:has-text("{text}")')


async def test_panes_stay_current_and_resume(visit: Visit, demo: Demo) -> None:
    console = await visit(demo.carol, viewport={"width": 1400, "height": 900})
    page, ticket = console.page, demo.of(demo.network)[0]
    await subscribe(console, {"filters": {"team": demo.network.pk}, "order": "title", "snapshot": True}, "pane1")
    await subscribe(console, {"id": ticket.pk, "snapshot": True}, "pane2")
    list_, object_ = '[data-pane="pane1"]', '[data-pane="pane2"]'
    assert await page.locator(f"{list_} tbody tr").count() == 10
    boxes = [await page.locator(pane).bounding_box() for pane in (list_, object_)]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["x"] < boxes[1]["x"]
    # Changed elsewhere: both are told, and what stands in the data is text.
    await rename(ticket.pk, MARKUP)
    for pane in ("pane1", "pane2"):
        await counts(console, pane, "update at")
        await counts(console, pane, "1 frame")
    assert MARKUP in await page.locator(f"{list_} tbody tr").first.inner_text()
    assert await page.locator(f'{object_} [data-row="{ticket.pk}"].touched').count() == 1
    await page.click(f'{object_} [data-row="{ticket.pk}"] button')
    assert "onerror" in await page.locator(f"{object_} .json").inner_text()
    await page.locator(".entry.told summary").first.click()
    assert await page.locator("img[src='x'], main script, .frames script").count() == 0
    # It leaves the list's filter; the object is still in sight.
    await Ticket.objects.filter(pk=ticket.pk).aupdate(team=demo.billing)
    await rename(ticket.pk, "Moved")
    await counts(console, "pane1", "leave")
    await counts(console, "pane1", "9 rows")
    await counts(console, "pane2", "1 row")
    # Without a connection nothing is heard; with it again, what was missed is.
    await page.click("#disconnect")
    await page.wait_for_selector(f'{list_}[data-state="disconnected"]')
    assert "Disconnected" in await console.text("#state")
    await rename(demo.of(demo.network)[1].pk, "Missed")
    sent: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda text: sent.append(text)))
    await page.click("#connect")
    await page.wait_for_selector(f'{list_}[data-state="live"] .resumed')
    await page.wait_for_selector(f'{list_} td >> text="Missed"')
    assert await page.locator(f"{list_} tbody tr").count() == 9
    resumed = [json.loads(text) for text in sent if "since" in text]
    assert [len(item["data"].get("have", ())) for item in resumed] == [9, 0]
    assert ticket.pk not in resumed[0]["data"]["have"]
    # The object goes, and its pane says so; a list is left, and can be taken up again.
    await sync_to_async(ticket.delete)()
    await page.wait_for_selector(f'{object_}[data-state="ended"] .state >> text=the object is gone')
    await page.click(f"{object_} [aria-label='Close the pane']")
    await page.click(f"{list_} >> text=Unsubscribe")
    await page.wait_for_selector(f'{list_}[data-state="ended"] .state >> text=Unsubscribed')
    await page.click(f"{list_} >> text=Subscribe again")
    await page.wait_for_selector(f'{list_}[data-state="live"]')
    assert await page.locator(".pane").count() == 1


async def test_the_state_of_the_connection_in_words(visit: Visit, demo: Demo) -> None:
    sockets: list[Any] = []
    elsewhere = asyncio.Event()

    def accept(socket: Any) -> None:
        sockets.append(socket)
        if socket.url.endswith("/other/ws/"):
            elsewhere.set()

    async def prepare(page: Any) -> None:
        await page.route_web_socket("**/ws/", accept)

    console = await visit(demo.alice, f"{TICKET}/stats", prepare=prepare)
    page = console.page
    await page.wait_for_selector(OPEN)
    assert await console.text("#state") == "Connected"
    await page.wait_for_selector(".send button")
    await page.click(".send button")
    await sockets[-1].close(code=1012)
    # The request has no answer, and the connection comes again by itself.
    await page.wait_for_selector(".entry.failed >> text=Failed")
    await page.wait_for_selector('#state >> text="Reconnecting: the server restarts (1012)"', state="attached")
    await page.wait_for_selector(OPEN)
    assert len(sockets) == 2
    for code, words in (
        (4429, "Reconnecting: too many broken frames (4429)"),
        (4000, "the connection was lost (4000)"),
    ):
        await sockets[-1].close(code=code)
        await page.wait_for_selector(f'#state:has-text("{words}")')
        await page.click("#connect")
        await page.wait_for_selector(OPEN)
    # What asking again cannot mend is not asked again.
    for code, words in ((4401, "not logged in"), (4403, "refused")):
        count = len(sockets)
        await sockets[-1].close(code=code)
        await page.wait_for_selector(f'#state[data-state="closed"]:has-text("Disconnected: {words}")')
        await page.wait_for_timeout(700)
        assert len(sockets) == count
        await page.click(".send button")
        await page.wait_for_selector(".request .alert >> text=The WebSocket is not connected")
        await page.click("#connect")
        await page.wait_for_selector(OPEN)
    # Frames of which nobody asked are shown too, whatever they are.
    for text in ('{"event": "a.b.c", "data": {"x": 1}, "surprise": true}', "[1]", "null", "no JSON"):
        sockets[-1].send(text)
    await page.locator(".entry.failed summary").first.click()
    await page.wait_for_selector(".entry.failed pre >> text=no JSON")
    # Another host is not for this page; another address is tried.
    await page.click("#connection summary")
    await page.fill("#address", "wss://elsewhere.example.org/ws/")
    await page.click("#connection-form button")
    await page.wait_for_selector("#address-error >> text=may connect to 127.0.0.1")
    await page.fill("#address", "/other/ws/")
    await page.click("#connection-form button")
    await asyncio.wait_for(elsewhere.wait(), 10)


async def test_without_a_websocket_http_is_left(visit: Visit, demo: Demo) -> None:
    async def prepare(page: Any) -> None:
        await page.add_init_script("localStorage.setItem('binding-schema-console:/api/:websocket', '/nothing/')")

    console = await visit(demo.alice, f"{TICKET}/stats", prepare=prepare, expected=("WebSocket connection",))
    await console.page.wait_for_selector("#state >> text=Reconnecting: no connection (1006)")
    assert (await console.submit())["data"].keys() == {"open", "pending", "closed"}
    assert "HTTP 200" in await console.page.locator(".entry summary").first.inner_text()
    await console.go(f"{TICKET}/subscribe")
    await console.page.click(".send button")
    await console.page.wait_for_selector(".alert >> text=A subscription needs the WebSocket")
