"""The figures of a run, as a table or as JSON."""

import os
import platform
import sys
from dataclasses import dataclass
from importlib.metadata import version
from statistics import median
from typing import Any

from django.db import connection


@dataclass(frozen=True)
class Cell:
    """One verb at one number of connections: requests per second in each round, by the contender's name."""

    verb: str
    connections: int
    rates: dict[str, list[float]]

    def ratios(self) -> dict[str, list[float]]:
        """How many times as fast as each other contender the first one was, round by round."""
        first, *others = self.rates
        return {
            other: [ours / theirs for ours, theirs in zip(self.rates[first], self.rates[other], strict=True)]
            for other in others
        }


def environment() -> dict[str, Any]:
    """What the figures depend on."""
    packages = ("django", "channels", "orjson", "pydantic", "djangochannelsrestframework")
    return {
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "database": f"{connection.vendor} {_database_version()}",
        "packages": {package: version(package) for package in packages},
    }


def as_json(cells: list[Cell], about: dict[str, Any]) -> dict[str, Any]:
    return about | {
        "results": [
            {
                "verb": cell.verb,
                "connections": cell.connections,
                "requests_per_second": {name: _summary(rates) for name, rates in cell.rates.items()},
                "ratios": {name: _summary(ratios) for name, ratios in cell.ratios().items()},
            }
            for cell in cells
        ]
    }


def as_table(cells: list[Cell]) -> str:
    """Medians; in brackets the lowest and the highest ratio of a round."""
    first, *others = cells[0].rates
    lines = [["verb", "connections", *cells[0].rates, *(f"{first} / {other}" for other in others)]]
    for cell in cells:
        rates = [f"{median(rates):,.0f}" for rates in cell.rates.values()]
        ratios = [f"{median(r):.2f} ({min(r):.2f}-{max(r):.2f})" for r in cell.ratios().values()]
        lines.append([cell.verb, str(cell.connections), *rates, *ratios])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.rjust, line, widths)) for line in lines)


def progress(text: str) -> None:
    # Apart from the figures, which may go to a file.
    print(text, file=sys.stderr, flush=True)


def _summary(values: list[float]) -> dict[str, Any]:
    return {"median": round(median(values), 3), "rounds": [round(value, 3) for value in values]}


def _database_version() -> str:
    return ".".join(map(str, connection.get_database_version()))
