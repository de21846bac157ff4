"""``manage.py binding_schema triggers``: PostgreSQL tells of writes that are made outside of Django."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError, CommandParser
from django.db import connections
from django.db.utils import OperationalError, ProgrammingError

from ...compile import current
from ...live.routes import routes_of
from ...live.triggers import Triggers as Installer
from .base import Subcommand
from .databases import add_database, chosen


class Triggers(Subcommand):
    help: ClassVar[str] = (
        "On PostgreSQL: triggers that write the change log, so that what SQL and other programs write is live too. "
        "Without an option, the status."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        for name, help_text in (
            ("install", "Install what is missing or outdated, and drop what no binding needs any more."),
            ("uninstall", "Drop all of them."),
            ("status", "Say what is installed."),
            ("sql", "Print the statements of --install, and run nothing."),
        ):
            what.add_argument(
                f"--{name}", dest="what", action="store_const", const=name, default="status", help=help_text
            )
        add_database(parser)

    def run(self, options: Mapping[str, Any]) -> str:
        lines: list[str] = []
        for alias in self._databases(options["database"]):
            installer = self._installer(alias)
            try:
                lines += [f"{line}" for line in getattr(self, f"_{options['what']}")(installer)]
            except (OperationalError, ProgrammingError) as error:
                message = f"The database {alias!r} refused: {str(error).strip()}"
                raise CommandError(f"{message}\nWhat was done before stands; the command can be run again.") from error
        return "\n".join(lines)

    @staticmethod
    def _databases(alias: str | None) -> list[str]:
        found = chosen(alias)
        if alias is None:  # a project may have others beside PostgreSQL
            found = [item for item in found if connections[item].vendor == "postgresql"] or found
        return found

    @staticmethod
    def _installer(alias: str) -> Installer:
        try:
            return Installer(routes_of(current.schema()), alias)
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error

    @staticmethod
    def _install(installer: Installer) -> Iterable[str]:
        changed = installer.install()
        yield f"{installer.using}: triggers of {_counted(changed)} installed or dropped."
        yield from (f"  {table}" for table in changed)
        yield from _left_out(installer)

    @staticmethod
    def _uninstall(installer: Installer) -> Iterable[str]:
        changed = installer.uninstall()
        yield f"{installer.using}: triggers of {_counted(changed)} dropped."
        yield from (f"  {table}" for table in changed)

    @staticmethod
    def _status(installer: Installer) -> Iterable[str]:
        by_table: dict[str, dict[str, None]] = {}
        for table, operation, state in installer.states():
            by_table.setdefault(table, {})[f"{operation} {state}"] = None
        yield f"{installer.using}: {_counted(list(by_table))} watched."
        for table, states in by_table.items():
            kinds = {item.partition(" ")[2] for item in states}
            yield f"  {table}: {kinds.pop() if len(kinds) == 1 else ', '.join(states)}"
        for stray in installer.strays():
            yield f"  {stray.table}: {stray.name} is not needed any more; --install drops it"
        yield from _left_out(installer)

    @staticmethod
    def _sql(installer: Installer) -> Iterable[str]:
        for item in installer.tables:
            yield f"-- {installer.using}: {item.table}\n{installer.sql(item)}\n"


def _left_out(installer: Installer) -> Iterable[str]:
    return (f"  {item.table}: no table in this database, so no trigger" for item in installer.left_out)


def _counted(tables: list[str]) -> str:
    return f"{len(tables)} table{'' if len(tables) == 1 else 's'}"
