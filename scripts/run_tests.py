"""Runs the tests: on SQLite, on PostgreSQL where there is one, in an environment without the extras, and each part of contrib/
that is a Python package in an environment of its own.

Arguments are handed to pytest (and leave out these environments, and have one process a database). REQUIRE_SERVICES=1 makes a
missing service, or any skipped test, a failure. SUMMARY_FILE names a file that gets a copy of the summary. TEST_WORKERS is
the number of processes for each database, 2 by default.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pythons
import services

ROOT = Path(__file__).resolve().parent.parent
#: Tests that ask nothing of a database that is not asked elsewhere: one run of them is enough.
ONCE = (
    "tests/client",
    "tests/compile",
    "tests/console",
    "tests/contrib",
    "tests/declare",
    "tests/docs",
    "tests/example/board",
    "tests/example/test_pages.py",
    "tests/export/test_command.py",
    "tests/export/test_document.py",
    "tests/export/test_schemathesis.py",
    "tests/export/test_tools.py",
    "tests/export/test_view.py",
    "tests/graphql/test_bad_input.py",
    "tests/graphql/test_clients.py",
    "tests/graphql/test_graphiql.py",
    "tests/graphql/test_http.py",
    "tests/graphql/test_limits.py",
    "tests/graphql/test_sdl.py",
    "tests/graphql/test_streams.py",
    "tests/transports/test_sse.py",
    "tests/typing",
)
#: Environments of their own: what is tested there, and the command that makes one and takes pytest's options.
ALONE = {
    "base install": ["scripts/test-base"],
    **({"newest": ["scripts/test-base", "--newest"]} if pythons.newest() else {}),
    **{
        path.parent.name: ["scripts/test-contrib", path.parent.name]
        for path in sorted(ROOT.glob("contrib/*/pyproject.toml"))
    },
}
LINES_OF_FAILURE = 25
WIDTH = max(map(len, ALONE)) + 1
#: Processes for each database. More than there are cores, since tests wait for half of their time; a file's tests stay together.
WORKERS = os.environ.get("TEST_WORKERS", "2")


@dataclass(frozen=True)
class Outcome:
    name: str
    text: str
    passed: bool
    skipped: frozenset[str] = frozenset()
    failures: tuple[str, ...] = ()
    """Each failed test with the last lines of its report."""


def run_pytest(name: str, command: list[str], env: dict[str, str]) -> Outcome:
    """Runs a command that takes pytest's options, and reads what happened from its JUnit report."""
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.xml"
        code = run_prefixed(name, [*command, f"--junit-xml={report}"], env)
        if not report.exists():
            return Outcome(name, f"did not run (exit code {code})", passed=False)
        suite = ElementTree.parse(report).getroot().find("testsuite")
    if suite is None:
        return Outcome(name, "wrote no report", passed=False)
    skips = [skip for skip in suite.iter("skipped") if skip.get("type") != "pytest.xfail"]
    counts = {
        "failed": int(suite.get("failures", 0)),
        "passed": int(suite.get("tests", 0)),
        "skipped": len(skips),
        "xfailed": len(list(suite.iter("skipped"))) - len(skips),
        "errors": int(suite.get("errors", 0)),
    }
    counts["passed"] -= sum(count for word, count in counts.items() if word != "passed")
    words = [f"{count} {word}" for word, count in counts.items() if count or word == "passed"]
    reasons = {skip.get("message", "") for skip in skips}
    text = f"{', '.join(words)} in {float(suite.get('time', 0)):.2f}s"
    return Outcome(name, text, code == 0, frozenset(reasons), tuple(failures(suite)))


def failures(suite: ElementTree.Element) -> Iterator[str]:
    """Said again at the end: the reports themselves are thousands of lines further up, where a log may be cut."""
    for case in suite.iter("testcase"):
        for problem in [*case.iter("failure"), *case.iter("error")]:
            lines = (problem.text or problem.get("message", "")).splitlines()[-LINES_OF_FAILURE:]
            yield "\n".join([f"{case.get('classname')}::{case.get('name')}", *(f"    {line}" for line in lines)])


def run_prefixed(name: str, command: list[str], env: dict[str, str]) -> int:
    """Runs a command, each line of its output under a name: several run side by side. Returns its exit code."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    for line in process.stdout:
        print(f"{name:<{WIDTH}}| {line.decode(errors='replace').rstrip()}", flush=True)
    return process.wait()


def on_database(vendor: str, found: dict[str, services.Service], arguments: list[str]) -> Outcome:
    env = {"BINDING_SCHEMA_TEST_DATABASE": vendor}
    for service in found.values():
        env |= service.env
    # In the order of tests/conftest.py, which xdist would change.
    spread = ["--numprocesses", WORKERS, "--dist", "loadfile", "--no-loadscope-reorder"]
    command = [sys.executable, "-m", "pytest", *(arguments or spread)]
    if vendor == "sqlite":
        return run_pytest(vendor, command, env)
    command += [] if arguments else [f"--ignore={path}" for path in ONCE]
    # A name of its own, so that several runs may share one server.
    env["BINDING_SCHEMA_TEST_DATABASE_NAME"] = database = f"test_binding_schema_{os.getpid()}"
    try:
        return run_pytest(vendor, command, env)
    finally:
        drop_databases(found["postgresql"], database)


def drop_databases(server: services.Service, name: str) -> None:
    """pytest drops its databases itself, but not when it was killed. Each worker has one, by the name and its number."""
    with services.connect(server.env) as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE datname ~ %s", [f"^{name}(_gw[0-9]+)?$"])
        for (database,) in found.fetchall():
            connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')


def run_all(arguments: list[str]) -> tuple[list[Outcome], list[services.Service]]:
    """Side by side, since much of a test's time is waiting: the databases first, the environments after them."""
    with ExitStack() as stack:
        found = services.provide(stack)
        print("\n".join(str(service) for service in found.values()), flush=True)
        vendors = ["sqlite", "postgresql"] if found["postgresql"].found else ["sqlite"]
        with ThreadPoolExecutor(len(vendors)) as pool:
            outcomes = list(pool.map(lambda vendor: on_database(vendor, found, arguments), vendors))
        if not arguments:
            with ThreadPoolExecutor(2) as pool:
                alone = [
                    pool.submit(run_pytest, name, [sys.executable, *command], {}) for name, command in ALONE.items()
                ]
                outcomes += [item.result() for item in alone]
    return outcomes, [service for service in found.values() if not service.found]


def summary(outcomes: list[Outcome], missing: list[services.Service], arguments: list[str]) -> str:
    lines = [f"  {outcome.name:<{WIDTH}}{outcome.text}" for outcome in outcomes]
    if arguments:
        chosen = f"only the tests chosen by {' '.join(arguments)} were run"
        lines.append(f"  left out: {', '.join(ALONE)}; {chosen}")
    elif any(outcome.name == "postgresql" for outcome in outcomes):
        lines.append(f"  {'':<{WIDTH}}run on sqlite only: {', '.join(ONCE)}")
    skips = {(outcome.name, reason) for outcome in outcomes for reason in outcome.skipped}
    lines += [f"  skipped on {name}: {reason}" for name, reason in sorted(skips)]
    lines += [f"  {service}" for service in missing]
    lines += [] if arguments or "newest" in ALONE else [f"  {pythons.MISSING}"]
    lines += [f"  failed on {outcome.name}: {failure}" for outcome in outcomes for failure in outcome.failures]
    return "\n".join(["tests", *lines])


def main(arguments: list[str]) -> int:
    outcomes, missing = run_all(arguments)
    text = summary(outcomes, missing, arguments)
    print(f"\n{text}")
    if path := os.environ.get("SUMMARY_FILE"):
        Path(path).write_text(text + "\n", encoding="utf-8")
    return 0 if all(outcome.passed for outcome in outcomes) and not (services.REQUIRED and missing) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
