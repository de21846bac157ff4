"""What subscribers cost the database while nothing happens."""

import asyncio
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from tests.benchmarks.communicator import BenchmarkError
from tests.benchmarks.report import progress

from .contenders import MANY_USERS
from .counting import counted
from .deliveries import listening
from .tables import Table

SECONDS = 10


async def measure(users: Sequence[Any], options: Namespace) -> list[Table]:
    """Statements within ten seconds. Raises BenchmarkError if there is one beside the process's poll."""
    table = Table(f"SQL statements in {SECONDS} idle seconds with {options.receivers:,} subscribers", digits=0)
    with counted() as statements:
        async with listening(MANY_USERS, users, options.receivers):
            statements.clear()
            await asyncio.sleep(SECONDS)
            polls = len(statements.logs())
            others = [sql for sql in statements.engine if sql not in statements.logs()]
    table.add("the process's polls of the log", polls)
    table.add("others", len(others))
    if others:
        raise BenchmarkError(f"idle subscribers asked: {others[:5]}")
    progress("Measured: idle")
    return [table]
