"""Old entries of the change log are deleted, a few at a time, and what a resume may start from is raised with them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db import connections, router, transaction
from django.utils import timezone

from ..conf import settings
from .log import TABLE

#: Entries of one transaction: SQLite takes 999 parameters in its older builds, and nobody waits long for it to end.
CHUNK = 500


def databases() -> list[str]:
    """The aliases of the databases that have the change log."""
    model = _model("Change")
    return [alias for alias in connections if router.allow_migrate_model(alias, model) and has_log(alias)]


def has_log(using: str) -> bool:
    connection = connections[using]
    with connection.cursor() as cursor:
        return TABLE in connection.introspection.table_names(cursor)


def prune(using: str, *, dry_run: bool = False) -> int:
    """Delete entries older than LIVE_LOG_MAX_AGE, and the oldest beyond LIVE_LOG_MAX_ROWS; returns how many.

    A hub or a client that had not read them is told ``resync``. With ``dry_run`` nothing is deleted.
    """
    rows = _model("Change").objects.using(using)
    groups = [
        (rows.filter(created_at__lt=timezone.now() - timedelta(seconds=settings().LIVE_LOG_MAX_AGE)), "created_at")
    ]
    strangers = foreign(using)
    if strangers is not None:
        groups.insert(0, (strangers, "transaction"))
    if dry_run:
        return _count(rows, [group for group, _ in groups])
    if strangers is not None:
        _lower_floor(using)
    count = sum(_delete(using, group, order, raises=group is not strangers) for group, order in groups)
    return count + _delete(using, _too_many(rows), "id", raises=True)


def foreign(using: str) -> Any:
    """The entries that another PostgreSQL server's transactions wrote, which a restored dump has brought along: their
    numbers are yet to come here. None where there is no such thing."""
    if connections[using].vendor != "postgresql":
        return None
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        newest = cursor.fetchone()[0]
    # The number of a transaction that begins after this is higher too, but its rows are not that old.
    long_ago = timezone.now() - timedelta(minutes=1)
    return _model("Change").objects.using(using).filter(transaction__gte=newest, created_at__lt=long_ago)


def _model(name: str) -> Any:
    return apps.get_model("binding_schema", name)


def _too_many(rows: Any) -> Any:
    most = settings().LIVE_LOG_MAX_ROWS
    newest_to_go = rows.order_by("-id").values_list("id", flat=True)[most : most + 1]
    return rows.filter(id__lte=next(iter(newest_to_go), 0))


def _count(rows: Any, groups: Iterable[Any]) -> int:
    numbers = _too_many(rows)
    for group in groups:
        numbers = numbers | group
    return int(numbers.count())


def _delete(using: str, rows: Any, order: str, *, raises: bool) -> int:
    """``order`` is a column with an index. Each chunk begins where the last one ended: what was deleted is in the index until
    the database has cleaned up, and would be walked over again and again."""
    count, rest = 0, rows
    while True:
        found = list(rest.order_by(order).values_list("id", "transaction", order)[:CHUNK])
        if not found:
            return count
        with transaction.atomic(using):
            if raises:
                _raise_floor(using, [(number, mark) for number, mark, _ in found])
            count += rows.filter(id__in=[number for number, _, _ in found])._raw_delete(using)
        rest = rows.filter(**{f"{order}__gte": found[-1][2]})


def _raise_floor(using: str, found: list[tuple[int, int | None]]) -> None:
    """A resume from a position needs all entries from there on: of its transaction and later ones, or after its number."""
    if connections[using].vendor == "postgresql":
        position = max((number + 1 for _, number in found if number is not None), default=0)
    else:
        position = max(number for number, _ in found)
    floors = _model("LogFloor").objects.using(using)
    floors.get_or_create(id=1)
    floors.filter(id=1, position__lt=position).update(position=position)


def _lower_floor(using: str) -> None:
    """A floor that a dump has brought along would make each resume a ``resync``."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "UPDATE binding_schema_floor SET position = pg_snapshot_xmin(pg_current_snapshot())::text::bigint "
            "WHERE position > pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
        )
