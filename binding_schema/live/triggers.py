"""Triggers of PostgreSQL write the change log too: for writes that send no signal, by SQL or by other programs.

A table has three, one for each operation; each runs once a statement, and writes what ``live.capture`` would have written. A
write of Django's own is then in the log twice, in one transaction, and is told once. TRUNCATE is not told.

django-pgtrigger compiles and compares them. They are not registered with it: its migrations would land in other people's
apps, such as Django's own, and its ``prune`` would take away what it does not know. So it need not be in INSTALLED_APPS.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, router, transaction
from django.db.models import DecimalField, Model

from .log import LOGIN
from .routes import Routes
from .trigger_sql import Column, Lookup, Rights, Row, Source, Tell, body

Operation = Literal["insert", "update", "delete"]
OPERATIONS: tuple[Operation, ...] = ("insert", "update", "delete")
PREFIX = "binding_schema_"
#: A trigger waits no longer than this for those who write to its table at that moment, and holds up nobody longer.
LOCK_TIMEOUT = "5s"


@dataclass(slots=True)
class Watched:
    """A table, and what its rows tell of."""

    model: type[Model]
    tells: dict[Tell, None] = field(default_factory=dict)

    @property
    def table(self) -> str:
        return self.model._meta.db_table


class Installed(NamedTuple):
    table: str
    name: str
    hash: str
    is_enabled: bool


def watched(routes: Routes) -> list[Watched]:
    """Every table whose rows decide what somebody is told."""
    found: dict[str, Watched] = {}

    def note(model: type[Model], tell: Tell) -> None:
        found.setdefault(model._meta.db_table, Watched(model)).tells[tell] = None

    for label, model in routes.models.items():
        note(model, Row(label, _columns(model), *(("last_login", LOGIN) if _has_login(model) else ())))
    for child, entries in routes.touches.items():
        for touch in entries:
            item: Any = child._meta.get_field(touch.attname)
            if item.model._meta.db_table == child._meta.db_table:
                note(child, Source(touch.label, _column(item), _lookup(item) if touch.to else None))
    for through, link in routes.links.items():
        near, far = (_column(through._meta.get_field(name)) for name in (link.near, link.far))
        for label, column in ((link.near_label, near), (link.far_label, far)):
            if label:
                note(through, Source(label, column))
        if link.rights:
            note(through, Rights(link.rights, near if link.near_is_user else far if link.far_is_user else None))
    return sorted(found.values(), key=lambda item: item.table)


def _has_login(model: type[Model]) -> bool:
    return model is get_user_model() and any(item.column == "last_login" for item in model._meta.local_fields)


def _columns(model: type[Model]) -> tuple[Column, ...]:
    pk: Any = model._meta.pk
    return tuple(_column(item) for item in getattr(pk, "fields", [pk]))


def _column(item: Any) -> Column:
    target = item
    while target.remote_field is not None:
        target = target.target_field
    return Column(item.column, isinstance(target, DecimalField))


def _lookup(item: Any) -> Lookup:
    target = item.target_field
    return Lookup(target.model._meta.db_table, target.column, _column(target.model._meta.pk))


class Triggers:
    """The triggers of one database. Raises ImproperlyConfigured where it is not PostgreSQL, or django-pgtrigger is missing."""

    def __init__(self, routes: Routes, using: str) -> None:
        self.using = using
        self.connection = connections[using]
        if self.connection.vendor != "postgresql":
            raise ImproperlyConfigured(
                f"The database {using!r} is {self.connection.display_name}: triggers are for PostgreSQL alone. Elsewhere call "
                "binding_schema.live.changed() with what was written without a signal."
            )
        try:
            from pgtrigger import compiler  # noqa: PLC0415 - an optional extra
        except ImportError as error:
            message = "Triggers need django-pgtrigger: install binding-schema[triggers]."
            raise ImproperlyConfigured(message) from error
        self._compiler: Any = compiler
        kinds = self._kinds()
        here = [item for item in watched(routes) if router.allow_migrate_model(using, item.model)]
        self.tables = [item for item in here if kinds.get(item.table, "") in ("r", "p")]
        #: Models behind a view, or without a table in this database: nothing can be installed there.
        self.left_out = [item for item in here if item not in self.tables]

    def states(self) -> Iterator[tuple[str, Operation, str]]:
        """(table, operation, installed | missing | outdated | disabled) for each that belongs here."""
        there = {item.name: item for item in self.installed()}
        for item in self.tables:
            for operation in OPERATIONS:
                sql = self._compiled(item, operation)
                known = there.get(sql.pgid)
                if known is None or known.table != item.table:
                    yield item.table, operation, "missing"
                elif known.hash != sql.hash:
                    yield item.table, operation, "outdated"
                else:
                    yield item.table, operation, "installed" if known.is_enabled else "disabled"

    def installed(self) -> list[Installed]:
        """What there is in the database under this library's names, whether it belongs there or not."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT c.relname, t.tgname, COALESCE(obj_description(t.oid, 'pg_trigger'), ''), t.tgenabled <> 'D' "
                "FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
                "WHERE NOT t.tgisinternal AND t.tgname LIKE %s AND pg_table_is_visible(c.oid) ORDER BY 1, 2",
                [PREFIX.replace("_", r"\_") + "%"],
            )
            return [Installed(*row) for row in cursor.fetchall()]

    def strays(self) -> list[Installed]:
        """Triggers of tables that no binding watches any more."""
        wanted = {(item.table, _name(item.table, operation)) for item in self.tables for operation in OPERATIONS}
        return [item for item in self.installed() if (item.table, item.name) not in wanted]

    def install(self) -> list[str]:
        """Install what is missing or outdated, and take away what is not needed; returns the names of the tables."""
        changed: dict[str, None] = {}
        for table in dict.fromkeys(table for table, _, state in self.states() if state != "installed"):
            self._run(self.sql(next(item for item in self.tables if item.table == table)))
            changed[table] = None
        return [*changed, *self._drop(self.strays())]

    def uninstall(self) -> list[str]:
        """Take all of them away; returns the names of the tables."""
        return self._drop(self.installed())

    def sql(self, item: Watched) -> str:
        """What ``install`` runs for a table."""
        return "\n".join(self._install_sql(item, operation) for operation in OPERATIONS)

    # Inside -----------------------------------------------------------------------------------------------------------

    def _kinds(self) -> dict[str, str]:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT relname, relkind FROM pg_class WHERE pg_table_is_visible(oid)")
            return dict(cursor.fetchall())

    def _compiled(self, item: Watched, operation: Operation) -> Any:
        rows = {"insert": "NEW TABLE AS new_rows", "delete": "OLD TABLE AS old_rows"}
        both = "OLD TABLE AS old_rows NEW TABLE AS new_rows"
        keys = _columns(item.model)
        return self._compiler.UpsertTriggerSql(
            pgid=_name(item.table, operation),
            func=body(list(item.tells), keys, operation, self._qualified),
            table=item.table,
            when="AFTER",
            operation=operation.upper(),
            referencing=f"REFERENCING {rows.get(operation, both)}",
            level="STATEMENT",
        )

    def _install_sql(self, item: Watched, operation: Operation) -> str:
        compiled = self._compiled(item, operation)
        # Who may write to the table need not be allowed to write to the log, or have its schema in the search path.
        return (
            f"{str(compiled).strip()}\nALTER FUNCTION {compiled.pgid}() SECURITY DEFINER SET search_path = pg_catalog, pg_temp;\n"
            f"REVOKE ALL ON FUNCTION {compiled.pgid}() FROM PUBLIC;"
        )

    def _qualified(self, table: str) -> str:
        """The table's name with its schema, quoted."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT format('%%I.%%I', n.nspname, c.relname) FROM pg_class c "
                "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = %s::regclass",
                [self.connection.ops.quote_name(table)],
            )
            return str(cursor.fetchone()[0])

    def _drop(self, some: list[Installed]) -> list[str]:
        for table in dict.fromkeys(item.table for item in some):
            names = [item.name for item in some if item.table == table]
            drops = [
                f"{self._compiler.DropTriggerSql(pgid=name, table=table)} DROP FUNCTION {name}();" for name in names
            ]
            self._run("\n".join(drops))
        return list(dict.fromkeys(item.table for item in some))

    def _run(self, sql: str) -> None:
        with transaction.atomic(self.using), self.connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            cursor.execute(sql)


def _name(table: str, operation: Operation) -> str:
    """The trigger's and its function's; at most 63 characters, which go without quotes."""
    readable = re.sub(r"\W", "_", table.lower(), flags=re.ASCII)[:30]
    return f"{PREFIX}{operation}_{readable}_{hashlib.sha256(table.encode()).hexdigest()[:6]}"
