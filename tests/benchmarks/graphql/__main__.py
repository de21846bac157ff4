"""GraphQL over ``graphql-transport-ws``, beside strawberry-django: ``python -m tests.benchmarks.graphql``."""

import argparse
import asyncio
import importlib
import os

import django

from tests.benchmarks.database import KINDS, temporary_database


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.graphql", description="See tests/benchmarks/README.md."
    )
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=10_000)
    options = parser.parse_args()
    with temporary_database(options.database):
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.settings"
        django.setup()
        asyncio.run(importlib.import_module("tests.benchmarks.graphql.run").main(options))


if __name__ == "__main__":
    main()
