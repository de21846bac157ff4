"""The helpdesk as the model checks drive it: what may be written, and what each user sees of it by the database itself."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import orjson
from django.contrib.auth.models import Permission, User
from django.db import transaction

from binding_schema.declare.context import Context
from binding_schema.errors import BindingError
from binding_schema.resolve.authentication import Fixed
from binding_schema.resolve.dispatch import dispatcher
from binding_schema.types import Request
from helpdesk.models import Comment, Label, Team, Ticket

NAMES = ("alice", "bob", "carol", "dave", "admin")
STREAMS = ("helpdesk.Ticket", "helpdesk.Comment", "helpdesk.Team", "helpdesk.Label", "auth.User")
#: Part of each text that is rolled back: nobody may ever be sent it.
SECRET = "rolled-back"


def reset() -> None:
    """The same small helpdesk, whatever was there before."""
    for model in (Comment, Ticket.labels.through, Ticket, Label, Team.members.through, Team):
        model._base_manager.all()._raw_delete("default")  # type: ignore[attr-defined]
    for through in (User.user_permissions.through, User.groups.through):
        through._base_manager.all()._raw_delete("default")  # type: ignore[attr-defined]
    User.objects.all()._raw_delete("default")  # type: ignore[attr-defined]
    people = User.objects.bulk_create(
        User(username=name, email=f"{name}@example.org", password=f"!{name}", is_superuser=name == "admin",
             is_staff=name == "admin") for name in (*NAMES, "eve", "fred")
    )  # fmt: skip
    alice, bob, carol, dave, *_ = people
    rights = Permission.objects.filter(content_type__app_label="helpdesk")
    links = User.user_permissions.through
    links.objects.bulk_create(links(user=user, permission=right) for user in people for right in rights)
    teams = Team.objects.bulk_create(Team(name=name) for name in ("Network", "Billing", "Hardware"))
    members = Team.members.through
    pairs = [(0, alice), (0, carol), (1, bob), (1, carol), (2, dave)]
    members.objects.bulk_create(members(team=teams[number], user=user) for number, user in pairs)
    labels = Label.objects.bulk_create(Label(name=name) for name in ("urgent", "vpn", "invoice"))
    tickets = Ticket.objects.bulk_create(
        Ticket(title=f"Ticket {number}", body="body", status=Ticket.Status.values[number % 3], priority=number % 4 + 1,
               team=teams[number % 3], assignee=people[5] if number % 4 == 0 else None, cost=Decimal(number))
        for number in range(9)
    )  # fmt: skip
    link = Ticket.labels.through
    link.objects.bulk_create(link(ticket=ticket, label=labels[0]) for ticket in tickets[::2])
    Comment.objects.bulk_create(
        Comment(ticket=ticket, author=alice, body="text", internal=number % 2 == 0)
        for number, ticket in enumerate(tickets[:6])
    )


def asked(user: Any, event: str, data: dict[str, Any] | None = None) -> dict[str, Any] | None:
    """What a user is answered at this moment, or would be if she were active; None where the answer is an error."""
    stream, _, verb = event.rpartition(".")
    current = User.objects.get(pk=user.pk)
    current.is_active = True
    try:
        result = dispatcher().dispatch_sync(Context(Fixed(current)), Request(stream, verb, "", data or {}))
    except BindingError:
        return None
    found: dict[str, Any] = orjson.loads(result.data)
    return found


def rows_of(user: Any, stream: str) -> dict[Any, str]:
    """All that a user sees of a stream at this moment, row by row."""
    answer = asked(user, f"{stream}.list")
    assert answer is None or not answer["truncated"]
    return {} if answer is None else {row["id"]: canonical(row) for row in answer["rows"]}


def canonical(row: Any) -> str:
    return orjson.dumps(row, option=orjson.OPT_SORT_KEYS).decode()


class Abandoned(Exception):
    """Ends a transaction, or a savepoint, that is to be rolled back."""


def abandon(write: Any, *, outer: bool = False) -> None:
    """Run a write and roll it back; ``outer``: it is a savepoint of a transaction that is committed."""
    try:
        with transaction.atomic():
            write()
            raise Abandoned
    except Abandoned:
        assert outer or not transaction.get_connection().in_atomic_block


def pick(items: Iterable[Any], number: int) -> Any:
    found = list(items)
    return found[number % len(found)] if found else None
