"""The quick start: followed to the letter, in a new project, on a real server."""

from __future__ import annotations

import argparse
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import stop, wait_for_url

from .markdown import ROOT, Block, blocks, marked
from .project import Project

# The project has a database of its own, whatever the suite's is.
pytestmark = pytest.mark.database("sqlite")

README = ROOT / "README.md"
ADDRESS = "127.0.0.1:8000"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("quickstart"))
    for block in marked(README, "file", "append", "run"):
        project.do(block)
    return project


@pytest.fixture(scope="module")
def token(project: Project) -> str:
    return project.run("python", "manage.py", "binding_schema", "token", "alice").strip()


@pytest.fixture(scope="module")
def url(project: Project) -> Iterator[str]:
    """Where the server is; it is started by the README's own command, on another port."""
    command = next(line for block in blocks(README) for line in block.text.splitlines() if "$ uvicorn" in line)
    program, *arguments = command.removeprefix("$ ").split()
    log = project.directory / "uvicorn.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", program, *arguments, "--port", "0"],
            cwd=project.directory, env=project.environment, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        yield wait_for_url(process, log)
    finally:
        stop(process)


def only(mark: str) -> Block:
    (block,) = marked(README, mark)
    return block


def test_the_api_is_20_lines() -> None:
    parts = [block.text for block in marked(README, "file", "append")]
    texts = [part for part in parts if "Binding" in part or "include" in part or "AsyncConsumer" in part]
    texts = [text for text in texts if "INSTALLED_APPS" not in text]
    assert len(texts) == 3
    assert sum(1 for text in texts for line in text.splitlines() if line) == 20


def values(text: str) -> list[Any]:
    """The JSON values that stand one after another in a text."""
    decoder, found, place = json.JSONDecoder(), [], 0
    while text[place:].strip():
        value, place = decoder.raw_decode(text, place + re.match(r"\s*", text[place:]).end())  # type: ignore[union-attr]
        found.append(value)
    return found


# In this order: what the second one shows, the first one made.


def test_by_http(url: str, token: str) -> None:
    for part in re.split(r"^\$ ", only("curl").text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        response = curl(command, url, token)
        assert [response.json()] == values(shown), command


def curl(command: str, url: str, token: str) -> httpx.Response:
    """What curl would do: not every machine has it."""
    name, *arguments = shlex.split(command.replace("$TOKEN", token).replace(f"http://{ADDRESS}", url))
    parser = argparse.ArgumentParser(name)
    parser.add_argument("-H", dest="header")
    parser.add_argument("-d", dest="data")
    parser.add_argument("url")
    options = parser.parse_args(arguments)
    assert options.url.startswith(url)
    header, _, value = options.header.partition(": ")
    if options.data is None:
        return httpx.get(options.url, headers={header: value})
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return httpx.post(options.url, content=options.data, headers={header: value, **form})


async def test_over_websocket(url: str, token: str, browser: Any) -> None:
    wanted = values(only("answers").text)
    script = only("javascript").text
    assert f"ws://{ADDRESS}/" in script
    page = await browser.new_page()
    # A page of the server's own, as its Origin is checked.
    await page.goto(f"{url}/api/")
    printed = await page.evaluate(
        f"""([TOKEN, count]) => new Promise((resolve) => {{
            const printed = []
            const console = {{log: (text) => printed.push(text) === count && resolve(printed)}}
            {script.replace(ADDRESS, url.removeprefix("http://"))}
        }})""",
        [token, len(wanted)],
    )
    assert [json.loads(text) for text in printed] == wanted


def test_documents_that_are_not_followed_are_refused(tmp_path: Path) -> None:
    """The machinery here can fail: an answer that is not the one shown is told."""
    document = tmp_path / "wrong.md"
    document.write_text("<!-- run -->\n```console\n$ django-admin --version\nnot a version\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError, match=r"wrong\.md:2: `django-admin --version` prints"):
        Project(tmp_path).do(*marked(document, "run"))
