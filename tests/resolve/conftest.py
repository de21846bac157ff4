from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from django.contrib.auth.models import User

from binding_schema.testing import RestClient


@pytest.fixture
def alice(transactional_db: None) -> User:
    return User.objects.create_user("alice", "alice@example.org", "alice")


@pytest.fixture
def bob(transactional_db: None) -> User:
    return User.objects.create_user("bob", "bob@example.org", "bob")


@pytest.fixture
async def api(alice: User) -> AsyncIterator[RestClient]:
    """The bindings of `tests.app`, asked by alice with JSON text over HTTP."""
    async with RestClient(alice) as client:
        yield client
