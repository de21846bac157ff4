"""Finds, or starts for one test run, what the tests use beside Python: PostgreSQL, Redis, Chromium and Node.

The `find_*` functions only look. `provide(stack)` also starts a private PostgreSQL or Redis where the programs are
installed but nothing answers: on a free port, with its data in a temporary directory, until the stack closes. Nothing
else on the machine is started, changed or stopped.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
import redis

# A machine that must have every service: what is missing fails the run instead of hiding tests behind a skip.
REQUIRED = os.environ.get("REQUIRE_SERVICES") == "1"

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MINIMUM_NODE = 18
POSTGRESQL_REMEDY = "install the package postgresql, or set PGHOST, PGPORT, PGUSER and PGPASSWORD"


@dataclass(frozen=True)
class Service:
    """`env` is what a test process needs to reach the service. Without a version it is missing, and `why` says why."""

    name: str
    version: str = ""
    where: str = ""
    started: bool = False
    env: dict[str, str] = field(default_factory=dict)
    why: str = ""
    remedy: str = ""

    @property
    def found(self) -> bool:
        return bool(self.version)

    def __str__(self) -> str:
        if not self.found:
            effect = "fail" if REQUIRED else "are skipped"
            return f"{self.name}: not found ({self.why}): tests that need it {effect}; {self.remedy}"
        if self.started:
            return f"{self.name}: started {self.version} at {self.where} for this run"
        return f"{self.name}: found {self.version} at {self.where}"


def connect(env: dict[str, str]) -> psycopg.Connection:
    """To the server's maintenance database, where test databases are created and dropped from."""
    return psycopg.connect(
        host=env["PGHOST"],
        port=env["PGPORT"],
        user=env["PGUSER"],
        dbname="postgres",
        connect_timeout=3,
        autocommit=True,
    )


def find_postgresql() -> Service:
    """Where PGHOST, PGPORT, PGUSER and PGPASSWORD say, by default `postgres` at 127.0.0.1:5432."""
    env = {
        "PGHOST": os.environ.get("PGHOST") or "127.0.0.1",
        "PGPORT": os.environ.get("PGPORT") or "5432",
        "PGUSER": os.environ.get("PGUSER") or "postgres",
    }
    try:
        with connect(env) as connection:
            number = connection.info.server_version
    except psycopg.OperationalError as error:
        return Service("postgresql", why=_first_line(error), remedy=POSTGRESQL_REMEDY)
    where = f"{env['PGHOST']}:{env['PGPORT']}"
    return Service("postgresql", version=f"{number // 10000}.{number % 10000}", where=where, env=env)


def find_redis() -> Service:
    """Where REDIS_URL says, by default redis://127.0.0.1:6379."""
    url = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379"
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3) as client:
            version = client.info("server")["redis_version"]
    except (redis.RedisError, ValueError) as error:
        return Service("redis", why=_first_line(error), remedy="install the package redis-server, or set REDIS_URL")
    where = url.rpartition("@")[2].removeprefix("redis://")  # without a password
    return Service("redis", version=version, where=where, env={"REDIS_URL": url})


def find_chromium() -> Service:
    """The browser that CHROMIUM names, or the first of the usual names on the PATH."""
    names = (named,) if (named := os.environ.get("CHROMIUM")) else CHROMIUM_NAMES
    remedy = "install the package chromium, or set CHROMIUM to the path of a browser"
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        return Service("chromium", why=f"none of {', '.join(names)} is on the PATH", remedy=remedy)
    # Without --no-sandbox some builds refuse to answer root.
    words = _output([path, "--no-sandbox", "--version"]).split()
    version = next((word for word in words if word[0].isdigit()), "")
    return Service(
        "chromium", version=version, where=path, env={"CHROMIUM": path}, why=f"{path} does not run", remedy=remedy
    )


def find_node() -> Service:
    """The interpreter that NODE names, or `node` on the PATH."""
    name = os.environ.get("NODE") or "node"
    remedy = f"install Node {MINIMUM_NODE} or newer, or set NODE to its path"
    path = shutil.which(name)
    if path is None:
        return Service("node", why=f"no {name} on the PATH", remedy=remedy)
    version = _output([path, "--version"]).strip().removeprefix("v")
    if not version or int(version.split(".")[0]) < MINIMUM_NODE:
        return Service("node", why=f"{path} is {version or 'broken'}", remedy=remedy)
    return Service("node", version=version, where=path, env={"NODE": path})


def find_redis_server() -> Service:
    """The program, of which a test starts servers of its own that it may stop."""
    remedy = "install the package redis-server"
    path = shutil.which("redis-server")
    if path is None:
        return Service("redis-server", why="no redis-server on the PATH", remedy=remedy)
    words = _output([path, "--version"]).split()
    version = next((word.removeprefix("v=") for word in words if word.startswith("v=")), "")
    return Service(
        "redis-server",
        version=version,
        where=path,
        env={"REDIS_SERVER": path},
        why=f"{path} does not run",
        remedy=remedy,
    )


FINDERS: dict[str, Callable[[], Service]] = {
    "postgresql": find_postgresql,
    "redis": find_redis,
    "redis-server": find_redis_server,
    "chromium": find_chromium,
    "node": find_node,
}


def provide(stack: ExitStack) -> dict[str, Service]:
    """Every service by its name, found or started; what is started stops when `stack` closes."""
    services = {name: find() for name, find in FINDERS.items()}
    if not services["postgresql"].found and not os.environ.get("PGHOST"):
        services["postgresql"] = start_postgresql(stack) or services["postgresql"]
    if not services["redis"].found and not os.environ.get("REDIS_URL"):
        services["redis"] = start_redis(stack) or services["redis"]
    return services


def start_postgresql(stack: ExitStack) -> Service | None:
    """A private server without a password and without fsync, or None where PostgreSQL is not installed."""
    programs = _postgresql_programs()
    if programs is None:
        return None
    directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True)))
    run_as: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root; its package brings the user
        try:
            shutil.chown(directory, "postgres")
        except LookupError:
            return None
        run_as = ["runuser", "-u", "postgres", "--"]
    data, log, port = directory / "data", directory / "log", free_port()
    control = [*run_as, str(programs / "pg_ctl"), "-D", str(data)]
    options = f"-p {port} -h 127.0.0.1 -k {directory} -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    initdb = [*run_as, str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"]
    for command in (initdb, [*control, "-l", str(log), "-o", options, "-w", "start"]):
        # To a file, not a pipe: the server inherits it, and a pipe would be read until the server ends.
        with (directory / "output").open("w") as output:
            done = subprocess.run(
                command, cwd=directory, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, check=False
            )
        if done.returncode != 0:
            said = (directory / "output").read_text().strip().splitlines() or ["without a word"]
            return Service("postgresql", why=f"could not start one: {said[-1]}", remedy=POSTGRESQL_REMEDY)
    stack.callback(_output, [*control, "-m", "immediate", "stop"])
    os.environ.update(PGHOST="127.0.0.1", PGPORT=str(port), PGUSER="postgres")
    return replace(find_postgresql(), started=True)


def start_redis(stack: ExitStack) -> Service | None:
    """A private server that saves nothing, or None where Redis is not installed."""
    program = shutil.which("redis-server")
    if program is None:
        return None
    directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="redis-"))
    port = free_port()
    options = f"--port {port} --bind 127.0.0.1 --appendonly no --dir {directory}".split()
    command = [program, *options, "--save", ""]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    os.environ["REDIS_URL"] = f"redis://127.0.0.1:{port}"
    deadline = time.monotonic() + 10
    while not (service := find_redis()).found and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    return replace(service, started=True)


def _postgresql_programs() -> Path | None:
    """The directory of initdb and pg_ctl; Debian keeps it off the PATH, one for each version."""
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    if on_path := shutil.which("initdb"):
        candidates.insert(0, Path(on_path).resolve().parent)
    return next((path for path in candidates if (path / "initdb").exists() and (path / "pg_ctl").exists()), None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _output(command: list[str]) -> str:
    """What the command wrote on its standard output; empty if it did not run."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


if __name__ == "__main__":
    for find in FINDERS.values():
        print(find())
