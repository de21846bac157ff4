"""Permissions: what a binding or an action names becomes one combination of instances."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from ..conf import Settings, imported
from ..declare.adapters import Misdeclared, adapted
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
    try:
        made = [(path, translated(item)) for path, item in found]
    except (TypeError, Misdeclared) as error:
        raise ImproperlyConfigured(f"BINDING_SCHEMA[{key!r}]: {error}.") from None
    for path, item in made:
        if item is None:
            raise ImproperlyConfigured(f"BINDING_SCHEMA[{key!r}]: {path!r} is not a subclass of BasePermission.")
    return And(tuple(item for _, item in made))


def permission_of(binding: type[Binding[Any]], wanted: Any, where: str, problems: Problems) -> And:
    """A list of permissions, all of which must agree. ``where`` names the list in a problem's message."""
    try:
        found = [translated(item) for item in wanted] if isinstance(wanted, (list, tuple)) else [None]
    except TypeError as error:
        hint = "A permission class is made without arguments; write permissions = [InTeam(3)] to give some."
        problems.add(52, binding, f"{where} names a class that cannot be made: {error}.", hint)
        return And(())
    except Misdeclared as error:
        problems.add(52, binding, f"{where}: {error.message}", error.hint)
        return And(())
    if not all(found):
        hint = "Write permissions = [IsAuthenticated], with permission classes or their combinations by &, | and ~."
        problems.add(50, binding, f"{where} is {wanted!r}.", f"{hint} {foreign(wanted)}".strip())
        return And(())
    if not found:
        problems.add(51, binding, f"{where} is empty.", "Write permissions = [AllowAny] to open it to everyone.")
    return And(tuple(found))


def translated(item: Any) -> Any:
    """A permission as instances, also within combinations and with those of other frameworks adapted; None for what is none.

    Raises TypeError for a class that cannot be made without arguments, Misdeclared for one that an adapter refuses.
    """
    if isinstance(item, (And, Or)):
        parts = tuple(translated(part) for part in item.parts)
        return type(item)(parts) if all(parts) else None
    if isinstance(item, Not):
        part = translated(item.part)
        return Not(part) if part else None
    if isinstance(item, BasePermission):
        return item
    if isinstance(item, type) and issubclass(item, BasePermission):
        return item()
    return None if item is None or isinstance(item, (str, bool)) else adapted("permission", item)


def is_permission(item: Any) -> bool:
    """Whether it can stand where a permission does."""
    try:
        return translated(item) is not None
    except (TypeError, Misdeclared):
        return isinstance(item, type)


def adapted_class(binding: type[Binding[Any]], attribute: str, method: str) -> Any:
    """What an adapter makes of the class that an attribute of the binding names. Raises Misdeclared where none can."""
    item = getattr(binding, attribute)
    try:
        found = adapted(method, binding, item)
    except Misdeclared as error:
        raise Misdeclared(f"`{attribute}`: {error.message}", error.hint) from None
    if found is None:
        kind = attribute.removesuffix("_class")
        hint = foreign(item) or f"Name a {kind} class that an installed app has an adapter for."
        raise Misdeclared(f"`{attribute}` is {item!r}, which nothing here knows.", hint)
    return found


def foreign(item: Any) -> str:
    """What to do about a class of another framework that no adapter takes."""
    items = item if isinstance(item, (list, tuple)) else [item]
    roots = {str(getattr(one, "__module__", "")).partition(".")[0] for one in items}
    bases = {base.__module__.partition(".")[0] for one in items if isinstance(one, type) for base in one.__mro__}
    if not {"rest_framework", "django_filters"}.isdisjoint(roots | bases):
        return 'For classes of Django REST framework install binding-schema-drf and add "binding_schema_drf" to INSTALLED_APPS.'
    return ""


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
