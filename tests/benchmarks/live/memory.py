"""What a connection costs in memory: each kind in a process of its own, `python -m tests.benchmarks.live.memory KIND NUMBER`."""

import asyncio
import gc
import importlib
import json
import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import django

from tests.benchmarks.database import temporary_database
from tests.benchmarks.report import progress

from .tables import Table

#: Opened first and not counted: what is made once for a process is made with them.
WARM = 100
#: A connection to an application that does nothing but wait: what the harness itself costs for each.
BARE = "bare"
PLAIN = "plain"


def measure(options: Namespace) -> list[Table]:
    """Bytes of resident memory for each connection, beyond those of the harness."""
    kinds = importlib.import_module("tests.benchmarks.live.contenders").IDLE
    table = Table(f"bytes of memory per connection, at {options.connections:,} connections", PLAIN)
    for _ in range(min(options.rounds, 3)):
        bare = _in_process(BARE, options.connections)
        for kind in (PLAIN, *kinds):
            table.add(kind, _in_process(kind, options.connections) - bare)
    progress("Measured: memory")
    return [table]


def _in_process(kind: str, connections: int) -> float:
    command = [sys.executable, "-m", "tests.benchmarks.live.memory", kind, str(connections)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BENCHMARK_")}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        raise RuntimeError(f"{kind}: {result.stderr[-2000:]}")
    return float(json.loads(result.stdout))


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def _per_connection(kind: str, connections: int, users: Sequence[Any]) -> float:
    contenders = importlib.import_module("tests.benchmarks.live.contenders")
    receivers = importlib.import_module("tests.benchmarks.live.receivers")
    contender = {BARE: contenders.BARE, PLAIN: contenders.PLAIN}.get(kind, contenders.ONE_USER)
    application = contender.application()
    requests = contenders.IDLE.get(kind, ())
    opened = await receivers.opened(application, users, WARM, requests, print)
    gc.collect()
    before = _resident()
    opened += await receivers.opened(application, users, connections, requests, print)
    gc.collect()
    # Twice: what the first collection frees may keep others alive.
    gc.collect()
    after = _resident()
    assert len(opened) == connections + WARM
    return (after - before) / connections


def main(kind: str, connections: int) -> None:
    with temporary_database("sqlite"):
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.live.settings"
        django.setup()
        users = importlib.import_module("tests.benchmarks.live.fill").fill(1)
        found = asyncio.run(_per_connection(kind, connections, users))
        print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
