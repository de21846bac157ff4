"""A run: fill the database, then measure the parts that are asked for."""

import asyncio
import json
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from tests.benchmarks.profiling import profiled
from tests.benchmarks.report import environment

from . import deliveries, idle, latency, memory, queries
from .fill import fill
from .tables import Table


def main(options: Namespace) -> None:
    """Do what the command line asks for; figures go to stdout, progress to stderr."""
    users = fill(max(options.receivers, latency.RECEIVERS))
    if options.profile:
        with profiled() as report:
            rate = asyncio.run(deliveries.profile(users, options))
        print(report())
        print(f"{rate:,.0f} deliveries per second while profiled")
        return
    about = environment()
    if options.json:
        tables = [table.as_json() for part in options.only for table in _part(part, users, options)]
        print(json.dumps(about | {"results": tables}, indent=2))
        return
    print(f"{about['database']}, Python {about['python']}, {about['processors']} processors, medians of rounds")
    for part in options.only:
        # At once: what was measured is not lost if a later part cannot be.
        for table in _part(part, users, options):
            print(f"\n{table.as_text()}", flush=True)


def _part(name: str, users: Sequence[Any], options: Namespace) -> list[Table]:
    if name == "memory":
        return memory.measure(options)
    part = {"deliveries": deliveries, "queries": queries, "idle": idle, "latency": latency}[name]
    # An event loop each, so that nothing of one part goes on in the next.
    return asyncio.run(part.measure(users, options))
