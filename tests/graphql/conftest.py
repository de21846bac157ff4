"""Connections and requests of GraphQL's, as a test opens them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from tests.contract.conftest import Queries, queries

from .wires import Connect, Http, Socket

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Workers of the library have connections of their own, which do not see a test's open transaction."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """``await connect(user, init=..., application=..., headers=...)``: an acknowledged connection, left when the test ends.
    With ``init=None`` nothing is sent yet."""
    async with AsyncExitStack() as stack:

        async def connect(user: Any = None, *, init: Any = {}, **options: Any) -> Socket:  # noqa: B006 - only read
            socket = await stack.enter_async_context(Socket(user, **options))
            if init is not None:
                assert await socket.init(init) == {"type": "connection_ack"}
            return socket

        yield connect


@pytest.fixture(params=["asgi", "wsgi"])
def http(request: pytest.FixtureRequest) -> Http:
    """Django's test client under ASGI or WSGI, with CSRF checks as a server has them."""
    return Http(request.param == "wsgi")


@pytest.fixture
def asgi() -> Http:
    return Http(wsgi=False)


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


#: Statements of the change log, which the live engine reads and writes.
LOG = re.compile(r"(SELECT .*(FROM|JOIN)|INSERT INTO) \W*binding_schema_(change|floor)", re.DOTALL)
__all__ = ["queries"]


@pytest.fixture
def taken(queries: Queries) -> Callable[[], list[str]]:
    """The statements since the last call, but for those of the change log."""
    return lambda: [sql for sql in queries.take() if not LOG.match(sql)]
