"""``manage.py binding_schema check-live``: what live frames need, tried out where the command runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.management.base import CommandError, CommandParser
from django.db import connections, router

from ...compile import current
from ...live.health import findings
from ...live.routes import routes_of
from .base import Subcommand
from .databases import add_database, known


class CheckLive(Subcommand):
    help: ClassVar[str] = (
        "Try out what live frames need: the channel layer, the change log and its database, the triggers. One line for each "
        "check; it ends with 1 if one failed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_database(parser)

    def run(self, options: Mapping[str, Any]) -> str:
        schema, alias = current.schema(), known(options["database"])
        models = [stream.model for stream in schema.streams.values() if stream.model is not None]
        used = dict.fromkeys(router.db_for_write(model) for model in models) or dict.fromkeys(connections)
        found = list(findings(routes_of(schema), list(used) if alias is None else [alias]))
        text = "\n".join(str(item) for item in found)
        if any(item.level == "failure" for item in found):
            raise CommandError(text)
        return text
