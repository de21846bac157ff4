"""Rows of an answer as objects that GraphQL's own resolvers read attributes of."""

from __future__ import annotations

from typing import Any

import orjson

from ...types import Selection


class Row:
    """An object as its user may see it. A field that the user may not read is None."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)
        return


def row(data: dict[str, Any] | None, selection: Selection | None) -> Row | None:
    """The row of a JSON object, with the nested objects of the selection as rows too."""
    if data is None:
        return None
    for name, inner in selection or ():
        value = data.get(name)
        if inner is None or value is None:
            continue
        data[name] = [row(item, inner) for item in value] if isinstance(value, list) else row(value, inner)
    made = Row.__new__(Row)
    made.__dict__ = data
    return made


def rows_of(value: Any) -> Any:
    """A JSON object, or a list of them, for types whose members are read in the same way."""
    if isinstance(value, list):
        return [rows_of(item) for item in value]
    return row(value, None) if isinstance(value, dict) else value


def loads(data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(data)
    return found
