"""What an editor and mypy make of bindings. Never run: `tests.typing.test_types` has it checked, and wants no complaint."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import date, datetime
from decimal import Decimal
from typing import Any, assert_type

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from binding_schema import (
    AllowAny,
    BasePermission,
    Binding,
    Context,
    IsAdminUser,
    IsAuthenticated,
    ReadOnly,
    WriteOnly,
    action,
    auto,
    computed,
    field,
    is_staff,
)
from helpdesk.models import Label, Team, Ticket


class LabelBinding(Binding[Label]):
    id: auto
    name: str
    color: WriteOnly[str]


class TeamBinding(Binding[Team]):
    id: auto
    name: auto = field(label="Name")


class TicketBinding(Binding[Ticket]):
    """Every way to declare, as the documents show it."""

    id: auto
    title: str
    status: auto
    cost: Decimal | None = field(readable=is_staff, writable=lambda ctx: is_staff(ctx))
    due_on: date | None
    team: TeamBinding
    labels: list[LabelBinding]
    label_ids: list[int] = field(source="labels", writable=False)
    created_at: ReadOnly[datetime]

    filters = {"status": ["exact", "in"], "team__name": ["icontains"]}
    ordering = ["created_at"]
    default_order = "-created_at"
    search_fields = ["title"]
    page_size = 10
    verbs = ["retrieve", "list"]
    permissions = [IsAuthenticated & ~IsAdminUser | AllowAny]

    def visible_to(self, user: Any) -> Q:
        return Q(team__members=user)

    def get_queryset(self, ctx: Context) -> QuerySet[Ticket]:
        return super().get_queryset(ctx).filter(team__members=ctx.user)

    def has_object_permission(self, ctx: Context, obj: Ticket) -> bool:
        return obj.title != ""

    def perform_create(self, ctx: Context, obj: Ticket) -> None:
        assert_type(obj.title, str)
        super().perform_create(ctx, obj)

    @computed(needs=["created_at"])
    def age_days(self, ticket: Ticket) -> int:
        return ticket.created_at.day

    @action
    def close(self, ctx: Context, ticket: Ticket, reason: str, days: int = 3) -> Ticket:
        return ticket

    @action(read=True, permissions=[AllowAny])
    async def count(self, ctx: Context, team: int | None = None) -> dict[str, int]:
        return {}


class AsyncBinding(Binding[Ticket]):
    """Hooks may be `async def`."""

    async def visible_to(self, user: Any) -> Q:
        return Q()

    async def sees_all(self, ctx: Context) -> bool:
        return False

    async def has_object_permission(self, ctx: Context, obj: Ticket) -> bool:
        return True

    async def perform_create(self, ctx: Context, obj: Ticket) -> None: ...

    async def perform_update(self, ctx: Context, obj: Ticket) -> None: ...

    async def perform_delete(self, ctx: Context, obj: Ticket) -> None: ...


class OtherForm(Binding[Any]):
    model = Ticket

    id: auto


class IsOwner(BasePermission):
    def has_permission(self, ctx: Context) -> bool:
        return True

    async def has_object_permission(self, ctx: Context, obj: Ticket) -> bool:
        return True


async def look(binding: TicketBinding, plain: Binding[Ticket], ctx: Context, ticket: Ticket) -> None:
    assert_type(plain.get_queryset(ctx), QuerySet[Ticket, Ticket])
    assert_type(binding.get_queryset(ctx).get(), Ticket)
    assert_type(plain.visible_to(ctx.user), Q | Coroutine[Any, Any, Q])
    assert_type(binding.visible_to(ctx.user), Q)
    assert_type(binding.has_object_permission(ctx, ticket), bool)
    # Fields are what they are said to be.
    assert_type(binding.title, str)
    assert_type(binding.team, TeamBinding)
    assert_type(binding.labels, list[LabelBinding])
    assert_type(binding.created_at, datetime)
    assert_type(binding.cost, Decimal | None)
    # Actions keep their signatures.
    assert_type(binding.close(ctx, ticket, "done"), Ticket)
    assert_type(binding.close(ctx, ticket, reason="done", days=1), Ticket)
    assert_type(await binding.count(ctx, team=1), dict[str, int])
    # The context.
    assert_type(ctx.user, Any)
    assert_type(ctx.stream, str)
    assert_type(ctx.is_read, bool)
    assert_type(is_staff(ctx), bool)
    assert_type(binding.age_days, Callable[..., Any])


def generic_rule(binding: Binding[User], ctx: Context, user: User) -> None:
    binding.perform_update(ctx, user)
    assert_type(binding.get_queryset(ctx).first(), User | None)
