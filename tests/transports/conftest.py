"""Connections that a test opens as it likes: consumers of its own, headers, cookies, subprotocols."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from binding_schema.consumers import AsyncConsumer
from binding_schema.testing import Reply, WebSocketClient

Connect = Callable[..., Awaitable[WebSocketClient]]

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Workers of the library have connections of their own, which do not see a test's open transaction."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """``await connect(user, consumer=..., headers=...)``: a connection that is left when the test ends."""
    async with AsyncExitStack() as stack:

        async def connect(user: Any = None, *, consumer: Any = AsyncConsumer, **options: Any) -> WebSocketClient:
            return await stack.enter_async_context(WebSocketClient(consumer.as_asgi(), user, **options))

        yield connect


async def closed(client: WebSocketClient) -> int:
    """The code with which the server closes the connection, after whatever it sends before."""
    await last_words(client)
    assert client.closed is not None
    return client.closed


async def last_words(client: WebSocketClient) -> list[Reply]:
    """What the server still sends, until it closes the connection."""
    replies: list[Reply] = []
    while True:
        try:
            replies.append(await client.receive())
        except ConnectionError:
            return replies


def session_cookie(user: Any) -> dict[str, str]:
    """The header of a browser in which the user has logged in."""
    browser = Client()
    browser.force_login(user)
    return {"cookie": f"sessionid={browser.cookies['sessionid'].value}"}
