"""Names of types in the exports: predictable, and no two alike."""

from __future__ import annotations

import re
from collections.abc import Iterable


def pascal(text: str) -> str:
    """``helpdesk.Ticket`` -> ``HelpdeskTicket``, ``due_on`` -> ``DueOn``."""
    found = "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", text))
    return f"_{found}" if found[:1].isdigit() or not found else found


class Names:
    """The names of one document. A name that is taken gets a number, always the same one, since they are asked for in one
    order."""

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._taken = set(reserved)

    def claim(self, name: str) -> str:
        found, number = name, 1
        while found in self._taken:
            number += 1
            found = f"{name}{number}"
        self._taken.add(found)
        return found
