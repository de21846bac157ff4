"""`live` blocks of a document, followed in a project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .markdown import Block, fits, live_steps, marked
from .project import Project

SCRIPT = Path(__file__).with_name("live.py")


def follow_live(project: Project, document: Path, data: str, *marks: str) -> str:
    """Do what the blocks say, all in one process, and hold what comes against what is shown. Returns what was printed.

    `data` is the code that makes what each of them begins with. `marks`: which blocks, besides those marked `live`.
    """
    shown = marked(document, "live", *marks)
    script = [{"new": block.argument != "on", "path": path_of(block), "steps": steps_of(block)} for block in shown]
    output = project.run("python", str(SCRIPT), stdin=json.dumps({"data": data, "blocks": script}))
    for block, answer in zip(shown, json.loads(output.splitlines()[0]), strict=True):
        compare(block, answer)
    return output


def path_of(block: Block) -> str:
    return block.argument if block.argument.startswith("/") else "/ws/"


def steps_of(block: Block) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for step in live_steps(block.text):
        if step.python:
            found.append({"python": step.python})
        elif step.told is None:
            found.append({"user": step.user, "sent": step.sent} if step.sent else {"user": step.user})
        else:
            found.append({"user": step.user, "count": len(step.told)})
    return found


def compare(block: Block, answer: dict[str, Any]) -> None:
    wanted = live_steps(block.text)
    for step, got in zip(wanted, answer["answers"], strict=False):
        assert step.told is None or fits(step.told, got), (
            f"{block}: {step.user} gets\n{json.dumps(got, indent=1)}\nand not\n{json.dumps(step.told, indent=1)}"
        )
    assert len(answer["answers"]) == len(wanted), block
    assert not answer["more"], f"{block}: there come also {json.dumps(answer['more'], indent=1)}"
