"""The live board: real browsers, a real server."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest

from helpdesk.models import Ticket
from tests.conftest import Demo, Server, StartServer, served

from .steps import ENVIRONMENT, LIVE

APPLICATION = "config.asgi:application"

#: What a browser itself says of a server that is away.
AWAY = re.compile(r"WebSocket connection to .* failed|ERR_CONNECTION_REFUSED|ERR_INTERNET_DISCONNECTED")

Visit = Callable[..., Awaitable[Any]]


@pytest.fixture
def demo(demo: Demo) -> Demo:
    """With tickets of every status in each team."""
    for team in (demo.network, demo.billing, demo.hardware):
        for number, ticket in enumerate(demo.of(team)):
            ticket.status = Ticket.Status.values[number % 3]
    Ticket.objects.bulk_update(demo.tickets, ["status"])
    return demo


@pytest.fixture(scope="package")
def site(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the tests that leave it alone. Each test has rows of its own."""
    with served(tmp_path_factory.mktemp("board") / "uvicorn.log", APPLICATION, **ENVIRONMENT) as server:
        yield server


@pytest.fixture
def server(request: pytest.FixtureRequest, demo: Demo) -> Server:
    """The one of all tests, or, for a test that asks for `uvicorn_server` in order to kill and start it, one of its own."""
    if "uvicorn_server" not in request.fixturenames:
        return request.getfixturevalue("site")  # type: ignore[no-any-return]
    start: StartServer = request.getfixturevalue("uvicorn_server")
    return start(APPLICATION, **ENVIRONMENT)


@pytest.fixture
async def visit(server: Server, browser: Any) -> AsyncIterator[Visit]:
    """`visit("alice")` logs in through the login page, in a browser profile of its own, and opens the board.

    An error in a page, or on its console, fails the test.
    """
    errors: list[str] = []

    async def visit(name: str, path: str = "/", prepare: Any = None, **options: Any) -> Any:
        context = await browser.new_context(**options)
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(f"{name}: {error}"))
        page.on("dialog", lambda dialog: errors.append(f"{name}: dialog {dialog.message}"))
        page.on("console", lambda said: errors.append(f"{name}: {said.text}") if said.type == "error" else None)
        if prepare is not None:
            await prepare(page)
        await page.goto(f"{server.url}/accounts/login/?next={path}")
        await page.fill("#id_username", name)
        await page.fill("#id_password", name)
        await page.click("main button")
        await page.wait_for_selector(LIVE)
        await page.wait_for_function("document.querySelectorAll('.tickets[aria-busy=\"false\"]').length === 3")
        return page

    yield visit
    assert [error for error in errors if not AWAY.search(error)] == []
