"""The command line: `python -m tests.benchmarks.live --help`."""

import argparse
import importlib
import os

import django

from tests.benchmarks.database import KINDS, temporary_database

PARTS = ("deliveries", "queries", "idle", "memory", "latency")


def main() -> None:
    options = _parser().parse_args()
    with temporary_database(options.database):
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.live.settings"
        django.setup()
        # What is behind this imports models, which can be imported only now.
        importlib.import_module("tests.benchmarks.live.run").main(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.live",
        description="Measure live frames beside plain Channels, in one process. See tests/benchmarks/README.md.",
    )
    add = parser.add_argument
    add("--database", choices=KINDS, default="sqlite")
    add("--only", type=_parts, default=list(PARTS), metavar="P,P...", help=f"of {','.join(PARTS)} (default: all)")
    add("--receivers", type=int, default=1000, help="of deliveries, queries and idle (default: 1,000)")
    add("--connections", type=int, default=5000, help="whose memory is measured (default: 5,000)")
    add("--seconds", type=float, default=2.0, help="measured time of a contender in a round (default: 2)")
    add("--rounds", type=int, default=5, help="default: 5")
    add("--json", action="store_true", help="print JSON, with every round's figure")
    add("--profile", action="store_true", help="profile deliveries of ours alone, for --seconds")
    return parser


def _parts(text: str) -> list[str]:
    chosen = text.split(",")
    if unknown := set(chosen) - set(PARTS):
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(PARTS)}")
    return chosen


if __name__ == "__main__":
    main()
