"""What one receiver may see of changed rows, and the bytes that it is sent: dumped once for all who see the same."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.db.models import Q

from ..compile.ir import Field, Kind, Shape, Stream
from ..resolve.access import Gate
from ..resolve.dump import dumps
from .match import match

Row = dict[str, Any]


class Standing(Protocol):
    """A receiver's rights over the rows of one batch."""

    def sees(self, key: Any) -> bool: ...

    def body(self, key: Any) -> bytes:
        """The object as the receiver may see it; only for a key that it sees."""
        ...


@dataclass(slots=True)
class Rows:
    """Whole rows by key, with ``columns`` of the model for what is decided in Python; ``bodies`` are the dumps so far."""

    stream: Stream
    gates: tuple[Gate, ...]
    rows: Mapping[Any, Row]
    columns: Mapping[Any, Mapping[str, Any]]
    text_is_exact: bool
    bodies: dict[Hashable, bytes] = field(default_factory=dict)
    _nested: dict[tuple[Any, int], frozenset[Any]] = field(default_factory=dict)

    def nested(self, key: Any, number: int) -> frozenset[Any]:
        """The keys of the nested rows at gate ``number`` of one row."""
        known = self._nested.get((key, number))
        if known is None:
            known = self._nested[(key, number)] = frozenset(_at(self.rows[key], self.gates[number].path))
        return known


def _at(row: Any, path: tuple[str, ...]) -> list[Any]:
    if row is None:
        return []
    if isinstance(row, list):
        return [found for item in row for found in _at(item, path)]
    return [row["id"]] if not path else _at(row.get(path[0]), path[1:])


@dataclass(slots=True)
class ByUser:
    """Rights as answers of the gates: what the whole rows are cut down to.

    ``seen`` are the keys in sight, None for all. ``answers``, one for each gate: whether the field may be read, or a ``Q`` of
    the rows on which it may; for a nested stream False, None for all its rows, or the keys in sight.
    """

    rows: Rows
    seen: frozenset[Any] | None
    answers: tuple[Any, ...]
    plain: bool

    def sees(self, key: Any) -> bool:
        return key in self.rows.rows and (self.seen is None or key in self.seen)

    def body(self, key: Any) -> bytes:
        answers = self.answers if self.plain else self._judged(key)
        known = self.rows.bodies.get((key, answers))
        if known is None:
            row = self.rows.rows[key]
            if any(answer is not True and answer is not None for answer in answers):
                row = cut(row, self.rows.stream.shape, dict(zip(_places(self.rows.gates), answers, strict=True)), ())
            known = self.rows.bodies[(key, answers)] = dumps(row)
        return known

    def _judged(self, key: Any) -> tuple[Any, ...]:
        """The answers for one row: conditions decided, nested keys narrowed to those that the row has."""
        found: list[Any] = []
        for number, answer in enumerate(self.answers):
            if isinstance(answer, Q):
                model = self.rows.stream.model
                assert model is not None
                found.append(match(model, answer, self.rows.columns[key], text_is_exact=self.rows.text_is_exact))
            elif isinstance(answer, frozenset):
                there = self.rows.nested(key, number)
                found.append(None if there <= answer else answer & there)
            else:
                found.append(answer)
        return tuple(found)


Place = tuple[str, tuple[str, ...]]


def _places(gates: tuple[Gate, ...]) -> list[Place]:
    return [("field" if gate.field is not None else "rows", gate.path) for gate in gates]


def cut(row: Row, shape: Shape, answers: Mapping[Place, Any], path: tuple[str, ...]) -> Row:
    """The row without what the answers deny."""
    found: Row = {}
    for item in shape.fields:
        here = (*path, item.name)
        allowed = answers.get(("rows", here))
        if answers.get(("field", here), True) is False or allowed is False or item.name not in row:
            continue
        value = row[item.name]
        found[item.name] = _nested(item, value, allowed, answers, here) if item.shape is not None else value
    if shape.open:
        known = {item.name for item in shape.fields}
        found |= {name: value for name, value in row.items() if name not in known}
    return found


def _nested(item: Field, value: Any, allowed: Any, answers: Mapping[Place, Any], here: tuple[str, ...]) -> Any:
    assert item.shape is not None
    shape = item.shape
    if item.kind is Kind.MANY:
        return [cut(one, shape, answers, here) for one in value if allowed is None or one["id"] in allowed]
    return (
        cut(value, shape, answers, here) if value is not None and (allowed is None or value["id"] in allowed) else None
    )


@dataclass(slots=True)
class ByAudience:
    """Rights as rows: those that one audience was given by the resolver layer's own reading."""

    rows: Mapping[Any, Row]
    bodies: dict[Any, bytes] = field(default_factory=dict)

    def sees(self, key: Any) -> bool:
        return key in self.rows

    def body(self, key: Any) -> bytes:
        known = self.bodies.get(key)
        if known is None:
            known = self.bodies[key] = dumps(self.rows[key])
        return known
