"""The SQL inside of the triggers. ``old_rows`` and ``new_rows`` are what a statement took away and what it put there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from .log import TABLE


class Column(NamedTuple):
    """A column of a key. ``as_text``: JSON has no exact form for its numbers."""

    name: str
    as_text: bool = False


class Row(NamedTuple):
    """The table's rows are objects of ``label``. An update of ``aside`` alone is noted as ``detail``."""

    label: str
    key: tuple[Column, ...]
    aside: str = ""
    detail: str = ""


class Lookup(NamedTuple):
    """Where the key of a row stands that something else than its key refers to."""

    table: str
    target: str
    key: Column


class Source(NamedTuple):
    """A row that comes, changes or goes changes the object of ``label`` that ``column`` names: by its key, or by what
    ``lookup`` says."""

    label: str
    column: Column
    lookup: Lookup | None = None


class Rights(NamedTuple):
    """Rows decide who sees what: those in ``column``, or, without one, everyone."""

    label: str
    column: Column | None


Tell = Row | Source | Rights
Qualified = Callable[[str], str]

#: Compared by bytes, since not every type has an equality; NULL where one of the two is missing.
_CHANGED = "(old_row *<> new_row) IS NOT FALSE"


def body(tells: Sequence[Tell], keys: Sequence[Column], operation: str, qualified: Qualified) -> str:
    """The function's statements. ``keys`` are the table's own; ``qualified`` gives a table's name with its schema."""
    rows = _Rows(keys, operation)
    selects = [_select(tell, rows, qualified) for tell in tells]
    return (
        f'INSERT INTO {qualified(TABLE)} ("transaction", "model", "key", "op", "origin", "detail", "created_at") '
        "SELECT pg_current_xact_id()::text::bigint, told.model, told.key, told.op, '', told.detail, clock_timestamp() "
        f"FROM ({' UNION ALL '.join(selects)}) AS told (model, key, op, detail); RETURN NULL;"
    )


class _Rows:
    """The rows that a statement changed: ``source`` and ``where`` know them as ``old_row`` and ``new_row``."""

    def __init__(self, keys: Sequence[Column], operation: str) -> None:
        self.operation = operation
        self.first = keys[0]
        if operation == "update":
            same = " AND ".join(f"{_of('old', item)} = {_of('new', item)}" for item in keys)
            self.source, self.where = f"old_rows AS old_row FULL JOIN new_rows AS new_row ON {same}", _CHANGED
            self.sides = ["old", "new"]
        else:
            self.sides = ["new" if operation == "insert" else "old"]
            self.source, self.where = f"{self.sides[0]}_rows AS {self.sides[0]}_row", "TRUE"

    def values(self, column: Column) -> str:
        """A subquery: what a column held before or holds now, in rows that were changed."""
        columns = ", ".join(f"({_of(side, column)})" for side in self.sides)
        values = f"{self.source} CROSS JOIN LATERAL (VALUES {columns}) AS item (value)"
        return f"(SELECT DISTINCT item.value FROM {values} WHERE {self.where} AND item.value IS NOT NULL) AS held"


def _select(tell: Tell, rows: _Rows, qualified: Qualified) -> str:
    if isinstance(tell, Row):
        return _row(tell, rows)
    if tell.column is None:
        return f"SELECT '{tell.label}', '', 'u', '' FROM {rows.source} WHERE {rows.where} HAVING count(*) > 0"
    key = f"to_jsonb(held.value{'::text' if tell.column.as_text else ''})::text"
    values = rows.values(tell.column)
    if isinstance(tell, Source) and tell.lookup is not None:
        table, target, column = tell.lookup
        key = f"to_jsonb(parent.{_quoted(column.name)}{'::text' if column.as_text else ''})::text"
        parents = f"{qualified(table)} AS parent WHERE parent.{_quoted(target)} IN (SELECT held.value FROM {values})"
        return f"SELECT '{tell.label}', {key}, 'u', '' FROM {parents}"
    if isinstance(tell, Source):
        return f"SELECT '{tell.label}', {key}, 'u', '' FROM {values}"
    users = f'jsonb_agg({key} ORDER BY {key} COLLATE "C")::text'
    return f"SELECT '{tell.label}', {users}, 'u', '' FROM {values} HAVING count(*) > 0"


def _row(tell: Row, rows: _Rows) -> str:
    source = f"FROM {rows.source} WHERE {rows.where}"
    if rows.operation != "update":
        op = "c" if rows.operation == "insert" else "d"
        return f"SELECT '{tell.label}', {_json(rows.sides[0], tell.key)}, '{op}', '' {source}"
    # A key that is changed is an object that goes and one that comes.
    gone, came = (f"{_of(side, rows.first)} IS NULL" for side in ("new", "old"))
    key = f"CASE WHEN {gone} THEN {_json('old', tell.key)} ELSE {_json('new', tell.key)} END"
    op = f"CASE WHEN {gone} THEN 'd' WHEN {came} THEN 'c' ELSE 'u' END"
    detail = "''"
    if tell.aside:
        old, new = (f"to_jsonb({side}_row) - '{tell.aside}'" for side in ("old", "new"))
        detail = f"CASE WHEN {old} = {new} THEN '{tell.detail}' ELSE '' END"
    return f"SELECT '{tell.label}', {key}, {op}, {detail} {source}"


def _json(side: str, key: Sequence[Column]) -> str:
    """A key as ``live.log.encode_key`` writes it, but for spaces."""
    parts = [f"{_of(side, item)}{'::text' if item.as_text else ''}" for item in key]
    return f"to_jsonb({parts[0]})::text" if len(parts) == 1 else f"jsonb_build_array({', '.join(parts)})::text"


def _of(side: str, column: Column) -> str:
    return f"{side}_row.{_quoted(column.name)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
