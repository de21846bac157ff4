from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from helpdesk.models import Comment, Label, Team, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return Team.objects.create(name="Network")


@pytest.fixture
def ticket(team: Team) -> Ticket:
    return Ticket.objects.create(title="No Wi-Fi", team=team)


def test_the_migrations_are_up_to_date() -> None:
    call_command("makemigrations", "helpdesk", check=True, dry_run=True, verbosity=0)


def test_a_new_ticket_is_open_and_of_normal_priority(ticket: Ticket) -> None:
    assert (ticket.status, ticket.priority) == (Ticket.Status.OPEN, Ticket.Priority.NORMAL)
    assert str(ticket) == f"#{ticket.pk} No Wi-Fi"


@pytest.mark.parametrize("model, values", [(Team, {"name": "Same"}), (Label, {"name": "Same", "color": "#000000"})])
def test_names_are_unique(model: type[models.Model], values: dict[str, Any]) -> None:
    model._default_manager.create(**values)
    with pytest.raises(ValidationError) as error:
        model(**values).full_clean()
    assert list(error.value.message_dict) == ["name"]
    with pytest.raises(IntegrityError), transaction.atomic():
        model._default_manager.create(**values)


@pytest.mark.parametrize(
    "values, wrong",
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"status": "lost"}, "status"),
        ({"priority": 0}, "priority"),
        ({"priority": 5}, "priority"),
        ({"cost": Decimal("-0.01")}, "cost"),
        ({"cost": Decimal("1.005")}, "cost"),
        ({"team": None}, "team"),
    ],
)
def test_a_wrong_ticket_is_refused_by_field(ticket: Ticket, values: dict[str, Any], wrong: str) -> None:
    for name, value in values.items():
        setattr(ticket, name, value)
    with pytest.raises(ValidationError) as error:
        ticket.full_clean()
    assert wrong in error.value.message_dict


@pytest.mark.parametrize("values", [{"priority": 5}, {"priority": 0}, {"cost": Decimal(-1)}])
def test_the_database_refuses_what_skips_validation(ticket: Ticket, values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Ticket.objects.filter(pk=ticket.pk).update(**values)


@pytest.mark.parametrize("color", ["red", "#12345", "#1234567", "#12345g", "#12345\n", "123456"])
def test_a_color_is_six_hexadecimal_digits(color: str) -> None:
    with pytest.raises(ValidationError):
        Label(name="Label", color=color).full_clean()


def test_a_ticket_is_not_due_before_it_was_created(ticket: Ticket) -> None:
    created = datetime(2026, 3, 10, 12, tzinfo=UTC)
    ticket.created_at = created
    for due_on in (None, created.date(), date(2026, 12, 24)):
        ticket.due_on = due_on
        ticket.full_clean()
    ticket.due_on = date(2026, 3, 9)
    with pytest.raises(ValidationError) as error:
        ticket.full_clean()
    assert error.value.error_dict["due_on"][0].code == "due_before_created"


def test_a_ticket_that_is_not_saved_yet_counts_from_today(team: Team) -> None:
    today = timezone.localdate()
    Ticket(title="New", team=team, due_on=today).full_clean()
    with pytest.raises(ValidationError):
        Ticket(title="New", team=team, due_on=today - timedelta(days=1)).full_clean()


def test_what_is_deleted_with_what(ticket: Ticket) -> None:
    author = User.objects.create_user("alice")
    ticket.assignee = author
    ticket.save()
    Comment.objects.create(ticket=ticket, author=author, body="Looking into it.")
    with pytest.raises(models.ProtectedError):
        author.delete()
    with pytest.raises(models.ProtectedError):
        ticket.team.delete()
    ticket.comments.all().delete()
    author.delete()
    ticket.refresh_from_db()
    assert ticket.assignee is None
    Comment.objects.create(ticket=ticket, author=User.objects.create_user("bob"), body="Mine now.")
    ticket.delete()
    assert not Comment.objects.exists()


def test_a_long_comment_is_shortened_as_text() -> None:
    assert str(Comment(body="Short")) == "Short"
    assert str(Comment(body="x" * 100)) == "x" * 59 + "…"
