"""Counts SQL statements of the whole process, by the thread that asks."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db.backends.signals import connection_created

from binding_schema.resolve import threads

_LOG = "binding_schema_change"


@dataclass
class Statements:
    """`writer` are those of the thread that changes rows, `engine` all others'."""

    writer: list[str] = field(default_factory=list)
    engine: list[str] = field(default_factory=list)

    def clear(self) -> None:
        self.writer.clear()
        self.engine.clear()

    def logs(self) -> list[str]:
        """Those that read the change log."""
        return [sql for sql in self.engine if _LOG in sql]

    def note(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        found = self.writer if threading.current_thread().name.startswith("writer") else self.engine
        found.append(sql)
        return execute(sql, params, many, context)


@contextmanager
def counted() -> Iterator[Statements]:
    """Of connections that are opened within the block; the library's threads open theirs anew."""
    found = Statements()

    def opened(connection: Any, **_: Any) -> None:
        connection.execute_wrappers.append(found.note)

    threads.shutdown()
    connection_created.connect(opened)
    try:
        yield found
    finally:
        connection_created.disconnect(opened)
