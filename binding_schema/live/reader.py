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
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import connections
from django.utils import timezone

from ..conf import settings
from .log import TABLE

_COLUMNS = "id, model, key, op, origin, detail"
_FLOOR = "(SELECT COALESCE(MAX(position), 0) FROM binding_schema_floor)"
_XMAX = "pg_snapshot_xmax(pg_current_snapshot())::text::bigint"


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
    #: Whether ``prune`` had deleted entries before the last ``read`` came to them.
    lost: bool = False
    _xmax: int = 0
    _open: list[int] = field(default_factory=list)
    _seen: set[int] = field(default_factory=set)
    _floor: int = 0

    @property
    def vendor(self) -> str:
        return connections[self.using].vendor

    def start(self) -> None:
        """Begin after all that is committed by now."""
        with connections[self.using].cursor() as cursor:
            cursor.execute(f"SELECT {_newest(self.vendor)}, {_FLOOR}")
            newest, self._floor = cursor.fetchone()
            if self.vendor == "postgresql":
                cursor.execute("SELECT pg_current_snapshot()::text")
                self._note(cursor.fetchone()[0])
                return
        if self.vendor == "mysql":
            self.position = self._floor
            self._settle(_settled())
            self._seen = {item.id for item in self._since(self.position)}
            return
        # The log may be empty after a prune.
        self.position = max(newest, self._floor)

    def read(self) -> list[Logged]:
        """The entries that were committed since the last call."""
        self.lost = False
        if self.vendor == "postgresql":
            return self._read_postgresql()
        settled = _settled()  # before the log is read: what is older then is in what is read
        found = [item for item in self._since(self.position) if item.id not in self._seen]
        if self.vendor == "mysql":
            self._seen.update(item.id for item in found)
            self._settle(settled)
        elif found:
            self.position = found[-1].id
        return found

    def _read_postgresql(self) -> list[Logged]:
        # One statement, so that the snapshot is the one that the rows were read by. No row of this server's transactions is
        # beyond it; a restored dump has such rows.
        sql = (
            f"SELECT s.floor, s.snapshot, {_columns(self.using, 'c.')} "
            f"FROM (SELECT {_FLOOR} AS floor, pg_current_snapshot()::text AS snapshot) s "
            f"LEFT JOIN {TABLE} c ON (c.transaction >= %s OR c.transaction = ANY(%s)) AND c.transaction < {_XMAX} "
            "ORDER BY c.id"
        )
        with connections[self.using].cursor() as cursor:
            cursor.execute(sql, [self._xmax, self._open])
            rows = cursor.fetchall()
        self._check(rows[0][0])
        self._note(rows[0][1])
        return [Logged(*row[2:]) for row in rows if row[2] is not None]

    def _note(self, snapshot: str) -> None:
        low, high, running = snapshot.split(":")
        self.position, self._xmax = int(low), int(high)
        self._open = [int(item) for item in running.split(",") if item]

    def _since(self, position: int) -> list[Logged]:
        sql = (
            f"SELECT f.floor, {_columns(self.using, 'c.')} FROM (SELECT {_FLOOR} AS floor) f "
            f"LEFT JOIN {TABLE} c ON c.id > %s ORDER BY c.id"
        )
        with connections[self.using].cursor() as cursor:
            cursor.execute(sql, [position])
            rows = cursor.fetchall()
        self._check(rows[0][0])
        return [Logged(*row[1:]) for row in rows if row[1] is not None]

    def _check(self, floor: int) -> None:
        """What was deleted may not have been read if it lies above the position."""
        self.lost = floor > max(self._floor, self.position)
        self._floor = floor

    def _settle(self, limit: datetime) -> None:
        """MySQL and MariaDB tell nobody which transactions are open: numbers count as settled after LIVE_SETTLE_LAG."""
        table: Any = apps.get_model("binding_schema", "Change")
        rows = table.objects.using(self.using).filter(id__gt=self.position, created_at__lt=limit)
        last = rows.order_by("-id").values_list("id", flat=True).first()
        if last is not None:
            self.position = last
            self._seen = {number for number in self._seen if number > last}

    # Resume ---------------------------------------------------------------------------------------------------------------

    def replay(self, since: int, limit: int) -> list[Logged] | None:
        """The entries from a position on, at most ``limit``; None if the log has more, does not reach back so far, or has not
        come so far: then the position is another server's, or older than the backup that this database was restored from."""
        key, compare = ("transaction", ">=") if self.vendor == "postgresql" else ("id", ">")
        own = f"AND transaction < {_XMAX}" if self.vendor == "postgresql" else ""
        # One statement, so that no prune comes between. The index gives the first ones; which they are matters to nobody
        # where there are too many.
        sql = (
            f"SELECT f.floor, f.newest, {_columns(self.using, 'c.')} "
            f"FROM (SELECT {_FLOOR} AS floor, {_newest(self.vendor)} AS newest) f LEFT JOIN ("
            f"SELECT {_columns(self.using)} FROM {TABLE} WHERE {key} {compare} %s {own} ORDER BY {key} LIMIT {int(limit) + 1}"
            ") c ON 1 = 1 ORDER BY c.id"
        )
        with connections[self.using].cursor() as cursor:
            cursor.execute(sql, [since])
            rows = cursor.fetchall()
        floor, newest = rows[0][:2]
        if since < floor or since > max(floor, newest):
            return None
        found = [Logged(*row[2:]) for row in rows if row[2] is not None]
        return None if len(found) > limit else found


def _settled() -> datetime:
    return timezone.now() - timedelta(seconds=settings().LIVE_SETTLE_LAG)


def _newest(vendor: str) -> str:
    """SQL of the highest position that there can be by now."""
    if vendor == "postgresql":
        return "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    return f"(SELECT COALESCE(MAX(id), 0) FROM {TABLE})"


def _columns(using: str, prefix: str = "") -> str:
    """``key`` is a word of MySQL's own."""
    return ", ".join(prefix + connections[using].ops.quote_name(name) for name in _COLUMNS.split(", "))
