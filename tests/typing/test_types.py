"""The example files beside this one, checked by mypy with the project's own configuration."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
COMPLAINT = re.compile(r"^(?P<file>[^:]+):(?P<line>\d+): error: .*\[(?P<code>[a-z-]+)\]$", re.MULTILINE)
EXPECTED = re.compile(r"# error: (?P<codes>[a-z-]+(, [a-z-]+)*)$")


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    """What mypy says of each file: of both in one run, since most of it is to read what they import."""
    files = [HERE / "declarations.py", HERE / "mistakes.py"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-pretty", "--show-error-codes", *map(str, files)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "(checked 2 source files)" in done.stdout
    lines = done.stdout.splitlines()[:-1]
    found = {file.name: "\n".join(line for line in lines if f"{file.name}:" in line) for file in files}
    assert sum(text.count("\n") + bool(text) for text in found.values()) == len(lines), done.stdout
    return found


@pytest.mark.timeout(300)
def test_right_declarations_have_the_types_that_an_editor_shows(said: dict[str, str]) -> None:
    assert not said["declarations.py"], said


@pytest.mark.timeout(300)
def test_each_wrong_use_is_an_error_on_its_line(said: dict[str, str]) -> None:
    output = said["mistakes.py"]
    found: dict[int, set[str]] = defaultdict(set)
    for match in COMPLAINT.finditer(output):
        found[int(match["line"])].add(match["code"])
    wanted = {
        number: set(match["codes"].split(", "))
        for number, line in enumerate((HERE / "mistakes.py").read_text().splitlines(), 1)
        if (match := EXPECTED.search(line))
    }
    assert dict(found) == wanted, output
