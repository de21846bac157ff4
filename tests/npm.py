"""The npm packages of a folder of the repository."""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")


@functools.cache
def installed(folder: str) -> Path:
    """The folder, after `npm ci` if its `node_modules` are older than its lock file. Without npm the test is skipped."""
    place = ROOT / folder
    with alone(place):
        install(place, folder)
    return place


@contextmanager
def alone(place: Path) -> Iterator[None]:
    """Several test processes may want the same packages at once."""
    name = f"npm-{hashlib.sha256(str(place).encode()).hexdigest()[:16]}.lock"
    with (Path(tempfile.gettempdir()) / name).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def install(place: Path, folder: str) -> None:
    stamp, lock = place / "node_modules" / ".package-lock.json", place / "package-lock.json"
    if stamp.exists() and stamp.stat().st_mtime >= lock.stat().st_mtime:
        return
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm not found (no npm on the PATH); install it with Node")
    done = subprocess.run([npm, *INSTALL], cwd=place, capture_output=True, text=True, check=False, timeout=110)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["without a word"])[-1]
        pytest.skip(
            f"npm packages of {folder} not found (npm ci failed: {last}); connect to a registry, or install them"
        )
    # npm leaves the file as it was, if nothing in it has changed.
    os.utime(stamp)


def copied(source: Path, place: Path, node: str) -> Path:
    """Copies a folder that has no lock file, and installs its packages there. Without npm the test is skipped."""
    npm = shutil.which("npm", path=os.pathsep.join([str(Path(node).parent), os.environ.get("PATH", "")]))
    if npm is None:
        pytest.skip("npm not found beside node; install it")
    shutil.copytree(source, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
    command = [npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--loglevel=error"]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=110, check=False)
    if done.returncode != 0:
        pytest.skip(f"npm could not install what {source.name} needs: {done.stderr.strip()[-300:]}")
    return place


def run(folder: str, *command: str, timeout: float = 110, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs a program of the folder's packages, there."""
    place = installed(folder)
    path = os.pathsep.join([str(place / "node_modules" / ".bin"), os.environ.get("PATH", "")])
    process = subprocess.Popen(
        list(command),
        cwd=place,
        env={**os.environ, "PATH": path, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as late:
        # With what it has started, which would go on without it.
        os.killpg(process.pid, signal.SIGKILL)
        output, errors = process.communicate()
        raise AssertionError(f"{command} did not end within {timeout} s:\n{output[-4000:]}\n{errors[-4000:]}") from late
    return subprocess.CompletedProcess(command, process.returncode, output, errors)
