"""The rows of a run: one team whose members all see the changed rows, and others that nobody here is in."""

from datetime import UTC, date, datetime
from decimal import Decimal

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection

from .liveapp.models import Item, PlainItem, Row, Team, Ticket

ROWS = 100
_BODY = "The printer on the second floor takes the first page of every job and keeps the others. " * 2


def fill(users: int) -> list[User]:
    """Create the tables, `ROWS` rows of each model and `users` ordinary users; return the users."""
    call_command("migrate", verbosity=0)
    accounts = User.objects.bulk_create(User(username=f"user{n}", password="!") for n in range(users))
    team, *_ = [Team.objects.create(name=name) for name in ("Network", "Billing", "Hardware")]
    team.members.set(accounts)
    for model in (Item, Ticket, PlainItem):
        model.objects.bulk_create(_row(model, n, team) for n in range(1, ROWS + 1))
    with connection.cursor() as cursor:
        # Otherwise PostgreSQL does this by itself at some moment during the measurements.
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return accounts


def _row(model: type[Row], n: int, team: Team) -> Row:
    return model(
        id=n,
        title=f"Title 0.{n}",
        body=_BODY,
        priority=n % 4 + 1,
        amount=Decimal(n * 7) / 100,
        team=team,
        due_on=date(2024, 1, 1),
        created_at=datetime(2024, 1, 1, 8, 30, tzinfo=UTC),
    )
