"""Reading the change log: every entry once, whatever the order of commits.

PostgreSQL numbers entries before they are committed, so that numbers come in another order than commits. A snapshot
(``pg_current_snapshot()``: xmin, xmax, and the transactions in progress between them) says exactly which transactions a
statement saw: the next statement needs those that were in progress then, and those that came later. On SQLite there is one
writer, and numbers are in the order of commits.

A *position* is what a resume starts from: all that lies below it has been committed or rolled back, and was read. It is xmin
on PostgreSQL, else the highest number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db import connections
from django.utils import timezone

from ..conf import settings
from .log import TABLE

_COLUMNS = "id, model, key, op, origin, detail"


@dataclass(frozen=True, slots=True)
class Logged:
    """An entry as it was read."""

    id: int
    model: str
    key: str
    op: str
    origin: str
    detail: str


def seq(position: int) -> str:
    """A position as ``meta.seq``: a text that sorts as positions do."""
    return f"{position:016x}"


def position_of(text: Any) -> int | None:
    """The position that a client sent as ``since``; None if it is none of ours."""
    if not isinstance(text, str) or len(text) != 16 or not all(char in "0123456789abcdef" for char in text):
        return None
    number = int(text, 16)
    return number if number < 2**63 else None


@dataclass(slots=True)
class Reader:
    """Reads one database's log from where it started. Not safe for use by two threads at once."""

    using: str
    position: int = 0
    _xmax: int = 0
    _open: list[int] = field(default_factory=list)
    _seen: set[int] = field(default_factory=set)

    @property
    def vendor(self) -> str:
        return connections[self.using].vendor

    def start(self) -> None:
        """Begin after all that is committed by now."""
        if self.vendor == "postgresql":
            with connections[self.using].cursor() as cursor:
                cursor.execute("SELECT pg_current_snapshot()::text")
                self._note(cursor.fetchone()[0])
            return
        if self.vendor == "mysql":
            self._settle()
            self._seen = {item.id for item in self._since(self.position)}
            return
        with connections[self.using].cursor() as cursor:
            cursor.execute(f"SELECT MAX(id) FROM {TABLE}")
            self.position = cursor.fetchone()[0] or 0

    def read(self) -> list[Logged]:
        """The entries that were committed since the last call."""
        if self.vendor == "postgresql":
            return self._read_postgresql()
        found = [item for item in self._since(self.position) if item.id not in self._seen]
        if self.vendor == "mysql":
            self._seen.update(item.id for item in found)
            self._settle()
        elif found:
            self.position = found[-1].id
        return found

    def _read_postgresql(self) -> list[Logged]:
        # One statement, so that the snapshot is the one that the rows were read by.
        sql = (
            f"SELECT s.snapshot, c.id, c.model, c.key, c.op, c.origin, c.detail "
            f"FROM (SELECT pg_current_snapshot()::text AS snapshot) s "
            f"LEFT JOIN {TABLE} c ON c.transaction >= %s OR c.transaction = ANY(%s) ORDER BY c.id"
        )
        with connections[self.using].cursor() as cursor:
            cursor.execute(sql, [self._xmax, self._open])
            rows = cursor.fetchall()
        self._note(rows[0][0])
        return [Logged(*row[1:]) for row in rows if row[1] is not None]

    def _note(self, snapshot: str) -> None:
        low, high, running = snapshot.split(":")
        self.position, self._xmax = int(low), int(high)
        self._open = [int(item) for item in running.split(",") if item]

    def _since(self, position: int) -> list[Logged]:
        with connections[self.using].cursor() as cursor:
            cursor.execute(f"SELECT {_quoted(self.using)} FROM {TABLE} WHERE id > %s ORDER BY id", [position])
            return [Logged(*row) for row in cursor.fetchall()]

    def _settle(self) -> None:
        """MySQL and MariaDB tell nobody which transactions are open: numbers count as settled after LIVE_SETTLE_LAG."""
        limit = timezone.now() - timedelta(seconds=settings().LIVE_SETTLE_LAG)
        table: Any = apps.get_model("binding_schema", "Change")
        settled = table.objects.using(self.using).filter(id__gt=self.position, created_at__lt=limit)
        last = settled.order_by("-id").values_list("id", flat=True).first()
        if last is not None:
            self.position = last
            self._seen = {number for number in self._seen if number > last}

    # Resume ---------------------------------------------------------------------------------------------------------------

    def replay(self, since: int, limit: int) -> list[Logged] | None:
        """The entries from a position on, at most ``limit``; None if the log does not reach back so far, or has more."""
        table: Any = apps.get_model("binding_schema", "LogFloor")
        floor = table.objects.using(self.using).values_list("position", flat=True).first() or 0
        if since < floor:
            return None
        is_postgresql = self.vendor == "postgresql"
        condition = "transaction >= %s" if is_postgresql else "id > %s"
        with connections[self.using].cursor() as cursor:
            sql = f"SELECT {_quoted(self.using)} FROM {TABLE} WHERE {condition} ORDER BY id LIMIT {int(limit) + 1}"
            cursor.execute(sql, [since])
            rows = cursor.fetchall()
        return None if len(rows) > limit else [Logged(*row) for row in rows]


def _quoted(using: str) -> str:
    """``key`` is a word of MySQL's own."""
    return ", ".join(connections[using].ops.quote_name(name) for name in _COLUMNS.split(", "))
