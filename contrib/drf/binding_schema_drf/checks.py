"""System checks of what no adapter sees: it is asked about a class, and this is about a binding as well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from rest_framework.throttling import ScopedRateThrottle

from binding_schema import extend

from .throttles import Asked


def check_scopes(app_configs: Any = None, **_: Any) -> list[checks.CheckMessage]:
    """A ScopedRateThrottle that a binding names itself has a scope, and the scope a rate."""
    try:
        streams = extend.schema().streams.values()
    except ImproperlyConfigured:
        return []  # mistakes in the bindings, which have checks of their own
    return [message for stream in streams for message in _of(type(stream.binding), stream.throttles)]


def _of(binding: Any, throttles: Any) -> Iterator[checks.CheckMessage]:
    for item in throttles if binding.throttles is not None else ():
        if not isinstance(item, Asked) or not issubclass(item.item, ScopedRateThrottle):
            continue
        scope = getattr(binding, item.item.scope_attr, None)
        if not scope:
            said, hint = "has no scope.", f'Write {item.item.scope_attr} = "uploads" on the binding.'
            yield checks.Error(
                f"its throttle {item.item.__name__} {said}", hint, obj=binding, id="binding_schema_drf.E001"
            )
        elif scope not in item.item.THROTTLE_RATES:
            said = f"has the scope {scope!r}, for which there is no rate."
            hint = f'Write REST_FRAMEWORK = {{"DEFAULT_THROTTLE_RATES": {{"{scope}": "100/minute"}}}}.'
            yield checks.Error(
                f"its throttle {item.item.__name__} {said}", hint, obj=binding, id="binding_schema_drf.E002"
            )
