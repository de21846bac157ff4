"""The figures of a part: by name, one for each round."""

from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass
class Table:
    """`base` is the row that the others are compared with, round by round; without one there are no ratios."""

    title: str
    base: str | None = None
    digits: int = 0
    figures: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, figure: float) -> None:
        self.figures.setdefault(name, []).append(figure)

    def ratios(self, name: str) -> list[float]:
        """How many times the base's figure this one was, in each round."""
        if self.base is None or name == self.base:
            return []
        pairs = zip(self.figures[name], self.figures[self.base], strict=True)
        return [figure / base for figure, base in pairs if base]

    def as_text(self) -> str:
        """Medians; in brackets the lowest and the highest round's ratio, or figure where there are no ratios."""
        lines = []
        for name, figures in self.figures.items():
            ratios = self.ratios(name)
            shown = f"{median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})" if ratios else ""
            if self.base is None and len(figures) > 1:
                shown = f"({min(figures):,.{self.digits}f}-{max(figures):,.{self.digits}f})"
            lines.append((name, f"{median(figures):,.{self.digits}f}", shown))
        first, second = (max(len(line[column]) for line in lines) for column in (0, 1))
        head = self.title if self.base is None else f"{self.title}; ratios to {self.base!r}"
        return "\n".join([head, *(f"  {a:<{first}}  {b:>{second}}  {c}".rstrip() for a, b, c in lines)])

    def as_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "figures": {name: [round(figure, 4) for figure in figures] for name, figures in self.figures.items()},
            "ratios": {name: [round(ratio, 3) for ratio in self.ratios(name)] for name in self.figures},
        }
