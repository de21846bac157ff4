"""Actions with a `**` parameter: further keys of the data reach them as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from binding_schema import AllowAny, Binding, Context, action, auto
from binding_schema.declare import registry
from binding_schema.errors import InvalidData, NotFound
from tests.app.models import Club

from .local import Local


@pytest.fixture
def local() -> Iterator[Local]:
    before = list(registry._declared)

    class Open(Binding[Club]):
        stream = "own.Club"
        permissions = [AllowAny]

        id: auto
        name: auto

        @action(read=True)
        def echo(self, ctx: Context, count: int = 1, **data: Any) -> dict[str, Any]:
            return {"count": count, "data": data}

        @action(read=True)
        async def shout(self, ctx: Context, **data: Any) -> dict[str, Any]:
            return {"data": data}

        @action
        def note(self, ctx: Context, club: Club, **data: Any) -> dict[str, Any]:
            return {"club": club.name, "data": data}

        @action(read=True)
        def free(self, ctx: Context, /, **data: Any) -> dict[str, Any]:
            return {"data": data}

        @action(read=True)
        def closed(self, ctx: Context, count: int = 1) -> dict[str, Any]:
            return {"count": count}

    yield Local(Open)
    registry._declared[:] = before


async def test_further_keys_reach_the_action(local: Local, alice: User) -> None:
    sent = {"count": 2, "id": 7, "f_count": 3, "none": None, "deep": {"list": [1, "two"]}, "not a name": True}
    answer = await local.send(alice, "own.Club.echo", **sent)
    assert answer == {"count": 2, "data": {name: value for name, value in sent.items() if name != "count"}}
    assert await local.send(alice, "own.Club.shout", model_extra=1) == {"data": {"model_extra": 1}}
    assert await local.send(alice, "own.Club.echo") == {"count": 1, "data": {}}


async def test_declared_ones_are_validated_all_the_same(local: Local, alice: User) -> None:
    with pytest.raises(InvalidData) as caught:
        await local.send(alice, "own.Club.echo", count="two", more=1)
    assert set(caught.value.errors) == {"count"}


async def test_an_object_is_looked_up_all_the_same(local: Local, alice: User) -> None:
    club = await Club.objects.acreate(name="Chess")
    answer = await local.send(alice, "own.Club.note", id=club.pk, text="hello")
    assert answer == {"club": "Chess", "data": {"text": "hello"}}
    with pytest.raises(NotFound):
        await local.send(alice, "own.Club.note", id=club.pk + 1, text="hello")


@pytest.mark.parametrize(
    "name, key", [("echo", "ctx"), ("echo", "self"), ("shout", "ctx"), ("note", "club"), ("note", "ctx")]
)
async def test_a_key_with_the_name_of_what_the_method_gets_is_refused(
    local: Local, alice: User, name: str, key: str
) -> None:
    club = await Club.objects.acreate(name="Chess")
    data = {"id": club.pk, key: 1}
    with pytest.raises(InvalidData) as caught:
        await local.ask(local.context(alice), f"own.Club.{name}", data)
    assert [item["code"] for item in caught.value.errors[key]] == ["unknown"]


async def test_a_slash_leaves_those_names_free(local: Local, alice: User) -> None:
    data = {"ctx": 1, "self": 2, "id": 3}
    assert await local.ask(local.context(alice), "own.Club.free", data) == {"data": data}


async def test_other_actions_are_closed(local: Local, alice: User) -> None:
    with pytest.raises(InvalidData) as caught:
        await local.send(alice, "own.Club.closed", more=1)
    assert set(caught.value.errors) == {"more"}
