"""The command line: `python -m tests.benchmarks --help`."""

import argparse
import importlib
import os
from collections.abc import Callable

import django

from .contenders import CONTENDERS, DEFAULT_CONTENDERS, VERBS
from .database import KINDS, temporary_database


def main() -> None:
    options = _parser().parse_args()
    with temporary_database(options.database):
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.settings"
        django.setup()
        # What is behind this imports models, which can be imported only now.
        importlib.import_module("tests.benchmarks.run").main(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Measure binding_schema beside other consumers, in one process. See tests/benchmarks/README.md.",
    )
    add = parser.add_argument
    add("--database", choices=KINDS, default="sqlite")
    add("--connections", type=_numbers, default=[1, 10, 100], metavar="N,N...", help="default: 1,10,100")
    add("--seconds", type=float, default=3.0, help="measured time of a contender in a round (default: 3)")
    add("--rounds", type=int, default=5, help="default: 5")
    add("--rows", type=int, default=10_000, help="rows in the table (default: 10,000)")
    add("--verbs", type=_choices(VERBS), default=list(VERBS), metavar="V,V...", help=f"of {','.join(VERBS)}")
    add(
        "--only",
        type=_choices(tuple(CONTENDERS)),
        default=list(DEFAULT_CONTENDERS),
        metavar="C,C...",
        help=f"of {','.join(CONTENDERS)}; ratios are those of the first (default: {','.join(DEFAULT_CONTENDERS)})",
    )
    add("--distinct-users", action="store_true", help="every connection is another user's (default: all one user's)")
    add("--json", action="store_true", help="print JSON, with every round's figure")
    add("--verify", action="store_true", help="check the contenders' answers, as every run does first, and stop there")
    add(
        "--profile",
        choices=VERBS,
        metavar="VERB",
        help="profile binding_schema alone, at the first of --connections, for --seconds",
    )
    return parser


def _numbers(text: str) -> list[int]:
    numbers = [int(part) for part in text.split(",")]
    if min(numbers) < 1:
        raise argparse.ArgumentTypeError("at least one connection is needed")
    return numbers


def _choices(allowed: tuple[str, ...]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        chosen = text.split(",")
        if unknown := set(chosen) - set(allowed):
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(allowed)}")
        return chosen

    return parse


if __name__ == "__main__":
    main()
