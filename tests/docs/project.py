"""A Django project in a directory of its own, made as the documents say and run in processes of its own."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
from django.core.management import call_command

from tests.conftest import stop, wait_for_url

from .markdown import ANY, ROOT, Block, fits, marked, patched, steps, values

EXCHANGE = Path(__file__).with_name("exchange.py")
ADDRESS = "127.0.0.1:8000"
"""Where the documents say that the server is; the one started here has a port of its own."""


#: One process for what `makemigrations` and `migrate` do and for the code after them: each costs half a second to start.
TABLES = """
import importlib
from django.core.management import call_command
call_command("makemigrations", verbosity=0, skip_checks=False)
importlib.invalidate_caches()
call_command("migrate", verbosity=0)
"""


@dataclass(frozen=True)
class Project:
    directory: Path

    @property
    def environment(self) -> dict[str, str]:
        """This process's, without what says where the suite's own settings are."""
        unset = ("DJANGO_SETTINGS_MODULE", "PYTHONPATH")
        inherited = {name: value for name, value in os.environ.items() if name not in unset}
        own = {"DJANGO_SETTINGS_MODULE": "project.settings"} if (self.directory / "project").exists() else {}
        return {**inherited, "PYTHONPATH": str(ROOT), **own}

    def do(self, block: Block) -> None:
        """Do what a marked block says."""
        path = self.directory / block.argument
        if block.mark == "file":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif block.mark == "append":
            with path.open("a", encoding="utf-8") as file:
                file.write(f"\n\n{block.text}")
        elif block.mark == "patch":
            path.write_text(patched(path.read_text(encoding="utf-8"), block), encoding="utf-8")
        elif block.mark in ("run", "fails"):
            self.run_all(block)
        elif block.mark == "exchange":
            self.exchange(block)
        else:
            raise ValueError(f"{block}: there is no mark {block.mark!r}")

    def start(self, app: str) -> None:
        """A project with one app, as the quick start makes it."""
        # In this process, which takes none of a second where two of their own would take one.
        call_command("startproject", "project", str(self.directory))
        (self.directory / app).mkdir()
        call_command("startapp", app, str(self.directory / app))
        (self.directory / app / "bindings.py").touch()
        for block in marked(ROOT / "README.md", "append"):
            self.do(replace(block, text=block.text.replace("notes", app)))

    def shell(self, code: str) -> str:
        """What Python code prints, run with the tables there are models for."""
        return self.run("python", "manage.py", "shell", "--verbosity", "0", "-c", f"{TABLES}\n{code}")

    def run_all(self, block: Block) -> None:
        for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            output = self.run(*shlex.split(command), fails=block.mark == "fails")
            pattern = ".*?".join(re.escape(text) for text in shown.strip().split(ANY))
            found = re.search(pattern, output, re.DOTALL)
            assert found, f"{block}: `{command}` prints\n{output}"

    def run(self, *command: str, stdin: str = "", fails: bool = False) -> str:
        """What a command prints; the commands of the documents are found beside this interpreter."""
        name, *arguments = command
        program = [sys.executable] if name == "python" else [sys.executable, "-m", "django"]
        assert name in ("python", "django-admin"), name
        done = subprocess.run(
            [*program, *arguments],
            cwd=self.directory,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
        )
        assert bool(done.returncode) is fails, f"{shlex.join(command)}:\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def exchange(self, *blocks: Block) -> None:
        """Send the frames of blocks, all in one process, and hold the answers against those shown."""
        shown = [steps(block.text) for block in blocks]
        requests = [
            {
                "user": block.argument,
                "steps": [{"sent": step.sent, "answers": len(step.answers)} for step in wanted],
            }
            for block, wanted in zip(blocks, shown, strict=True)
        ]
        answers: list[Any] = json.loads(self.run("python", str(EXCHANGE), stdin=json.dumps(requests)))
        for block, wanted, found in zip(blocks, shown, answers, strict=True):
            for step, got in zip(wanted, found, strict=True):
                assert fits(step.answers, got), (
                    f"{block}: {json.dumps(step.sent)} is answered by\n{json.dumps(got, indent=1)}"
                )

    # A real server ----------------------------------------------------------------------------------------------------

    def token(self, user: str) -> str:
        # Warnings of the system checks go to standard error, and may follow.
        return self.run("python", "manage.py", "binding_schema", "token", user).split()[0]

    @contextmanager
    def server(self, command: str = "uvicorn project.asgi:application", port: int = 0) -> Iterator[str]:
        """Where the server is that a command of the documents starts. Without a port the system chooses one, which a server
        of several workers does not tell."""
        program, *arguments = command.split()
        log = self.directory / "uvicorn.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", program, *arguments, "--port", str(port)],
                cwd=self.directory, env=self.environment, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
        try:
            yield wait_for_url(process, log)
        finally:
            stop(process)


def follow_curl(block: Block, url: str, token: str = "") -> None:
    """Send what a block of `$ curl` commands would, and hold the answers against those shown."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.replace("\\\n", "").partition("\n")
        response = curl(command, url, token)
        answers = [response.json()] if response.content else []
        assert fits(values(shown), answers), (
            f"{block}: `{command}` is answered by {response.status_code}\n{response.text}"
        )


def curl(command: str, url: str, token: str) -> httpx.Response:
    """What curl would do: not every machine has it."""
    name, *arguments = shlex.split(command.replace("$TOKEN", token).replace(f"http://{ADDRESS}", url))
    parser = argparse.ArgumentParser(name)
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("-X", dest="method")
    parser.add_argument("-d", dest="data")
    parser.add_argument("url")
    options = parser.parse_args(arguments)
    assert options.url.startswith(url)
    headers = dict(header.split(": ", 1) for header in options.headers)
    if options.data is not None:
        headers = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    method = options.method or ("GET" if options.data is None else "POST")
    return httpx.request(method, options.url, content=options.data, headers=headers)
