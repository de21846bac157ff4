"""How many SQL statements a change costs, whoever and however many listen."""

from argparse import Namespace
from collections.abc import Sequence
from itertools import count
from typing import Any

from tests.benchmarks.communicator import BenchmarkError
from tests.benchmarks.report import progress

from .contenders import MANY_USERS, ONE_USER, Writer
from .counting import Statements, counted
from .deliveries import listening
from .tables import Table

CHANGES = 5


async def measure(users: Sequence[Any], options: Namespace) -> list[Table]:
    """Statements for a change, by the number of receivers. Raises BenchmarkError if it depends on that."""
    written = Table("SQL statements that write one change and its log entry", digits=1)
    told = Table("SQL statements that tell one change", digits=1)
    writer, nonces = Writer(), count(1)
    with counted() as statements:
        for contender in (ONE_USER, MANY_USERS):
            for receivers in sorted({1, 100, options.receivers}):
                name = f"{contender.name}, {receivers:,} receivers"
                async with listening(contender, users, receivers) as group:
                    await group.change(writer, next(nonces), [1])
                    statements.clear()
                    for _ in range(CHANGES):
                        await group.change(writer, next(nonces), [1])
                    written.add(name, len(statements.writer) / CHANGES)
                    told.add(name, _of_changes(statements) / CHANGES)
            _check(told, contender.name)
    await writer.close()
    progress("Measured: queries")
    return [written, told]


def _of_changes(statements: Statements) -> int:
    """Without the process's poll, which reads the log every five seconds whether there are changes or not."""
    polls = max(len(statements.logs()) - CHANGES, 0)
    return len(statements.engine) - polls


def _check(table: Table, contender: str) -> None:
    found = {figure for name, figures in table.figures.items() if name.startswith(contender) for figure in figures}
    if len(found) > 1:
        raise BenchmarkError(f"{contender}: the number of statements depends on that of receivers: {table.as_text()}")
