"""Row rules that compare with the user: a key with a key, and nobody's row is an anonymous user's."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q

from binding_schema import AllowAny, Binding, auto
from binding_schema.live import sight
from helpdesk.models import Ticket
from tests.conftest import Demo

from .local import Local

pytestmark = pytest.mark.django_db(transaction=True)
nobody = AnonymousUser()


class Self(Binding[User]):
    stream = "self"
    id: auto
    permissions = [AllowAny]

    def visible_to(self, user: Any) -> Q:
        return Q(pk=user)


class Others(Self):
    stream = "others"

    def visible_to(self, user: Any) -> Q:
        return ~Q(id=user)


class Mine(Binding[Ticket]):
    stream = "mine"
    id: auto
    permissions = [AllowAny]

    def visible_to(self, user: Any) -> Q:
        return Q(assignee=user)


class MineById(Mine):
    stream = "mine_by_id"

    def visible_to(self, user: Any) -> Q:
        return Q(assignee_id=user)


class MineOrOpen(Mine):
    stream = "mine_or_open"

    def visible_to(self, user: Any) -> Q:
        return Q(assignee=user) | Q(status="open")


async def keys(user: Any, stream: str) -> list[int]:
    local = Local(Self, Others, Mine, MineById, MineOrOpen)
    return [row["id"] for row in (await local.send(user, f"{stream}.list"))["rows"]]


async def test_a_user(demo: Demo) -> None:
    mine = [item.pk for item in demo.tickets if item.assignee_id == demo.alice.pk]
    wide = [item.pk for item in demo.tickets if item.assignee_id == demo.alice.pk or item.status == "open"]
    assert await keys(demo.alice, "self") == [demo.alice.pk]
    assert demo.alice.pk not in await keys(demo.alice, "others")
    assert sorted(await keys(demo.alice, "mine")) == sorted(await keys(demo.alice, "mine_by_id")) == mine
    assert sorted(await keys(demo.alice, "mine_or_open")) == wide


async def test_an_anonymous_user(demo: Demo) -> None:
    assert await keys(nobody, "self") == []
    assert len(await keys(nobody, "others")) == 5
    assert await keys(nobody, "mine") == await keys(nobody, "mine_by_id") == []
    assert sorted(await keys(nobody, "mine_or_open")) == [item.pk for item in demo.tickets if item.status == "open"]


@pytest.mark.parametrize("binding, attribute", [(Self, "pk"), (Mine, "assignee_id"), (MineById, "assignee_id")])
def test_the_live_engine_asks_them_of_all_users_at_once(
    demo: Demo, binding: type[Binding[Any]], attribute: str
) -> None:
    stream: Any = next(iter(Local(binding).dispatcher.schema.streams.values()))
    rows = list(stream.model.objects.all())
    users = [demo.alice.pk, demo.bob.pk]
    _, seen = sight.sights(stream, sight.rule_of(stream), [row.pk for row in rows], users, "default")
    for user in users:
        assert seen[user] == {row.pk for row in rows if getattr(row, attribute) == user}
