"""Runs every linter, also after one has failed, and says at the end which ones did."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
# import-linter has no `python -m` form: its command lies beside the interpreter.
LINT_IMPORTS = str(Path(PYTHON).parent / "lint-imports")

LINTERS: dict[str, list[str]] = {
    "ruff check": [PYTHON, "-m", "ruff", "check", "."],
    "ruff format": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "mypy --strict": [PYTHON, "-m", "mypy"],
    "import layers": [LINT_IMPORTS],
    "sizes": [PYTHON, "scripts/check-sizes.py"],
    "migrations": [PYTHON, "-m", "django", "makemigrations", "--check", "--dry-run"],
}


def main() -> int:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": os.pathsep.join(map(str, [ROOT, ROOT / "example", *ROOT.glob("contrib/*")])),
    }
    failed = []
    for name, command in LINTERS.items():
        print(f"--- {name}", flush=True)
        if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode != 0:
            failed.append(name)
    print(f"\nlinters failed: {', '.join(failed)}" if failed else "\nall linters passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
