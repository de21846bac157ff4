"""What the documents hold that can be run.

A comment right above a code block says what it is:

    <!-- file: notes/models.py -->     the whole text of a project's file
    <!-- append: project/urls.py -->   text for the end of one
    <!-- patch: notes/bindings.py -->  a change of one: lines that begin with a space are there, `-` go, `+` come
    <!-- run -->                       `$ ` lines to run in the project; what follows one is what it prints
    <!-- fails -->                     the same of a command that ends with an error
    <!-- exchange: alice -->           frames: `→` is sent by that user over WebSocket, `←` is the answer
    <!-- curl: alice -->               `$ curl` lines with that user's token; what follows one is the answer's body
    <!-- sse: alice -->                a `$ curl` line with that user's token, and the events that come
    <!-- live -->                      `alice → {...}` is sent by that user, `alice ← {...}` comes to her, and nothing else to
                                       anybody; `>>> ` is Python, `alice ✗` the end of her connection, `$seq` the newest
                                       `meta.seq` that she got. `live: on`: on the connections of the block before;
                                       `live: /path/`: on connections to that address, else to /ws/
    <!-- operation: alice -->          a GraphQL operation of that user; the `result` block after it is its answer.
                                       `alice, old`: of another package's schema

A text `…` in an answer stands for any value, and in what is printed for any text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("**/*.md"))]
FENCE = re.compile(r"^```(\w*)$")
MARK = re.compile(r"^<!-- ([\w-]+)(?:: (.+?))? -->$")
ANY = "…"


@dataclass(frozen=True)
class Block:
    document: Path
    line: int
    language: str
    text: str
    mark: str = ""
    argument: str = ""

    def __str__(self) -> str:
        return f"{self.document.name}:{self.line}"


def blocks(document: Path) -> Iterator[Block]:
    """The code blocks of a document. Raises ValueError for one that does not end, or a mark without a block."""
    mark = None
    lines = enumerate(document.read_text(encoding="utf-8").splitlines(), 1)
    for number, line in lines:
        if fence := FENCE.match(line):
            text = []
            for _, inner in lines:
                if inner == "```":
                    break
                text.append(inner)
            else:
                raise ValueError(f"{document.name}:{number}: the code block does not end")
            name, argument = mark.groups(default="") if mark else ("", "")
            yield Block(document, number, fence[1], "\n".join(text) + "\n", name, argument)
            mark = None
        elif found := MARK.match(line):
            mark = found
        elif line and mark:
            raise ValueError(f"{document.name}:{number}: a mark stands right above its code block")


def marked(document: Path, *marks: str) -> list[Block]:
    return [block for block in blocks(document) if block.mark in marks]


def patched(text: str, block: Block) -> str:
    """A file's text with a block's change made. What is to be changed must be there, once."""
    lines = block.text.splitlines()
    before, after = (
        "".join(f"{line[1:]}\n" for line in lines if not line.startswith(without)) for without in ("+", "-")
    )
    if text.count(before) != 1:
        raise ValueError(f"{block}: {text.count(before)} places of the file are\n{before}")
    return text.replace(before, after)


def values(text: str) -> list[Any]:
    """The JSON values that stand one after another in a text."""
    decoder, found, place = json.JSONDecoder(), [], 0
    while text[place:].strip():
        value, place = decoder.raw_decode(text, len(text) - len(text[place:].lstrip()))
        found.append(value)
    return found


@dataclass(frozen=True)
class Step:
    """A frame, or a batch of them, and the frames that answer it."""

    sent: Any
    answers: list[Any]


def steps(text: str) -> list[Step]:
    found: list[Step] = []
    for part in re.split(r"^(?=[→←])", text, flags=re.MULTILINE)[1:]:
        value = json.loads(part[1:])
        if part[0] == "→":
            found.append(Step(value, []))
        else:
            found[-1].answers.append(value)
    if not found or not all(step.answers for step in found):
        raise ValueError("an exchange is made of `→` frames, each with its `←` answers")
    return found


@dataclass
class LiveStep:
    """What a user sends, the frames that come to her, lines of Python, or, if it is none of these, that she leaves."""

    user: str = ""
    sent: Any = None
    told: list[Any] | None = None
    python: str = ""


def live_steps(text: str) -> list[LiveStep]:
    """The steps of a `live` block. What is indented goes on with the line above."""
    found: list[LiveStep] = []
    for part in filter(None, re.split(r"^(?! )", text, flags=re.MULTILINE)):
        last = found[-1] if found else LiveStep()
        if part.startswith((">>> ", "... ")):
            if not last.python:
                found.append(last := LiveStep())
            last.python += part[4:]
            continue
        match = re.match(r"(\w+) ([→←✗])\s", part)
        if match is None:
            raise ValueError(f"not a line of a live block: {part!r}")
        user, value = match[1], json.loads(part[match.end() :] or "null")
        if match[2] in "→✗":
            found.append(LiveStep(user, sent=value))
        elif last.told is not None and last.user == user:
            last.told.append(value)
        else:
            found.append(LiveStep(user, told=[value]))
    return found


def fits(expected: Any, actual: Any) -> bool:
    """Equality, types included, but for values that are `…`."""
    if expected == ANY:
        return True
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(fits(expected[key], actual[key]) for key in expected)
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(fits, expected, actual))
    return type(expected) is type(actual) and bool(expected == actual)


@dataclass(frozen=True)
class Table:
    headers: list[str]
    rows: list[list[str]]

    def column(self, header: str) -> list[str]:
        return [row[self.headers.index(header)] for row in self.rows]


def tables(document: Path, section: str) -> list[Table]:
    """The tables under a heading, down to the next heading of the same level."""
    text = document.read_text(encoding="utf-8")
    heading = re.search(rf"^(#+) {re.escape(section)}$", text, re.MULTILINE)
    if heading is None:
        raise ValueError(f"{document.name} has no section {section!r}")
    rest = text[heading.end() :]
    end = re.search(rf"^#{{1,{len(heading[1])}}} ", rest, re.MULTILINE)
    found = re.findall(r"(?:^\|.*\|\n)+", rest[: end.start() if end else None], re.MULTILINE)
    parsed = [[cells(line) for line in table.splitlines()] for table in found]
    return [Table(rows[0], rows[2:]) for rows in parsed]


def cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def code(cell: str) -> list[str]:
    """The texts between backticks."""
    return re.findall(r"`([^`]+)`", cell)
