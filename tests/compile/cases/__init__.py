"""Wrong declarations, each with the check that tells of it and a piece of its hint. `tests.compile.test_mistakes` runs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Declare = Callable[[], Sequence[type[Any]]]


@dataclass(frozen=True)
class Case:
    id: str
    hint: str
    declare: Declare
    also: frozenset[str]
    """Ids that the same mistake cannot but cause too."""


CASES: list[Case] = []


def mistake(id: str, hint: str, also: Sequence[str] = ()) -> Callable[[Declare], Declare]:
    def add(declare: Declare) -> Declare:
        CASES.append(Case(id, hint, declare, frozenset(also)))
        return declare

    return add
