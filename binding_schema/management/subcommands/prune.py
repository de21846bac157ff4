"""``manage.py binding_schema prune``, for a daily job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ...resolve import idempotency
from .base import Subcommand


class Prune(Subcommand):
    help: ClassVar[str] = "Delete idempotency keys that are older than the setting IDEMPOTENCY_MAX_AGE."

    def run(self, options: Mapping[str, Any]) -> str:
        count = idempotency.prune()
        return f"Deleted {count} idempotency key{'' if count == 1 else 's'}."
