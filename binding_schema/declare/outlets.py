"""What hooks and actions may ask of the live engine, which is a later layer: it plugs itself in here at start-up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from ..types import Request

#: Who is told: the connection that asked, those with an interest in the stream, or every connection.
Reach = Literal["reflect", "dispatch", "broadcast"]


@dataclass(slots=True)
class Outlets:
    """``emit(ctx, reach, event, data, obj, after_commit)``, and ``follow(ctx, request)``: a ``subscribe`` or ``unsubscribe``."""

    emit: Callable[[Any, Reach, str, Any, Any, bool], None] | None = None
    follow: Callable[[Any, Request], None] | None = None


outlets = Outlets()
