"""The frame console, in a browser. Page, files and WebSocket are answered here, so no server is needed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client

from helpdesk.models import Team, Ticket

pytestmark = [pytest.mark.urls("config.urls")]

ORIGIN = "http://helpdesk.test"


@pytest.fixture
def html(client: Client, db: None) -> str:
    """The console's page as alice gets it."""
    alice = User.objects.create_user("alice")
    team = Team.objects.create(name="Network")
    team.members.add(alice)
    Ticket.objects.create(title="No Wi-Fi", team=team)
    client.force_login(alice)
    return client.get("/console/").content.decode()


class Wire:
    """The server's end of the page's WebSocket."""

    def __init__(self) -> None:
        self.received: asyncio.Queue[str] = asyncio.Queue()
        self.addresses: list[str] = []
        self.route: Any = None

    def accept(self, route: Any) -> None:
        self.addresses.append(route.url)
        self.route = route
        route.on_message(lambda text: self.received.put_nowait(text))

    async def next(self) -> str:
        return await asyncio.wait_for(self.received.get(), timeout=10)


@pytest.fixture
async def console(html: str, browser: Any) -> AsyncIterator[tuple[Any, Wire]]:
    """The page, connected, and the other end of its WebSocket. An error in the page fails the test."""
    wire, errors = Wire(), []
    page = await browser.new_page(viewport={"width": 360, "height": 740})
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: errors.append(f"dialog: {dialog.message}"))

    async def answer(route: Any) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path == "/console/":
            await route.fulfill(body=html, content_type="text/html")
        else:
            await route.fulfill(path=Path(finders.find(path.removeprefix("/static/")) or "missing"))

    await page.route("**/*", answer)
    await page.route_web_socket("**/ws/", wire.accept)
    await page.goto(f"{ORIGIN}/console/")
    await page.wait_for_selector('[data-state="open"]')
    yield page, wire
    assert errors == []


async def test_a_frame_goes_out_as_typed_and_the_answer_appears(console: tuple[Any, Wire]) -> None:
    page, wire = console
    assert wire.addresses == ["ws://helpdesk.test/ws/"]
    await page.click("[data-frame=Retrieve]")
    frame = json.loads(await page.input_value("#frame"))
    assert frame["event"] == "helpdesk.Ticket.retrieve"
    await page.keyboard.press("Control+Enter")
    assert json.loads(await wire.next()) == frame
    wire.route.send(json.dumps({"event": frame["event"], "data": {"id": 1, "title": "<img src=x onerror=alert(1)>"}}))
    await page.wait_for_selector(".received-frame")
    assert "<img src=x onerror=alert(1)>" in await page.inner_text(".received-frame pre")
    assert await page.locator(".log img").count() == 0
    await page.fill("#frame", '{"event": "a.b.c", "data": {"id": 12345678901234567890}}')
    await page.click("[data-role=send]")
    assert "12345678901234567890" in await wire.next()


async def test_what_is_not_json_is_not_sent(console: tuple[Any, Wire]) -> None:
    page, wire = console
    await page.fill("#frame", "{oops")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector("text=This is not JSON")
    assert await page.get_attribute("#frame", "aria-invalid") == "true"
    await page.click("[data-frame=Stats]")
    assert await page.get_attribute("#frame", "aria-invalid") is None
    assert wire.received.empty()


async def test_failures_stand_out(console: tuple[Any, Wire]) -> None:
    page, wire = console
    wire.route.send('{"event": "error", "data": {"code": "not_found"}}')
    wire.route.send('[{"event": "a.b.save", "data": {"success": false, "errors": {}}}]')
    wire.route.send('{"event": "a.b.save", "data": {"success": true}}')
    await page.wait_for_selector(".received-frame >> nth=2")
    classes = [await entry.get_attribute("class") for entry in await page.locator(".entry").all()]
    assert ["failed" in name for name in classes] == [True, True, False]


async def test_a_lost_connection_is_told_and_can_be_made_again(console: tuple[Any, Wire]) -> None:
    page, wire = console
    assert not await page.is_visible("[data-role=connect]")
    await wire.route.close(code=4401)
    await page.wait_for_selector('[data-state="closed"]')
    assert "not logged in (4401)" in await page.inner_text("[role=status]")
    assert await page.is_disabled("[data-role=send]")
    await page.click("[data-role=connect]")
    await page.wait_for_selector('[data-state="open"]')
    assert len(wire.addresses) == 2


async def test_the_page_fits_a_phone(console: tuple[Any, Wire]) -> None:
    page, wire = console
    wire.route.send(json.dumps({"event": "x", "data": {"word": "w" * 500}}))
    await page.wait_for_selector(".received-frame")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
