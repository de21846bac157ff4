"""``manage.py binding_schema SUBCOMMAND``: the library's one command; ``management.subcommands`` has what it does."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ..subcommands import SUBCOMMANDS


class Command(BaseCommand):
    help = "Tools of binding_schema; each subcommand has a --help of its own."

    def add_arguments(self, parser: CommandParser) -> None:
        choices = parser.add_subparsers(dest="subcommand", metavar="SUBCOMMAND", required=True)
        for name, subcommand in SUBCOMMANDS.items():
            subcommand.add_arguments(choices.add_parser(name, help=subcommand.help, description=subcommand.help))

    def handle(self, *args: Any, subcommand: str, **options: Any) -> str | None:
        return SUBCOMMANDS[subcommand].run(options)
