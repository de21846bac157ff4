"""What a subcommand is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.management.base import CommandParser


class Subcommand:
    """``help`` is a sentence for people. One instance serves all calls."""

    help: ClassVar[str]

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare arguments, as a Django command does."""

    def run(self, options: Mapping[str, Any]) -> str | None:
        """Do the work; the returned text goes to standard output. Raises CommandError for what the caller can mend."""
        raise NotImplementedError
