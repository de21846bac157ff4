"""A run: fill the database, verify every contender, then measure them in turns."""

import asyncio
import json
from argparse import Namespace

from .contenders import CONTENDERS, OURS, Contender
from .fill import fill
from .load import Workload, measure, nonces
from .profiling import profiled
from .report import Cell, as_json, as_table, environment, progress
from .verify import verify


def main(options: Namespace) -> None:
    """Do what the command line asks for; figures go to stdout, progress to stderr."""
    workloads = _workloads(options)
    if options.profile:
        with profiled() as report:
            rate = asyncio.run(_one(OURS, workloads[0], options))
        print(report())
        print(f"{rate:,.0f} requests per second while profiled")
        return
    cells = asyncio.run(_all([CONTENDERS[name] for name in options.only], workloads, options))
    about = environment() | {
        "rows": options.rows,
        "seconds": options.seconds,
        "rounds": options.rounds,
        "distinct_users": options.distinct_users,
    }
    if options.json:
        print(json.dumps(as_json(cells, about), indent=2))
    elif cells:
        print(f"{about['database']}, Python {about['python']}, {about['processors']} processors")
        print(f"requests per second, medians of {options.rounds} rounds of {options.seconds:g} s\n")
        print(as_table(cells))


def _workloads(options: Namespace) -> list[Workload]:
    progress(f"Creating {options.rows:,} rows")
    users = fill(options.rows, max(options.connections))
    verbs = [options.profile] if options.profile else options.verbs
    return [
        Workload(
            verb=verb,
            connections=connections,
            rows=options.rows,
            users=users if options.distinct_users else users[:1],
            nonces=nonces(),
        )
        for verb in verbs
        for connections in options.connections
    ]


async def _one(contender: Contender, workload: Workload, options: Namespace) -> float:
    await verify(contender, workload)
    return await measure(contender, workload, options.seconds, seed="profile")


async def _all(contenders: list[Contender], workloads: list[Workload], options: Namespace) -> list[Cell]:
    for contender in contenders:
        await verify(contender, workloads[0])
    progress("Verified: every contender gives the same answers, and refuses what it should")
    if options.verify:
        return []
    return [await _cell(contenders, workload, options) for workload in workloads]


async def _cell(contenders: list[Contender], workload: Workload, options: Namespace) -> Cell:
    rates: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for number in range(options.rounds):
        # In turns, because the speed of a machine drifts: what slows one round slows all contenders in it.
        for contender in contenders:
            rate = await measure(contender, workload, options.seconds, seed=f"{workload.verb} {number}")
            rates[contender.name].append(rate)
    progress(f"Measured: {workload.verb}, connections: {workload.connections}")
    return Cell(workload.verb, workload.connections, rates)
