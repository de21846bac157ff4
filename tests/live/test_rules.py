"""Row rules with a reference in the user's place: which of them one query asks for all users, and which it does not."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db.models import Exists, OuterRef, Q

from binding_schema.live import sight
from binding_schema.live.match import Undecidable
from helpdesk.models import Team, Ticket
from tests.conftest import Demo

pytestmark = pytest.mark.django_db(transaction=True)
Rule = Callable[[Any], Q]

ASKED: dict[str, Rule] = {
    "a user": lambda user: Q(team__members=user),
    "a key": lambda user: Q(team__members=user.pk),
    "a column": lambda user: Q(assignee__username=user.username),
    "a negation": lambda user: ~Q(assignee=user),
    "a part of a text": lambda user: Q(assignee__email__startswith=user.username),
    "anonymous users": lambda user: Q() if user.is_anonymous else Q(team__members=user),
}
BY_AUDIENCE: dict[str, Rule] = {
    "a decision": lambda user: Q() if user.is_staff else Q(team__members=user),
    "a comparison": lambda user: Q() if user.pk == 1 else Q(team__members=user),
    "a relation's rows": lambda user: Q(team__in=user.team_set.all()),
    "a relation": lambda user: Q(team=user.profile.team),
    "a queryset": lambda user: Q(team__in=Team.objects.filter(members=user)),
    "a subquery": lambda user: Q(Exists(Team.objects.filter(pk=OuterRef("team"), members=user))),
    "a list": lambda user: Q(team__members__in=[user]),
}


def sights(rule: Rule, demo: Demo) -> dict[Any, frozenset[Any]]:
    stream: Any = SimpleNamespace(binding=SimpleNamespace(visible_to=rule), key="tickets", model=Ticket)
    users = [demo.alice.pk, demo.bob.pk, demo.dave.pk]
    return sight.sights(stream, sight.rule_of(stream), [item.pk for item in demo.tickets], users, "default")[1]


@pytest.mark.parametrize("name", ASKED)
def test_rules_that_one_query_asks(demo: Demo, name: str) -> None:
    seen = sights(ASKED[name], demo)
    for user in (demo.alice, demo.bob, demo.dave):
        assert seen[user.pk] == set(Ticket.objects.filter(ASKED[name](user)).values_list("pk", flat=True))
    assert any(seen.values())


@pytest.mark.parametrize("name", BY_AUDIENCE)
def test_rules_that_it_does_not(demo: Demo, name: str) -> None:
    with pytest.raises(Undecidable):
        sights(BY_AUDIENCE[name], demo)
