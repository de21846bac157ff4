from typing import Any

from binding_schema import BasePermission, Context


class IsSelf(BasePermission):
    """Allows a user to change her own account, and nothing else."""

    def has_permission(self, ctx: Context) -> bool:
        return bool(ctx.user.is_authenticated) and ctx.verb == "update"

    def has_object_permission(self, ctx: Context, obj: Any) -> bool:
        return bool(obj.pk == ctx.user.pk)
