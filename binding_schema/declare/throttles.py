"""Throttles: how often a user may ask a stream. They are data here; ``resolve.access`` asks them."""

from __future__ import annotations

from typing import Any

from .context import Context


class BaseThrottle:
    """Override ``wait``, as ``def`` or ``async def``. Asked once for each request, after the permissions."""

    def wait(self, ctx: Context) -> Any:
        """Seconds until such a request is allowed again; None if this one is."""
        return None
