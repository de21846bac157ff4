"""The console in a real browser, on a real server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from asgiref.sync import sync_to_async

from tests.conftest import Demo, Server, served
from tests.transports.conftest import session_cookie

#: With DEBUG, and with static files served.
SITE = "tests.graphql.site:application"
#: A test's own writes are made in another process: the poll finds them.
SETTINGS = {"LIVE_POLL_INTERVAL": 0.1}
OPEN = '#state[data-state="open"]'
Visit = Callable[..., Awaitable["Console"]]


class Console:
    """A page with the console, and what one does there."""

    def __init__(self, page: Any, url: str) -> None:
        self.page, self.url = page, url

    async def go(self, place: str, data: Any = None) -> None:
        """Follows a link within the console: ``helpdesk.Ticket/search``, filled with ``data``."""
        # The form that is there is not the one that comes, though they may look the same.
        await self.page.evaluate("document.querySelector('.request')?.setAttribute('data-old', '')")
        query = "" if data is None else "?" + quote(json.dumps(data))
        await self.page.evaluate("(hash) => { window.location.hash = hash }", place + query)
        await self.page.wait_for_selector(".request:not([data-old])")

    async def send(self, place: str, data: Any = None) -> Any:
        """Sends ``data`` as a form says it; the answer as the log has it."""
        await self.go(place, data)
        return await self.submit()

    async def submit(self) -> Any:
        """The frame that answers what is in the editor."""
        await self.page.evaluate(
            "document.querySelectorAll('.entry').forEach((one) => one.setAttribute('data-seen', ''))"
        )
        await self.page.click(".send button")
        entry = self.page.locator(".entry.answer:not([data-seen]), .entry.failed:not([data-seen])").first
        await entry.locator("text=Copy frame").click()
        return json.loads(await self.page.evaluate("navigator.clipboard.readText()"))

    def field(self, name: str) -> str:
        """A selector of a field's input."""
        return f'[data-field="{name}"] > :is(input, select, textarea)'

    async def text(self, selector: str) -> str:
        found: str = await self.page.inner_text(selector)
        return found


@pytest.fixture(scope="package")
def site(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all of these tests: to start one takes longer than most of them. Each test has rows of its own."""
    log = tmp_path_factory.mktemp("console") / "uvicorn.log"
    with served(log, SITE, BINDING_SCHEMA_TEST_SETTINGS=json.dumps(SETTINGS)) as server:
        yield server


@pytest.fixture
def server(demo: Demo, site: Server) -> Server:
    return site


@pytest.fixture
async def visit(server: Server, browser: Any) -> AsyncIterator[Visit]:
    """``await visit(user, "helpdesk.Ticket/search")``: a browser with the user's session. An error in the page, a dialog or
    a breach of the page's policy fails the test; ``expected`` names words of errors that are meant to be."""
    contexts: list[Any] = []
    errors: list[str] = []
    allowed: list[str] = []

    async def visit(
        user: Any, place: str = "", *, expected: tuple[str, ...] = (), prepare: Any = None, **options: Any
    ) -> Console:
        allowed.extend(expected)
        context = await browser.new_context(permissions=["clipboard-read", "clipboard-write"], **options)
        contexts.append(context)
        if user is not None:
            cookie = (await sync_to_async(session_cookie)(user))["cookie"].partition("=")[2]
            await context.add_cookies([{"name": "sessionid", "value": cookie, "url": server.url}])
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("dialog", lambda dialog: errors.append(f"dialog {dialog.message}"))
        page.on("console", lambda said: errors.append(said.text) if said.type in ("error", "warning") else None)
        await page.add_init_script(
            "document.addEventListener('securitypolicyviolation', (event) => console.error(`policy ${event.violatedDirective}`))"
        )
        if prepare is not None:
            await prepare(page)
        await page.goto(f"{server.url}/api/{place and '#' + place}")
        if user is not None and prepare is None:
            await page.wait_for_selector(OPEN)
        return Console(page, server.url)

    yield visit
    for context in contexts:
        await context.close()
    assert [error for error in errors if not any(word in error for word in allowed)] == []
