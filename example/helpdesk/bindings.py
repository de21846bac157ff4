"""The helpdesk's API. Each class is served over WebSocket and REST as it stands here."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from pydantic import Field, StringConstraints

from binding_schema import (
    Binding,
    Context,
    DjangoModelPermissions,
    IsAuthenticated,
    ReadOnly,
    action,
    auto,
    computed,
    field,
    is_staff,
)
from binding_schema.errors import NotFound

from .models import Comment, Label, Team, Ticket
from .permissions import IsSelf

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000)]
Key = Annotated[int, Field(ge=1, lt=2**63)]


def email_is_readable(ctx: Context) -> bool | Q:
    """Everyone's for staff, and one's own."""
    return is_staff(ctx) or Q(pk=ctx.user.pk)


class UserBinding(Binding[User]):
    """Agents know each other by name. Each may rename herself; the rest needs Django's permissions on users."""

    id: auto
    username: auto
    email: auto = field(readable=email_is_readable)

    # Nothing here may name `email`: who can filter, order or search by a field can find out its values.
    filters = {"username": ["exact", "icontains"]}
    ordering = ["id", "username"]
    default_order = "username"
    search_fields = ["username"]
    permissions = [DjangoModelPermissions | IsSelf]

    def perform_create(self, ctx: Context, obj: User) -> None:
        # The password is set in the admin, or by the user through a reset mail.
        obj.set_unusable_password()
        super().perform_create(ctx, obj)


class AgentBinding(Binding[User]):
    """A user, nested in what she works on."""

    stream = None

    id: auto
    username: ReadOnly[str]


class TeamBinding(Binding[Team]):
    """Agents see their own teams. To write takes Django's permissions on teams (the default)."""

    id: auto
    name: auto

    filters = {"name": ["exact", "icontains"]}
    ordering = ["name"]
    search_fields = ["name"]
    visibility_depends_on = [Team.members]

    def visible_to(self, user: Any) -> Q:
        return Q(members=user)


class LabelBinding(Binding[Label]):
    id: auto
    name: auto
    color: auto

    filters = {"name": ["exact", "in", "icontains"]}
    ordering = ["name"]
    search_fields = ["name"]


class TicketBinding(Binding[Ticket]):
    """Agents add, change and delete the tickets of their teams; nobody else sees them."""

    id: auto
    title: str
    body: auto
    status: auto
    priority: auto
    cost: auto = field(readable=is_staff, writable=is_staff)
    due_on: auto
    team: TeamBinding
    assignee: AgentBinding | None
    labels: list[LabelBinding]
    created_at: ReadOnly[datetime]
    updated_at: ReadOnly[datetime]

    filters = {
        "status": ["exact", "in"],
        "priority": ["exact", "in", "gte", "lte"],
        "team": ["exact", "in"],
        "team__name": ["exact", "in"],
        "assignee": ["exact", "in", "isnull"],
        "labels": ["exact", "in"],
        "title": ["icontains"],
        "due_on": ["exact", "gte", "lte", "isnull"],
        "created_at": ["gte", "lt"],
        "updated_at": ["gte", "lt"],
    }
    ordering = ["id", "title", "status", "priority", "due_on", "created_at", "updated_at"]
    search_fields = ["title", "body"]
    # No Django permissions are asked for: whoever sees a ticket may work on it.
    permissions = [IsAuthenticated]
    # A renamed team, label or user is told to whoever looks at its tickets; a member who leaves loses them at once.
    depends_on = ["team", "labels", "assignee"]
    visibility_depends_on = [Team.members]

    def visible_to(self, user: Any) -> Q:
        return Q(team__members=user)

    def visible(self, ctx: Context) -> QuerySet[Ticket]:
        """The tickets that the user may see, for the actions below that choose among them."""
        tickets = self.get_queryset(ctx)
        return tickets if self.sees_all(ctx) else tickets.filter(self.visible_to(ctx.user))

    @computed(needs=["created_at"])
    def age_days(self, ticket: Ticket) -> int:
        """Whole days since the ticket was created."""
        return (timezone.now() - ticket.created_at).days

    @action
    def close(self, ctx: Context, ticket: Ticket, reason: Reason) -> Ticket:
        """Close the ticket, and say why in a comment."""
        if ticket.status == Ticket.Status.CLOSED:
            raise ValidationError({"status": ValidationError("The ticket is closed already.", code="closed")})
        ticket.status = Ticket.Status.CLOSED
        ticket.save(update_fields=["status", "updated_at"])
        Comment.objects.create(ticket=ticket, author=ctx.user, body=reason)
        return ticket

    @action
    def take(self, ctx: Context, team: Key | None = None) -> Ticket:
        """Assign to oneself the most urgent open ticket that nobody works on, of one team or of all of one's teams."""
        waiting = self.visible(ctx).filter(status=Ticket.Status.OPEN, assignee=None)
        if team is not None:
            waiting = waiting.filter(team=team)
        # Two agents who ask at the same moment get two tickets. SQLite has one writer at a time and needs no lock.
        waiting = waiting.select_for_update(of=("self",), skip_locked=True)
        ticket = waiting.order_by("-priority", "created_at", "id").first()
        if ticket is None:
            raise NotFound("No open ticket is waiting for someone to take it.")
        ticket.assignee = ctx.user
        ticket.save(update_fields=["assignee", "updated_at"])
        return ticket

    @action(read=True)
    def stats(self, ctx: Context) -> dict[str, int]:
        """How many tickets that the user may see have each status."""
        counts = dict(self.visible(ctx).order_by().values_list("status").annotate(Count("pk")))
        return {status.value: counts.get(status.value, 0) for status in Ticket.Status}


class CommentBinding(Binding[Comment]):
    """Agents add, change and delete the comments on their teams' tickets. Internal ones are for staff."""

    id: auto
    ticket_id: auto
    author: ReadOnly[AgentBinding]
    body: auto
    internal: auto = field(writable=is_staff)
    created_at: ReadOnly[datetime]

    filters = {
        "ticket": ["exact", "in"],
        "author": ["exact", "in"],
        "internal": ["exact"],
        "created_at": ["gte", "lt"],
    }
    ordering = ["id", "created_at"]
    search_fields = ["body"]
    permissions = [IsAuthenticated]
    # With its ticket a comment moves into and out of sight.
    depends_on = ["ticket", "author"]
    visibility_depends_on = [Team.members]

    def visible_to(self, user: Any) -> Q:
        # "The user is staff" is said of the member that the user is: so it holds for a reference to a user too.
        is_member, is_staff_member = Q(ticket__team__members=user), Q(ticket__team__members__is_staff=True)
        return is_member & (Q(internal=False) | is_staff_member)

    def perform_create(self, ctx: Context, obj: Comment) -> None:
        obj.author = ctx.user
        super().perform_create(ctx, obj)
