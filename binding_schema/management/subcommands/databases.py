"""``--database``, which several subcommands have."""

from __future__ import annotations

from django.core.management.base import CommandError, CommandParser
from django.db import connections
from django.db.utils import OperationalError

from ...live.prune import databases, has_log


def add_database(parser: CommandParser) -> None:
    parser.add_argument(
        "--database", metavar="ALIAS", help="Only this database; without it, each that has the change log."
    )


def chosen(alias: str | None) -> list[str]:
    """The databases that a command is for. Raises CommandError if the one that is named is none, or has no log."""
    known(alias)
    try:
        found = databases() if alias is None else [alias] if has_log(alias) else []
    except OperationalError as error:
        raise CommandError(f"A database cannot be reached: {error}") from error
    if not found:
        where = "No database has" if alias is None else f"The database {alias!r} has not"
        raise CommandError(f"{where} the table of the change log: run `manage.py migrate`.")
    return found


def known(alias: str | None) -> str | None:
    """The alias. Raises CommandError for one that is not in DATABASES."""
    if alias is not None and alias not in connections:
        raise CommandError(f"There is no database {alias!r} in DATABASES; there are {', '.join(connections)}.")
    return alias
