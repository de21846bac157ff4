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


def mypy(name: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-pretty", "--show-error-codes", str(HERE / name)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


@pytest.mark.timeout(300)
def test_right_declarations_have_the_types_that_an_editor_shows() -> None:
    assert "Success: no issues found in 1 source file" in mypy("declarations.py")


@pytest.mark.timeout(300)
def test_each_wrong_use_is_an_error_on_its_line() -> None:
    output = mypy("mistakes.py")
    found: dict[int, set[str]] = defaultdict(set)
    for match in COMPLAINT.finditer(output):
        assert Path(match["file"]).name == "mistakes.py", output
        found[int(match["line"])].add(match["code"])
    wanted = {
        number: set(match["codes"].split(", "))
        for number, line in enumerate((HERE / "mistakes.py").read_text().splitlines(), 1)
        if (match := EXPECTED.search(line))
    }
    assert dict(found) == wanted, output
