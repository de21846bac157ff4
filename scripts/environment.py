"""An environment of its own for the built wheels, in which nothing else of the project can be imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run_alone(
    venv: Path,
    requirements: list[str],
    packages: list[Path],
    tests: Path,
    arguments: list[str],
    interpreter: str = sys.executable,
) -> int:
    """Run the tests of a folder in ``venv``; returns the exit code.

    ``requirements`` are installed when a pyproject.toml of the ``packages`` changed, the packages' wheels always: their contents
    are what is tested.
    """
    python, stamp = str(venv / "bin" / "python"), venv / ".stamp"
    pip = [python, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    try:
        changed = max((path / "pyproject.toml").stat().st_mtime for path in packages)
        if not stamp.exists() or stamp.stat().st_mtime < changed:
            subprocess.run([interpreter, "scripts/make_venv.py", str(venv), *requirements], cwd=ROOT, check=True)
            stamp.touch()
        subprocess.run([*pip, "--no-deps", "--force-reinstall", *map(str, packages)], cwd=ROOT, check=True)
    except subprocess.CalledProcessError as error:
        return error.returncode
    # From another directory and with settings of its own.
    command = [python, "-m", "pytest", "-c", str(tests / "pytest.ini"), "--confcutdir", str(tests), *arguments]
    return subprocess.run(command, cwd=tests, check=False).returncode
