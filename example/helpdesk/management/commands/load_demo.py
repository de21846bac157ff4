from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import DateTimeField, Model

from helpdesk.demo.accounts import ACCOUNTS, Account, quick_hash
from helpdesk.demo.build import Rows, build
from helpdesk.models import Comment, Label, Team, Ticket

# In an order in which they can be deleted.
MODELS: tuple[type[Model], ...] = (Comment, Ticket, Label, Team)


class Command(BaseCommand):
    help = (
        "Loads the demo data: three teams, five users whose passwords are their names, 2,000 tickets, 5,000 comments. "
        "A helpdesk that holds anything already is left as it is, so it is safe to run twice. "
        "For a demo only: it makes a superuser whose password everyone knows."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        choice = parser.add_mutually_exclusive_group()
        choice.add_argument(
            "--reset",
            action="store_true",
            help="first delete every team, label, ticket and comment, and set the demo users back to what they were",
        )
        choice.add_argument(
            "--if-empty", action="store_true", help="say nothing when there is data already; for start-up scripts"
        )

    def handle(self, *, reset: bool, if_empty: bool, **options: Any) -> None:
        with transaction.atomic():
            if reset:
                for model in MODELS:
                    model._default_manager.all().delete()
            elif any(model._default_manager.exists() for model in MODELS):
                if not if_empty:
                    self.stdout.write("There is data already, so nothing was loaded. With --reset it is replaced.")
                return
            users = {account.username: load_user(account, reset=reset) for account in ACCOUNTS}
            rows = build(users)
            save(rows, users)
        names = ", ".join(users)
        self.stdout.write(
            f"Loaded {len(rows.teams)} teams, {len(rows.tickets)} tickets and {len(rows.comments)} comments. "
            f"Users: {names}; each password is the username."
        )


def load_user(account: Account, *, reset: bool) -> Any:
    """The account's user. One that exists already keeps its password and rights, unless this is a reset."""
    manager = get_user_model()._default_manager
    user = manager.filter(username=account.username).first()
    if user is not None and not reset:
        return user
    values = {
        "email": account.email,
        "password": quick_hash(account.username),
        "is_active": True,
        "is_staff": account.is_admin,
        "is_superuser": account.is_admin,
    }
    return manager.update_or_create(username=account.username, defaults=values)[0]


def save(rows: Rows, users: dict[str, Any]) -> None:
    Team.objects.bulk_create(rows.teams)
    teams = {team.name: team for team in rows.teams}
    for account in ACCOUNTS:
        users[account.username].teams.set([teams[name] for name in account.teams])
    Label.objects.bulk_create(rows.labels)
    with stamps_as_given(Ticket, "created_at", "updated_at"):
        Ticket.objects.bulk_create(rows.tickets, batch_size=500)
    with stamps_as_given(Comment, "created_at"):
        Comment.objects.bulk_create(rows.comments, batch_size=500)
    tagged = Ticket.labels.through
    tagged.objects.bulk_create([tagged(ticket_id=ticket, label_id=label) for ticket, label in rows.labels_of])
    # The primary keys were given, so PostgreSQL's sequences have to be told; `loaddata` does the same.
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), MODELS):
            cursor.execute(statement)


@contextmanager
def stamps_as_given(model: type[Model], *names: str) -> Iterator[None]:
    """Store the dates that the objects hold, where `auto_now` and `auto_now_add` would put the present.

    Setting them afterwards, with `bulk_update`, takes longer than all the rest.
    """
    before = []
    for name in names:
        column = model._meta.get_field(name)
        assert isinstance(column, DateTimeField)
        before.append((column, column.auto_now, column.auto_now_add))
        column.auto_now = column.auto_now_add = False
    try:
        yield
    finally:
        for column, auto_now, auto_now_add in before:
            column.auto_now, column.auto_now_add = auto_now, auto_now_add
