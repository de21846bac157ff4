"""Compiled SQL that is run again with other values.

Building a queryset and compiling it costs several times what SQLite takes to run it, and a Plan asks the same few
statements over and over. A statement is kept with its Plan, so it holds for one view only: the row rule's values are in it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import connections, models
from django.db.models import Count, QuerySet
from django.db.models.expressions import ColPairs
from django.db.models.manager import BaseManager
from django.utils import timezone

#: Statements kept with one Plan.
LIMIT = 16
#: Values that no row has, told apart from all other parameters of a statement.
_MARKS: dict[type, list[Any]] = {
    int: [1_913_704_001 + 7 * number for number in range(128)],
    uuid.UUID: [uuid.UUID(int=0xB1D5C4E3A2F19087 << 64 | number) for number in range(128)],
}


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with its parameters; ``slots`` are the positions that other values are put in, ``converters`` are by column."""

    sql: str
    params: tuple[Any, ...]
    slots: tuple[int, ...]
    converters: tuple[tuple[int, tuple[Any, ...], Any], ...]

    def run(
        self, using: str, values: Sequence[Any] = (), low: int = 0, high: int | None = None
    ) -> list[tuple[Any, ...]]:
        """The rows, from ``low`` up to ``high``. Fewer values than slots: the last one is repeated, as suits an IN."""
        connection = connections[using]
        sql, params = self.sql, list(self.params)
        if low or high is not None:
            sql = f"{sql} {connection.ops.limit_offset_sql(low, high)}"
        for number, slot in enumerate(self.slots):
            params[slot] = values[number] if number < len(values) else values[-1]
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return self._converted(found, connection) if self.converters else found

    def _converted(self, found: list[tuple[Any, ...]], connection: Any) -> list[tuple[Any, ...]]:
        rows = [list(row) for row in found]
        for index, functions, expression in self.converters:
            for row in rows:
                value = row[index]
                for function in functions:
                    value = function(value, expression, connection)
                row[index] = value
        return [tuple(row) for row in rows]


def compiled(rows: QuerySet[Any], using: str, marks: Sequence[Any] = ()) -> Statement | None:
    """The statement of a ``values_list`` queryset, with a slot for each of ``marks``; None if it cannot be told apart."""
    compiler = rows.query.get_compiler(using)
    try:
        sql, params = compiler.as_sql()
    except (EmptyResultSet, FullResultSet):
        return None
    slots = tuple(
        number for number, value in enumerate(params) if any(value is mark or value == mark for mark in marks)
    )
    if [params[slot] for slot in slots] != list(marks):
        return None
    expressions = [item[0] for item in compiler.select[: compiler.col_count]]
    if any(isinstance(expression, ColPairs) for expression in expressions):
        return None  # a composite key is several columns, which Django's iterables put together
    converters = compiler.get_converters(expressions)
    kept = tuple((index, tuple(functions), expression) for index, (functions, expression) in converters.items())
    return Statement(sql, tuple(params), slots, kept)


def counted(rows: QuerySet[Any], using: str) -> Statement | None:
    """The statement that counts plain rows: no grouping, no DISTINCT, no slice."""
    query = rows.query.chain()
    if query.annotations or query.distinct or query.combinator or query.is_sliced or query.group_by is not None:
        return None
    query.clear_ordering(force=True)
    query.clear_select_clause()
    query.add_annotation(Count("*"), "binding_schema_count")
    counting = rows._chain()  # type: ignore[attr-defined]
    counting.query = query
    return compiled(counting, using)


def marks_for(pk: Any, number: int) -> Sequence[Any] | None:
    """Marks as values of this key; None for a kind of key that has none."""
    if isinstance(pk, models.UUIDField):
        return _MARKS[uuid.UUID][:number]
    return _MARKS[int][:number] if isinstance(pk, models.IntegerField) else None


@lru_cache(maxsize=1024)
def is_plain(model: type[models.Model]) -> bool:
    """Whether the model's default manager always yields the same rows. One of the project's own may look at the tenant, or
    at the time, so its SQL is never kept."""
    return type(model._default_manager).get_queryset is BaseManager.get_queryset


def moment() -> str:
    """What a statement depends on beside its arguments: date lookups have the current time zone in their SQL."""
    return timezone.get_current_timezone_name()
