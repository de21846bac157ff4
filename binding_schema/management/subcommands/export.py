"""``manage.py binding_schema export``: the whole schema as a file, and the check that the file is what the code says."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import CommandError, CommandParser

from ...export.formats import FORMATS, Unavailable, export
from .base import Subcommand


class Export(Subcommand):
    help: ClassVar[str] = "Print the whole schema, or write it to a file, for front ends and tools."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=list(FORMATS), required=True, help="What to print.")
        parser.add_argument(
            "--out", metavar="FILE", default="-", help="Where to write it; `-`, the default, prints it."
        )
        check = "Write nothing: end with 1, and show what differs, if FILE is not what would be written."
        parser.add_argument("--check", action="store_true", help=check)

    def run(self, options: Mapping[str, Any]) -> str | None:
        try:
            text = export(options["format"])
        except Unavailable as error:
            raise CommandError(str(error)) from None
        if options["out"] == "-":
            if options["check"]:
                raise CommandError("--check needs the file to check: --out FILE.")
            return text
        path = Path(options["out"])
        if options["check"]:
            _check(path, text, options["format"])
            return f"{path} is up to date."
        try:
            path.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from None
        return f"Wrote {path}."


def _check(path: Path, text: str, name: str) -> None:
    """Raises CommandError with a unified diff, from the file to what it should be."""
    remedy = f"Renew it: manage.py binding_schema export --format {name} --out {path}"
    try:
        kept = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}. {remedy}") from None
    except UnicodeDecodeError:
        raise CommandError(f"{path} is no text. {remedy}") from None
    if kept != text:
        lines = difflib.unified_diff(kept.splitlines(True), text.splitlines(True), str(path), "the code")
        raise CommandError(f"{path} is not what the code says. {remedy}\n{_joined(lines)}")


def _joined(lines: Any) -> str:
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
