"""The live engine: every change, to exactly those who may see it. For code of one's own:

``changed`` tells of writes that send no signal, ``grouped`` writes what is told within it at once, ``dispatch``, ``broadcast``
and ``send_to_user`` send events, ``metrics`` counts.
"""

from __future__ import annotations

from typing import Any

from .metrics import metrics

__all__ = ["broadcast", "changed", "dispatch", "grouped", "metrics", "send_to_user"]

_PUBLIC = {"broadcast", "changed", "dispatch", "grouped", "send_to_user"}


def __getattr__(name: str) -> Any:
    """The rest imports models, which a project's own models.py may not do while it is imported itself."""
    if name in _PUBLIC:
        from . import api  # noqa: PLC0415 - as said above

        return getattr(api, name)
    raise AttributeError(name)
