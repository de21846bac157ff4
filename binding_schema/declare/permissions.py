"""Permission classes and their combinations. They are data here; ``resolve.access`` evaluates them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from .context import Context


class _Operators:
    """``&``, ``|`` and ``~`` for permission classes and for what they combine to."""

    def __and__(self, other: Any) -> And:
        return And((self, other))

    def __rand__(self, other: Any) -> And:
        return And((other, self))

    def __or__(self, other: Any) -> Or:
        return Or((self, other))

    def __ror__(self, other: Any) -> Or:
        return Or((other, self))

    def __invert__(self) -> Not:
        return Not(self)


class _PermissionMeta(_Operators, type):  # type: ignore[misc]  # `type` has an `|` of its own, for unions
    """Lets classes be combined before they are instantiated, as Django REST framework's are."""


@dataclass(frozen=True, slots=True)
class And(_Operators):
    parts: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Or(_Operators):
    parts: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Not(_Operators):
    part: Any


class BasePermission(_Operators, metaclass=_PermissionMeta):
    """Override one or both methods, as ``def`` or ``async def``; both must agree.

    ``has_permission`` is asked once per request, ``has_object_permission`` for each object it reads or writes:
    prefer a binding's ``visible_to`` for rules about rows, which costs no instance.
    """

    def has_permission(self, ctx: Context) -> Any:
        return True

    def has_object_permission(self, ctx: Context, obj: Any) -> Any:
        return True


PermissionLike: TypeAlias = type[BasePermission] | BasePermission | And | Or | Not


class AllowAny(BasePermission):
    """Everyone, logged in or not."""


class IsAuthenticated(BasePermission):
    def has_permission(self, ctx: Context) -> bool:
        return bool(ctx.user.is_authenticated)


class IsAdminUser(BasePermission):
    """Users with ``is_staff``, as in Django REST framework."""

    def has_permission(self, ctx: Context) -> bool:
        return is_staff(ctx)


class IsAuthenticatedOrReadOnly(BasePermission):
    def has_permission(self, ctx: Context) -> bool:
        return ctx.is_read or bool(ctx.user.is_authenticated)


class DjangoModelPermissions(BasePermission):
    """Reading needs an authenticated user; writing needs Django's add, change or delete permission on the model.

    An action that writes needs the change permission. On a stream without a model only reading is granted.
    """

    needs = {"create": "add", "delete": "delete"}

    def has_permission(self, ctx: Context) -> bool:
        user = ctx.user
        if not user.is_authenticated or ctx.is_read:
            return bool(user.is_authenticated)
        if ctx.model is None:
            return False
        meta = ctx.model._meta
        return bool(user.has_perm(f"{meta.app_label}.{self.needs.get(ctx.verb, 'change')}_{meta.model_name}"))


def is_staff(ctx: Context) -> bool:
    """For ``field(readable=is_staff)``: active staff."""
    return bool(ctx.user.is_active and getattr(ctx.user, "is_staff", False))
