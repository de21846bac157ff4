"""Makes the rows, unsaved. All chance comes from one seeded generator, all dates from one fixed moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from helpdesk.models import Comment, Label, Team, Ticket

from . import texts
from .accounts import ACCOUNTS, TEAMS

NOW = datetime(2026, 7, 1, 16, 0, tzinfo=UTC)
DAYS = 180
TICKETS = 2_000
COMMENTS = 5_000
SEED = 20260701

ADMIN = next(account.username for account in ACCOUNTS if account.is_admin)
AGENTS = {team: [account.username for account in ACCOUNTS if team in account.teams] for team in TEAMS}


@dataclass
class Rows:
    """What is loaded. Primary keys are set and count from 1, so that ``labels_of`` can name them."""

    teams: list[Team] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    labels_of: list[tuple[int, int]] = field(default_factory=list)
    """Pairs (ticket id, label id)."""


def build(users: Mapping[str, Any]) -> Rows:
    """All rows of the demo. ``users``: each demo account's saved user, by its username."""
    rng = Random(SEED)
    rows = Rows(
        teams=[Team(pk=pk, name=name) for pk, name in enumerate(TEAMS, 1)],
        labels=[Label(pk=pk, name=name, color=color) for pk, (name, color) in enumerate(texts.LABELS.items(), 1)],
    )
    label_ids = {label.name: label.pk for label in rows.labels}
    for pk, created_at in enumerate(moments(rng, NOW - timedelta(days=DAYS), NOW, TICKETS), 1):
        # The teams take turns: ticket 1 is Network's, 2 is Billing's, 3 is Hardware's, 4 is Network's again.
        team = rows.teams[(pk - 1) % len(rows.teams)]
        kind = rng.choice(texts.KINDS[team.name])
        rows.tickets.append(ticket(rng, pk, team, kind, created_at, users))
        labels = rng.sample(kind.labels, rng.randint(0, len(kind.labels)))
        rows.labels_of += [(pk, label_ids[name]) for name in labels]
    rows.comments = comments(rng, rows.tickets, users)
    return rows


def moments(rng: Random, start: datetime, end: datetime, count: int) -> list[datetime]:
    """``count`` moments between the two, to the second, oldest first."""
    seconds = int((end - start).total_seconds())
    return [start + timedelta(seconds=offset) for offset in sorted(rng.randrange(seconds) for _ in range(count))]


def ticket(
    rng: Random, pk: int, team: Team, kind: texts.Kind, created_at: datetime, users: Mapping[str, Any]
) -> Ticket:
    words = texts.draw(rng, created_at)
    status = status_at_age(rng, NOW - created_at)
    assigned = status == Ticket.Status.CLOSED or rng.random() < 0.6
    return Ticket(
        pk=pk,
        title=texts.fill(kind.title, words),
        body=f"{texts.fill(kind.body, words)} {texts.fill(rng.choice(texts.ENDINGS), words)}",
        status=status,
        priority=rng.choices(Ticket.Priority.values, weights=(3, 5, 3, 1))[0],
        team=team,
        assignee=users[rng.choice(AGENTS[team.name])] if assigned else None,
        cost=Decimal(rng.randrange(500, 200_000)) / 100 if rng.random() < 0.3 else None,
        due_on=created_at.date() + timedelta(days=rng.randrange(1, 31)) if rng.random() < 0.4 else None,
        created_at=created_at,
        updated_at=created_at,
    )


def status_at_age(rng: Random, age: timedelta) -> Ticket.Status:
    """Old tickets are mostly closed, new ones mostly open."""
    closed, pending = (0.85, 0.07) if age > timedelta(days=30) else (0.25, 0.2)
    chance = rng.random()
    if chance < closed:
        return Ticket.Status.CLOSED
    return Ticket.Status.PENDING if chance < closed + pending else Ticket.Status.OPEN


def comments(rng: Random, tickets: Sequence[Ticket], users: Mapping[str, Any]) -> list[Comment]:
    """Comments on random tickets, oldest first; a ticket counts as updated when its last comment was written."""
    drafts = []
    for _ in range(COMMENTS):
        about = rng.choice(tickets)
        # Within ten days of the ticket, but not after the demo's present.
        window = min(NOW - about.created_at, timedelta(days=10))
        drafts.append((about.created_at + timedelta(seconds=rng.randrange(int(window.total_seconds()))), about))
    drafts.sort(key=lambda draft: (draft[0], draft[1].pk))
    rows = []
    for pk, (created_at, about) in enumerate(drafts, 1):
        about.updated_at = max(about.updated_at, created_at)
        internal = rng.random() < 0.15
        author = ADMIN if internal else rng.choice(AGENTS[about.team.name])
        body = texts.fill(rng.choice(texts.INTERNAL_NOTES if internal else texts.REPLIES), texts.draw(rng, created_at))
        rows.append(
            Comment(pk=pk, ticket=about, author=users[author], body=body, internal=internal, created_at=created_at)
        )
    return rows
