"""An action that writes is all or nothing, also on a stream without a model."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from binding_schema import Binding, Context, IsAuthenticated, action
from binding_schema.errors import Conflict
from tests.app.models import Club

from .local import Local

pytestmark = pytest.mark.django_db(transaction=True)


class Till(Binding[Any]):
    stream = "tests.Till"
    permissions = [IsAuthenticated]

    def _open(self) -> None:
        Club.objects.create(name="first")
        raise Conflict("Not the second.")

    @action
    def whole(self, ctx: Context) -> None:
        self._open()

    @action(atomic=False)
    def parts(self, ctx: Context) -> None:
        self._open()

    @action(read=True)
    def look(self, ctx: Context) -> dict[str, bool]:
        return {"atomic": connection.in_atomic_block}


@pytest.mark.parametrize("verb, left", [("whole", 0), ("parts", 1)])
async def test_what_fails_is_taken_back(alice: User, verb: str, left: int) -> None:
    with pytest.raises(Conflict):
        await Local(Till).send(alice, f"tests.Till.{verb}")
    assert await Club.objects.acount() == left


async def test_what_only_reads_is_in_none(alice: User) -> None:
    assert await Local(Till).send(alice, "tests.Till.look") == {"atomic": False}
