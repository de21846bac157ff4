"""What a project's own code calls: from views, tasks, commands and signal handlers, sync code throughout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import router, transaction
from django.db.models import Model, QuerySet

from ..errors import InvalidData
from . import events, log
from .capture import active, rows_of
from .log import encode_key


def changed(what: QuerySet[Any] | Model | Iterable[Model], op: str = "update") -> int:
    """Tell of rows that were written without a signal: by ``QuerySet.update``, ``bulk_create`` or SQL. Returns how many.

    ``op`` is ``create``, ``update`` or ``delete``. A queryset is asked for its keys as it stands: call this before an update
    that changes what it selects, and before a ``delete``. Call it in the transaction of the write.
    """
    if op not in log.OPS:
        raise InvalidData(f"`op` is {op!r}: write create, update or delete.")
    if isinstance(what, QuerySet):
        model = what.model
        columns = [name for capture in active for name in capture.columns(model)] or [model._meta.pk.attname]
        return _note(what.db, model, list(rows_of(what, columns)), op)
    groups: dict[tuple[str, type[Model]], list[Model]] = {}
    for item in [what] if isinstance(what, Model) else what:
        using = item._state.db or router.db_for_write(type(item))
        groups.setdefault((using, type(item)), []).append(item)
    return sum(_note(using, model, items, op) for (using, model), items in groups.items())


def _note(using: str, model: type[Model], rows: list[Any], op: str) -> int:
    for capture in active:
        log.write(using, [entry for row in rows for entry in capture.entries(model, row, op, using)])
    return len(rows)


@contextmanager
def grouped(using: str = "default") -> Iterator[None]:
    """A transaction whose changes are logged by one statement at its end: for code that saves many objects."""
    with transaction.atomic(using), log.grouped(using):
        yield


def send_to_user(user: Any, event: str, data: Any, *, after_commit: bool = True) -> None:
    """Send an event to every connection of a user (a user, or a user's key). ``event`` is ``<stream>.<name>``.

    Raises InvalidData if the data is no JSON object, or not of the type that the event is declared with.
    """
    key = user.pk if isinstance(user, Model) else user
    detail = {"reach": "user", "event": event, "data": events.payload(event, data), "user": encode_key(key)}
    events.send(detail, after_commit=after_commit)


def dispatch(event: str, data: Any, *, obj: Model | None = None, after_commit: bool = True) -> None:
    """Send an event to those who have an interest in its stream and may read it; with ``obj``, who may see that object."""
    detail = {
        "reach": "dispatch",
        "event": event,
        "data": events.payload(event, data),
        "stream": event.rpartition(".")[0],
    }
    events.send(detail, obj, after_commit)


def broadcast(event: str, data: Any, *, after_commit: bool = True) -> None:
    """Send an event to every connection: nothing in it may be for some only."""
    events.send({"reach": "broadcast", "event": event, "data": events.payload(event, data)}, after_commit=after_commit)
