"""The helpdesk's row rules and actions, asked directly: that the library obeys them is the contract suite's matter."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef

from binding_schema import Context
from binding_schema.errors import NotFound
from helpdesk.bindings import CommentBinding, TeamBinding, TicketBinding, UserBinding, email_is_readable
from helpdesk.models import Comment, Team, Ticket
from helpdesk.permissions import IsSelf

pytestmark = pytest.mark.django_db


def asked_by(user: AbstractBaseUser | AnonymousUser, verb: str = "retrieve") -> Context:
    return Context(principal=SimpleNamespace(user=user), verb=verb, is_read=verb == "retrieve")


@pytest.fixture
def people() -> SimpleNamespace:
    found = {name: User.objects.create_user(name) for name in ("alice", "bob", "stranger")}
    return SimpleNamespace(admin=User.objects.create_superuser("admin"), **found)


@pytest.fixture
def tickets(people: SimpleNamespace) -> SimpleNamespace:
    """One open ticket of each team, each with a public and an internal comment."""
    made = {}
    for name, agent in (("network", people.alice), ("billing", people.bob)):
        team = Team.objects.create(name=name)
        team.members.add(agent)
        made[name] = ticket = Ticket.objects.create(title=f"About {name}", team=team)
        Comment.objects.create(ticket=ticket, author=agent, body="public")
        Comment.objects.create(ticket=ticket, author=people.admin, body="internal", internal=True)
    return SimpleNamespace(**made)


def test_agents_see_the_tickets_and_teams_that_are_theirs(people: SimpleNamespace, tickets: SimpleNamespace) -> None:
    rule = TicketBinding().visible_to
    assert list(Ticket.objects.filter(rule(people.alice))) == [tickets.network]
    assert not Ticket.objects.filter(rule(people.stranger)).exists()
    assert list(Team.objects.filter(TeamBinding().visible_to(people.bob))) == [tickets.billing.team]


def test_internal_comments_are_for_staff_of_the_team(people: SimpleNamespace, tickets: SimpleNamespace) -> None:
    rule = CommentBinding().visible_to

    def seen() -> list[str]:
        return sorted(Comment.objects.filter(rule(people.alice)).values_list("body", flat=True))

    # A colleague who is staff makes nobody else staff.
    tickets.network.team.members.add(User.objects.create_user("colleague", is_staff=True))
    assert seen() == ["public"]
    people.alice.is_staff = True
    people.alice.save()
    assert seen() == ["internal", "public"]


def test_the_rules_hold_for_a_reference_to_a_user(people: SimpleNamespace, tickets: SimpleNamespace) -> None:
    """As the live engine asks: who, of all users, sees this row?"""

    def who_sees(body: str) -> list[User]:
        row = Comment.objects.filter(CommentBinding().visible_to(OuterRef("pk")), body=body, ticket=tickets.billing)
        return list(User.objects.filter(Exists(row)))

    assert who_sees("public") == [people.bob]
    assert who_sees("internal") == []
    User.objects.filter(pk=people.bob.pk).update(is_staff=True)
    assert who_sees("internal") == [people.bob]


def test_a_user_changes_her_own_account_only(people: SimpleNamespace) -> None:
    rule = IsSelf()
    assert rule.has_permission(asked_by(people.alice, "update"))
    assert rule.has_object_permission(asked_by(people.alice, "update"), people.alice)
    assert not rule.has_object_permission(asked_by(people.alice, "update"), people.bob)
    for verb in ("create", "delete"):
        assert not rule.has_permission(asked_by(people.alice, verb))
    assert not rule.has_permission(asked_by(AnonymousUser(), "update"))


def test_an_email_is_for_staff_and_oneself(people: SimpleNamespace) -> None:
    assert email_is_readable(asked_by(people.admin)) is True
    mine = email_is_readable(asked_by(people.alice))
    assert list(User.objects.filter(mine)) == [people.alice]
    named = {*UserBinding.filters, *UserBinding.ordering, *UserBinding.search_fields}
    assert not any("email" in name for name in named)


def test_a_user_made_over_the_api_cannot_log_in_yet(people: SimpleNamespace) -> None:
    user = User(username="new")
    UserBinding().perform_create(asked_by(people.admin, "create"), user)
    user.refresh_from_db()
    assert not user.has_usable_password()


def test_a_comment_is_by_whoever_wrote_it(people: SimpleNamespace, tickets: SimpleNamespace) -> None:
    comment = Comment(ticket=tickets.network, body="Hello")
    CommentBinding().perform_create(asked_by(people.alice, "create"), comment)
    comment.refresh_from_db()
    assert comment.author == people.alice


def test_close_closes_and_says_why(people: SimpleNamespace, tickets: SimpleNamespace) -> None:
    before = tickets.network.updated_at
    TicketBinding().close(asked_by(people.alice, "close"), tickets.network, "Solved.")
    tickets.network.refresh_from_db()
    assert tickets.network.status == Ticket.Status.CLOSED
    assert tickets.network.updated_at > before
    last = tickets.network.comments.last()
    assert (last.author, last.body, last.internal) == (people.alice, "Solved.", False)
    with pytest.raises(ValidationError) as error:
        TicketBinding().close(asked_by(people.alice, "close"), tickets.network, "Again.")
    assert list(error.value.message_dict) == ["status"]
    assert tickets.network.comments.last() == last


def test_take_gives_the_most_urgent_free_ticket(people: SimpleNamespace, tickets: SimpleNamespace) -> None:
    team = tickets.network.team
    urgent = Ticket.objects.create(title="Urgent", team=team, priority=4)
    Ticket.objects.create(title="Someone's", team=team, priority=4, assignee=people.admin)
    Ticket.objects.create(title="Done", team=team, priority=4, status=Ticket.Status.CLOSED)
    ctx = asked_by(people.alice, "take")
    assert [TicketBinding().take(ctx), TicketBinding().take(ctx)] == [urgent, tickets.network]
    urgent.refresh_from_db()
    assert urgent.assignee == people.alice
    with pytest.raises(NotFound):
        TicketBinding().take(ctx)
    with pytest.raises(NotFound):  # there is one, but not for her
        TicketBinding().take(ctx, tickets.billing.team_id)
    assert TicketBinding().take(asked_by(people.admin, "take"), tickets.billing.team_id) == tickets.billing


def test_stats_count_what_the_user_sees(people: SimpleNamespace, tickets: SimpleNamespace) -> None:
    Ticket.objects.create(title="Done", team=tickets.network.team, status=Ticket.Status.CLOSED)
    stats = TicketBinding().stats
    assert stats(asked_by(people.alice)) == {"open": 1, "pending": 0, "closed": 1}
    assert stats(asked_by(people.admin)) == {"open": 2, "pending": 0, "closed": 1}
    assert stats(asked_by(people.stranger)) == {"open": 0, "pending": 0, "closed": 0}
