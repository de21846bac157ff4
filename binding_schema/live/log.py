"""The change log: what is written, in the change's own transaction, and the wake-up after its commit."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import orjson
from django.db import connections, transaction
from django.db.models import Model
from django.utils import timezone

from ..resolve.changes import origin

#: c: create, u: update, d: delete; e: a custom event; r: a user logged out somewhere.
Op = Literal["c", "u", "d", "e", "r"]
OPS: dict[str, Op] = {"create": "c", "update": "u", "delete": "d"}
NAMES = {"c": "create", "u": "update", "d": "delete"}
TABLE = "binding_schema_change"
#: The detail of an entry on a user of whom only ``last_login`` changed: it decides about nobody's rights.
LOGIN = "login"
#: Rows of one INSERT; SQLite takes 999 parameters in its older builds.
CHUNK = 100


class Entry(NamedTuple):
    """A row to be written: ``model`` is a label in lower case, ``key`` and ``detail`` are JSON texts."""

    model: str
    key: str
    op: Op
    origin: str = ""
    detail: str = ""


@dataclass(slots=True)
class _Group:
    """Entries of an open ``grouped`` block, and the savepoints that it stands in."""

    savepoints: list[str]
    entries: dict[tuple[str, str, str], Entry] = field(default_factory=dict)


class _Local(threading.local):
    def __init__(self) -> None:
        #: By database.
        self.open: dict[str, _Group] = {}
        #: How many entries of each model wait for their commit, by database.
        self.uncommitted: dict[str, defaultdict[str, int]] = {}


_local = _Local()
#: What is called after a commit with ``{model: number of entries}``: the hubs' and the other processes' wake-up.
announce: list[Callable[[dict[str, int]], None]] = []
#: What is called with an event that does not wait for a commit.
immediately: list[Callable[[dict[str, Any]], None]] = []


def label_of(model: type[Model]) -> str:
    concrete = model._meta.concrete_model or model
    return str(concrete._meta.label_lower)


def encode_key(key: Any) -> str:
    """A primary key as JSON: ``5``, ``"fr"``, ``["A", 1]``."""
    return orjson.dumps(key, default=str, option=orjson.OPT_PASSTHROUGH_SUBCLASS).decode()


def decode_key(model: type[Model], text: str) -> Any:
    """The primary key as the model's Python value."""
    pk: Any = model._meta.pk
    value = orjson.loads(text)
    if isinstance(value, list):
        return tuple(part.to_python(item) for part, item in zip(pk.fields, value, strict=True))
    while pk.remote_field is not None:  # a one-to-one that is the key
        pk = pk.target_field
    return pk.to_python(value)


def write(using: str, entries: Iterable[Entry]) -> None:
    """Note entries: at once, or with those of the ``grouped`` block around it."""
    group = _local.open.get(using)
    # A savepoint within the block may be rolled back: what it notes has to be written inside it, to go with it.
    if group is None or group.savepoints != _savepoints(using):
        insert(using, list(entries))
        return
    noted = group.entries
    for entry in entries:
        place = (entry.model, entry.key, f"e{len(noted)}" if entry.op == "e" else "")
        known = noted.get(place)
        noted[place] = entry if known is None else entry._replace(op=merged(known.op, entry.op))


def _savepoints(using: str) -> list[str]:
    return [item for item in connections[using].savepoint_ids if item is not None]


def merged(before: Any, after: Any) -> Any:
    """One operation for two on the same row. What the row is like is looked up; this says only how it came about."""
    return before if after == "v" or (before in ("c", "d") and after == "u") else after


@contextmanager
def grouped(using: str) -> Iterator[None]:
    """Entries of the block are written at its end. The caller has a transaction open around it."""
    if using in _local.open:
        yield
        return
    _local.open[using] = _Group(_savepoints(using))
    try:
        yield
        insert(using, list(_local.open.pop(using).entries.values()))
    finally:
        _local.open.pop(using, None)


def insert(using: str, entries: list[Entry]) -> None:
    """Write entries, and see to the wake-up after the commit."""
    if not entries:
        return
    connection, request = connections[using], origin.get()
    is_postgresql = connection.vendor == "postgresql"
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    mark = "pg_current_xact_id()::text::bigint" if is_postgresql else "NULL"
    row = f"({mark}, %s, %s, %s, %s, %s, %s)"
    names = "transaction, model, key, op, origin, detail, created_at".split(", ")
    columns = ", ".join(connection.ops.quote_name(name) for name in names)
    with connection.cursor() as cursor:
        for start in range(0, len(entries), CHUNK):
            some = entries[start : start + CHUNK]
            values = [
                value
                for item in some
                for value in (item.model, item.key, item.op, (item.origin or request)[:400], item.detail, now)
            ]
            rows = ", ".join([row] * len(some))
            cursor.execute(f"INSERT INTO {TABLE} ({columns}) VALUES {rows}", values)
    if not connection.in_atomic_block and not connection.get_autocommit():
        return  # the project's own transaction, of whose end nobody is told: a poll finds the entry
    waiting = _local.uncommitted.setdefault(using, defaultdict(int))
    for entry in entries:
        waiting[entry.model] += 1
    # Registered each time: a savepoint that is rolled back takes its callbacks along. The first one to run tells of all.
    transaction.on_commit(lambda: _committed(using), using=using, robust=True)


def _committed(using: str) -> None:
    waiting = _local.uncommitted.pop(using, None)
    if waiting:
        for call in announce:
            call(dict(waiting))
