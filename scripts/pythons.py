"""Finds a Python that is newer than the one that the tests run on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAMES = ("python3.14", "python3.13", "python3.12")
MISSING = f"newest: no newer Python was found, of {', '.join(NAMES)}; NEWEST_PYTHON may name one"


def newest() -> str | None:
    """What NEWEST_PYTHON names, or the newest that is in the path or was installed by pyenv; None where there is none."""
    if given := os.environ.get("NEWEST_PYTHON"):
        return given
    found = {version: path for path in _candidates() if (version := _version(path)) > sys.version_info[:2]}
    return found[max(found)] if found else None


def _candidates() -> Iterator[str]:
    yield from filter(None, map(shutil.which, NAMES))
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for name in NAMES:
        yield from map(str, sorted(root.glob(f"versions/{name.removeprefix('python')}.*/bin/{name}")))


def _version(path: str) -> tuple[int, int]:
    """(0, 0) for what does not run: a name in the path may be a shim for what is not chosen."""
    program = "import sys, ensurepip, venv; print(*sys.version_info[:2])"
    done = subprocess.run([path, "-c", program], capture_output=True, text=True, check=False)
    major, minor = done.stdout.split() if done.returncode == 0 else ("0", "0")
    return int(major), int(minor)
