"""Everything that may happen to the helpdesk's database: each function is one thing, to be done in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from binding_schema import live
from helpdesk.models import Comment, Label, Team, Ticket

from .world import NAMES, SECRET, abandon, pick

Write = Callable[[str, int, int], None]
WRITES: list[Write] = []


def write(function: Write) -> Write:
    WRITES.append(function)
    return function


def tickets() -> list[Ticket]:
    return list(Ticket.objects.order_by("pk"))


def people() -> list[User]:
    return list(User.objects.filter(username__in=NAMES).order_by("pk"))


def mates(b: int) -> User | None:
    return pick(User.objects.filter(is_active=True).order_by("pk"), b)


# Rows -------------------------------------------------------------------------------------------------------------------


@write
def save(text: str, a: int, b: int) -> None:
    ticket = pick(tickets(), a)
    if ticket is not None:
        values = [("title", text), ("status", Ticket.Status.values[b % 3]), ("priority", b % 4 + 1), ("cost", b),
                  ("due_on", date(2099, 1, b % 5 + 1) if b % 6 else None), ("assignee", mates(b) if b % 3 else None),
                  ("body", text)]  # fmt: skip
        name, value = values[b % len(values)]
        setattr(ticket, name, value)
        ticket.save()


@write
def save_fields(text: str, a: int, b: int) -> None:
    ticket = pick(tickets(), a)
    if ticket is not None:
        ticket.title, ticket.status = text, Ticket.Status.values[b % 3]
        ticket.save(update_fields=["title"] if b % 2 else ["status"])


@write
def create(text: str, a: int, b: int) -> None:
    team = pick(Team.objects.order_by("pk"), a)
    ticket = Ticket.objects.create(title=text, team=team, status=Ticket.Status.values[b % 3], priority=b % 4 + 1)
    if b % 2:
        ticket.labels.set(Label.objects.order_by("pk")[: b % 3])


@write
def bulk_create(text: str, a: int, b: int) -> None:
    team = pick(Team.objects.order_by("pk"), a)
    with transaction.atomic():
        made = Ticket.objects.bulk_create(Ticket(title=f"{text} {n}", team=team, priority=b % 4 + 1) for n in (1, 2))
        live.changed(made, "create")


@write
def bulk_update(text: str, a: int, b: int) -> None:
    some = tickets()[a % 5 :: 3]
    for ticket in some:
        ticket.title, ticket.priority = text, b % 4 + 1
    with transaction.atomic():
        Ticket.objects.bulk_update(some, ["title", "priority"])
        live.changed(some)


@write
def queryset_update(text: str, a: int, b: int) -> None:
    rows = Ticket.objects.filter(status=Ticket.Status.values[a % 3])
    with transaction.atomic():
        live.changed(rows)
        rows.update(status=Ticket.Status.values[b % 3], title=text)


@write
def grouped(text: str, a: int, b: int) -> None:
    with live.grouped():
        for write in (save, label, comment):
            write(text, a, b)
        abandon(lambda: save(f"{text} {SECRET}", a + 1, 0), outer=True)
        save_fields(text, a, b)


@write
def move(text: str, a: int, b: int) -> None:
    ticket, team = pick(tickets(), a), pick(Team.objects.order_by("pk"), b)
    if ticket is not None:
        ticket.team = team
        ticket.save()


@write
def delete(text: str, a: int, b: int) -> None:
    ticket = pick(tickets(), a)
    if ticket is not None:
        ticket.delete()


@write
def delete_many(text: str, a: int, b: int) -> None:
    Ticket.objects.filter(pk__in=[ticket.pk for ticket in tickets()[a % 7 :][:2]]).delete()


# Relations --------------------------------------------------------------------------------------------------------------


@write
def label(text: str, a: int, b: int) -> None:
    ticket, labels = pick(tickets(), a), list(Label.objects.order_by("pk"))
    if ticket is None or not labels:
        return
    one = pick(labels, b)
    changes: list[Callable[[], Any]] = [
        lambda: ticket.labels.add(one), lambda: ticket.labels.remove(one), lambda: ticket.labels.set(labels[b % 2 :]),
        lambda: ticket.labels.clear(), lambda: one.tickets.add(ticket), lambda: one.tickets.set(tickets()[:b]),
        lambda: one.tickets.clear(), lambda: one.tickets.remove(ticket),
    ]  # fmt: skip
    changes[b % len(changes)]()


@write
def members(text: str, a: int, b: int) -> None:
    team, user = pick(Team.objects.order_by("pk"), a), pick(people(), b)
    changes: list[Callable[[], Any]] = [
        lambda: team.members.add(user), lambda: team.members.remove(user), lambda: team.members.set([user]),
        lambda: user.teams.set([team]), lambda: user.teams.remove(team), lambda: user.teams.add(team),
        lambda: team.members.add(*people()), lambda: user.teams.clear() if a % 2 else team.members.clear(),
    ]  # fmt: skip
    changes[b % len(changes)]()


@write
def comment(text: str, a: int, b: int) -> None:
    ticket, found = pick(tickets(), a), pick(Comment.objects.order_by("pk"), b)
    if ticket is None:
        return
    if found is None or b % 3 == 0:
        Comment.objects.create(ticket=ticket, author=people()[0], body=text, internal=b % 2 == 0)
        return
    found.body, found.internal = text, b % 2 == 0
    if b % 3 == 1:
        found.ticket = ticket
    found.save()


@write
def delete_comment(text: str, a: int, b: int) -> None:
    Comment.objects.filter(pk__in=[item.pk for item in Comment.objects.order_by("pk")[a % 4 :][:1]]).delete()


@write
def rename(text: str, a: int, b: int) -> None:
    found: Any = [
        pick(Team.objects.order_by("pk"), b), pick(Label.objects.order_by("pk"), b), mates(b),
    ][a % 3]  # fmt: skip
    if isinstance(found, User):
        if found.username not in NAMES:
            found.username = f"{text}-{found.pk}"
            found.save()
    elif found is not None:
        found.name = f"{text[:20]}-{found.pk}"
        found.save()


@write
def delete_label(text: str, a: int, b: int) -> None:
    """Its links go with it, without a signal of their own."""
    found = pick(Label.objects.order_by("pk"), a)
    if found is not None and b % 3 == 0:
        found.delete()
    Label.objects.create(name=f"{text}-{a}-{Label.objects.count()}-{b}"[-40:])


@write
def delete_assignee(text: str, a: int, b: int) -> None:
    """What was assigned to them is set to null."""
    for user in User.objects.exclude(username__in=NAMES)[:1]:
        user.delete()
    if b % 2:
        User.objects.create(username=f"{text}{User.objects.count()}{a}"[-60:], password="!")


# Rights -----------------------------------------------------------------------------------------------------------------


@write
def flip_staff(text: str, a: int, b: int) -> None:
    user = people()[a % 4]
    user.is_staff = not user.is_staff
    user.save()


@write
def flip_superuser(text: str, a: int, b: int) -> None:
    user = people()[a % 5]
    user.is_superuser = not user.is_superuser
    user.save(update_fields=["is_superuser"])


@write
def flip_active(text: str, a: int, b: int) -> None:
    user = people()[a % 4]
    user.is_active = not user.is_active
    user.save()


ROWS = [item for item in WRITES if item.__name__ not in ("flip_active",)]


def half_abandoned(first: Write, lost: Write, last: Write, text: str, a: int, b: int) -> None:
    """A transaction that is committed, with a savepoint in it that is rolled back."""
    with transaction.atomic():
        first(text, a, b)
        abandon(lambda: lost(f"{text} {SECRET}", b, a), outer=True)
        last(text, a + 1, b + 1)
