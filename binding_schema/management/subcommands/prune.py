"""``manage.py binding_schema prune``, for a job that runs every hour or every day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.management.base import CommandParser

from ...live import prune as log
from ...resolve import idempotency
from .base import Subcommand
from .databases import add_database, chosen


class Prune(Subcommand):
    help: ClassVar[str] = (
        "Delete what is old: idempotency keys, by the setting IDEMPOTENCY_MAX_AGE, and changes in the log, by LIVE_LOG_MAX_AGE "
        "and LIVE_LOG_MAX_ROWS."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_database(parser)
        parser.add_argument("--dry-run", action="store_true", help="Say what would be deleted, and delete nothing.")

    def run(self, options: Mapping[str, Any]) -> str:
        dry_run, lines = options["dry_run"], []
        verb = "Would delete" if dry_run else "Deleted"
        if options["database"] in (None, idempotency.database()):
            lines.append(f"{verb} {_counted(idempotency.prune(dry_run=dry_run), 'idempotency key')}.")
        for alias in chosen(options["database"]):
            lines.append(f"{verb} {_counted(log.prune(alias, dry_run=dry_run), 'change')} from the log in {alias!r}.")
        return "\n".join(lines)


def _counted(count: int, name: str) -> str:
    return f"{count} {name}{'' if count == 1 else 's'}"
