"""Permissions: what a binding or an action names becomes one combination of instances."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from ..conf import Settings, imported
from ..declare.binding import Binding
from ..declare.permissions import And, BasePermission, Not, Or
from .problems import Problems


def binding_permission(binding: type[Binding[Any]], config: Settings, problems: Problems) -> And:
    """All of the binding's ``permissions``, or those of the setting DEFAULT_PERMISSIONS."""
    if binding.permissions is None:
        return default_permission(config)
    return permission_of(binding, binding.permissions, "`permissions`", problems)


def default_permission(config: Settings) -> And:
    return of_setting(config, "DEFAULT_PERMISSIONS")


def of_setting(config: Settings, key: str) -> And:
    """What a setting with permissions names. Raises ImproperlyConfigured for what is no permission."""
    found = [(path, imported(key, path)) for path in getattr(config, key)]
    for path, item in found:
        if not is_permission(item):
            raise ImproperlyConfigured(f"BINDING_SCHEMA[{key!r}]: {path!r} is not a subclass of BasePermission.")
    try:
        return And(tuple(_instance(item) for _, item in found))
    except TypeError as error:
        raise ImproperlyConfigured(f"BINDING_SCHEMA[{key!r}]: {error}.") from None


def permission_of(binding: type[Binding[Any]], wanted: Any, where: str, problems: Problems) -> And:
    """A list of permissions, all of which must agree. ``where`` names the list in a problem's message."""
    if not isinstance(wanted, (list, tuple)) or not all(is_permission(item) for item in wanted):
        hint = "Write permissions = [IsAuthenticated], with permission classes or their combinations by &, | and ~."
        problems.add(50, binding, f"{where} is {wanted!r}.", hint)
        return And(())
    if not wanted:
        problems.add(51, binding, f"{where} is empty.", "Write permissions = [AllowAny] to open it to everyone.")
    try:
        return And(tuple(_instance(item) for item in wanted))
    except TypeError as error:
        hint = "A permission class is made without arguments; write permissions = [InTeam(3)] to give some."
        problems.add(52, binding, f"{where} names a class that cannot be made: {error}.", hint)
        return And(())


def is_permission(item: Any) -> bool:
    if isinstance(item, (And, Or)):
        return all(is_permission(part) for part in item.parts)
    if isinstance(item, Not):
        return is_permission(item.part)
    return isinstance(item, BasePermission) or (isinstance(item, type) and issubclass(item, BasePermission))


def _instance(item: Any) -> Any:
    """Classes become instances, also within combinations."""
    if isinstance(item, type):
        return item()
    if isinstance(item, (And, Or)):
        return type(item)(tuple(_instance(part) for part in item.parts))
    return Not(_instance(item.part)) if isinstance(item, Not) else item


def overrides(binding: type, hook: str) -> bool:
    return getattr(binding, hook) is not getattr(Binding, hook)


def has_object_rules(binding: type, permission: Any) -> bool:
    """Whether the binding or a part of its permission decides object by object, in Python."""
    if overrides(binding, "has_object_permission"):
        return True
    if isinstance(permission, (And, Or)):
        return any(has_object_rules(Binding, part) for part in permission.parts)
    if isinstance(permission, Not):
        return has_object_rules(Binding, permission.part)
    return type(permission).has_object_permission is not BasePermission.has_object_permission
