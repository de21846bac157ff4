"""A Django project in a directory of its own, made as the documents say and run in processes of its own."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .markdown import ANY, ROOT, Block, fits, steps

EXCHANGE = Path(__file__).with_name("exchange.py")


@dataclass(frozen=True)
class Project:
    directory: Path

    @property
    def environment(self) -> dict[str, str]:
        unset = ("DJANGO_SETTINGS_MODULE", "PYTHONPATH")
        inherited = {name: value for name, value in os.environ.items() if name not in unset}
        return {**inherited, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "project.settings"}

    def do(self, block: Block) -> None:
        """Do what a marked block says."""
        if block.mark == "file":
            (self.directory / block.argument).write_text(block.text, encoding="utf-8")
        elif block.mark == "append":
            with (self.directory / block.argument).open("a", encoding="utf-8") as file:
                file.write(f"\n\n{block.text}")
        elif block.mark == "run":
            self.run_all(block)
        elif block.mark == "exchange":
            self.exchange(block)
        else:
            raise ValueError(f"{block}: there is no mark {block.mark!r}")

    def run_all(self, block: Block) -> None:
        for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            output = self.run(*shlex.split(command))
            pattern = ".*?".join(re.escape(text) for text in shown.strip().split(ANY))
            found = re.search(pattern, output, re.DOTALL)
            assert found, f"{block}: `{command}` prints\n{output}"

    def run(self, *command: str, stdin: str = "") -> str:
        """What a command prints; the commands of the documents are found beside this interpreter."""
        name, *arguments = command
        program = [sys.executable] if name == "python" else [sys.executable, "-m", "django"]
        assert name in ("python", "django-admin"), name
        environment = self.environment if (self.directory / "project").exists() else {**os.environ}
        done = subprocess.run(
            [*program, *arguments], cwd=self.directory, env=environment, input=stdin, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{shlex.join(command)}:\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def exchange(self, block: Block) -> None:
        """Send the frames of a block and hold the answers against those shown."""
        wanted = steps(block.text)
        request = {
            "user": block.argument,
            "steps": [{"sent": step.sent, "answers": len(step.answers)} for step in wanted],
        }
        answers: list[Any] = json.loads(self.run("python", str(EXCHANGE), stdin=json.dumps(request)))
        for step, got in zip(wanted, answers, strict=True):
            assert fits(step.answers, got), (
                f"{block}: {json.dumps(step.sent)} is answered by\n{json.dumps(got, indent=1)}"
            )
