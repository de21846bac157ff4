"""``CustomFilter``: a filter that is more than a lookup on a path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .context import Context


@dataclass(frozen=True, slots=True)
class CustomFilter:
    """``filters = {"overdue": CustomFilter(bool, overdue)}`` with ``def overdue(ctx, value) -> Q``.

    ``type`` is the type of the value that a client sends, any that Pydantic knows. ``condition`` may be ``async def``; what
    it cannot say as a ``Q`` on the row it says as ``Q(pk__in=queryset)``. ``field`` names the binding's field that it tells
    of: who may not read that may not filter so. Lists that use one are asked again after changes.
    """

    type: Any
    condition: Callable[[Context, Any], Any]
    field: str = ""
    help: str = ""
