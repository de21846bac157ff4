"""Throttles: what a binding or the setting DEFAULT_THROTTLES names becomes instances."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from ..conf import Settings, imported
from ..declare.adapters import Misdeclared, adapted
from ..declare.binding import Binding
from ..declare.throttles import BaseThrottle
from .permissions import foreign
from .problems import Problems


def throttles_of(binding: type[Binding[Any]], config: Settings, problems: Problems) -> tuple[BaseThrottle, ...]:
    """The binding's ``throttles``, or those of the setting."""
    wanted = binding.throttles
    if wanted is None:
        return default_throttles(config)
    if not isinstance(wanted, (list, tuple)):
        hint = "Write throttles = [...], a list of throttle classes or instances."
        return problems.add(114, binding, f"`throttles` is {wanted!r}.", hint) or ()
    found = []
    for item in wanted:
        try:
            made = throttle(item)
        except TypeError as error:
            hint = "A throttle class is made without arguments; write throttles = [PerMinute(60)] to give some."
            problems.add(114, binding, f"`throttles` names a class that cannot be made: {error}.", hint)
            continue
        except Misdeclared as error:
            problems.add(114, binding, f"`throttles`: {error.message}", error.hint)
            continue
        if made is None:
            hint = foreign(item) or "Name subclasses of binding_schema.BaseThrottle."
            problems.add(114, binding, f"`throttles` names {item!r}, which is no throttle.", hint)
        else:
            found.append(made)
    return tuple(found)


def default_throttles(config: Settings) -> tuple[BaseThrottle, ...]:
    """Raises ImproperlyConfigured for what the setting names and is no throttle."""
    key = "DEFAULT_THROTTLES"
    found = []
    for path in config.DEFAULT_THROTTLES:
        item = imported(key, path)
        try:
            made = throttle(item)
        except (TypeError, Misdeclared) as error:
            raise ImproperlyConfigured(f"BINDING_SCHEMA[{key!r}]: {path!r}: {error}.") from None
        if made is None:
            raise ImproperlyConfigured(f"BINDING_SCHEMA[{key!r}]: {path!r} is not a subclass of BaseThrottle.")
        found.append(made)
    return tuple(found)


def throttle(item: Any) -> BaseThrottle | None:
    """An instance, of another framework's class through its adapter; None for what is no throttle."""
    if isinstance(item, type) and issubclass(item, BaseThrottle):
        return item()
    if isinstance(item, BaseThrottle):
        return item
    made: BaseThrottle | None = adapted("throttle", item)
    return made
