"""Throttles of Django REST framework."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from rest_framework.throttling import ScopedRateThrottle

from binding_schema import Context, extend

from .requests import request_of
from .views import View


class Asked(extend.BaseThrottle):
    """Asks a throttle of the framework, which counts in Django's cache, together with views that have the same scope."""

    def __init__(self, item: Any) -> None:
        self.item = item

    def wait(self, ctx: Context) -> float | None:
        throttle = self.item()
        request = request_of(ctx)
        if throttle.allow_request(request, View(ctx, request)):
            return None
        wait = throttle.wait()
        # A throttle may not know; then the length of its window is certainly enough.
        return float(getattr(throttle, "duration", 1) if wait is None else wait)


def throttle_of(item: Any) -> extend.BaseThrottle:
    if not issubclass(item, ScopedRateThrottle):
        try:
            item()
        except ImproperlyConfigured as error:
            scope = getattr(item, "scope", None) or "user"
            hint = f'Write REST_FRAMEWORK = {{"DEFAULT_THROTTLE_RATES": {{"{scope}": "100/minute"}}}}.'
            raise extend.Misdeclared(f"throttle {item.__name__} cannot be made: {error}", hint) from None
    return Asked(item)
