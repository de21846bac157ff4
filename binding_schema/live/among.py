"""``IN`` with one parameter for all keys. A parameter for each costs time, and there are more users than a statement may
have parameters: 32,766 on SQLite, 65,535 on PostgreSQL with bound ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from django.db import connections
from django.db.models import F, Lookup, Q


class Among(Lookup):
    """Whether a column has one of some values."""

    lookup_name = "binding_schema_among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        column, parameters = self.process_lhs(compiler, connection)
        kind: Any = self.lhs.output_field
        values = [kind.get_db_prep_value(value, connection) for value in self.rhs]
        if connection.vendor == "sqlite":
            return f"{column} IN (SELECT value FROM json_each(%s))", [*parameters, orjson.dumps(values).decode()]
        return f"{column} = ANY(%s)", [*parameters, values]


def among(keys: Iterable[Any], using: str) -> Any:
    """The condition that the primary key is one of ``keys``."""
    found = list(keys)
    vendor = connections[using].vendor
    if vendor == "postgresql" or (vendor == "sqlite" and all(isinstance(key, (int, str)) for key in found)):
        return Among(F("pk"), found)
    return Q(pk__in=found)
