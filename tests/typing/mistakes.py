"""Wrong uses that mypy has to find. Never run. Each complaint stands behind its line: `# error: code`."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from binding_schema import Binding, Context, action, auto, computed, field
from helpdesk.models import Label, Team, Ticket


class Odd(Binding[Ticket]):
    id: auto
    title: auto = field("title")  # error: call-arg
    body: auto = field(readible=False)  # error: call-arg
    cost: auto = field(depth="1")  # error: arg-type
    page_size = "25"  # error: assignment
    ordering = 5  # error: assignment
    filters = ["status"]  # error: assignment

    def visible_to(self, user: Any) -> bool:  # error: override
        return True

    def get_queryset(self, ctx: Context) -> QuerySet[Team]:  # error: override
        return Team.objects.all()

    def perform_create(self, ctx: Context, obj: Team) -> None: ...  # error: override

    def has_object_permission(self, obj: Ticket) -> bool:  # error: override
        return True

    @computed  # error: call-arg, arg-type
    def age(self, ticket: Ticket) -> int:  # error: misc
        return 1

    @action(reed=True)  # error: call-overload, untyped-decorator
    def look(self, ctx: Context) -> int:
        return 1

    @action
    def close(self, ctx: Context, ticket: Ticket, reason: str) -> Ticket:
        return ticket


class NoModel(Binding[str]):  # error: type-var
    pass


def use(binding: Odd, ctx: Context, ticket: Ticket, label: Label) -> None:
    binding.close(ctx, ticket)  # error: call-arg
    binding.close(ctx, label, "done")  # error: arg-type
    binding.close(ctx, ticket, reason=5)  # error: arg-type
    binding.perform_update(ctx, label)  # error: arg-type
    ctx.stream = "shop.Order"  # error: misc
    ctx.nothing()  # error: attr-defined
    Q(binding.close(ctx, ticket, "done").weather)  # error: attr-defined
