"""The tables of a run and the rows in them: the same in every run."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection

from .benchapp.models import Item, PlainItem, Row, Status

_BODY = "The printer on the second floor takes the first page of every job and keeps the others. " * 2
_STATUSES = list(Status)
_FIRST_DAY = date(2024, 1, 1)
_FIRST_MOMENT = datetime(2024, 1, 1, 8, 30, tzinfo=UTC)


def fill(rows: int, users: int) -> list[User]:
    """Create the tables, `users` ordinary users and `rows` rows of each model with the ids 1 to `rows`; return the users."""
    call_command("migrate", verbosity=0)
    accounts = User.objects.bulk_create(User(username=f"user{n}", password="!") for n in range(users))
    for model in (Item, PlainItem):
        model.objects.bulk_create((_row(model, n, accounts) for n in range(1, rows + 1)), batch_size=1_000)
    with connection.cursor() as cursor:
        # Otherwise PostgreSQL does this by itself at some moment during the measurements.
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return accounts


def _row(model: type[Row], n: int, accounts: list[User]) -> Row:
    return model(
        id=n,
        title=f"Item {n}",
        body=_BODY,
        status=_STATUSES[n % len(_STATUSES)],
        priority=n % 4 + 1,
        amount=Decimal(n * 7 % 100_000) / 100,
        owner=accounts[n % len(accounts)],
        due_on=None if n % 5 == 0 else _FIRST_DAY + timedelta(days=n % 365),
        created_at=_FIRST_MOMENT + timedelta(minutes=n, microseconds=n),
    )
