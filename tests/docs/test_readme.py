"""The quick start: followed to the letter, in a new project, on a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .markdown import ROOT, Block, blocks, fits, marked, values
from .project import ADDRESS, Project, follow_curl

# The project has a database of its own, whatever the suite's is.
pytestmark = pytest.mark.database("sqlite")

README = ROOT / "README.md"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("quickstart"))
    for block in marked(README, "file", "append", "run"):
        project.do(block)
    return project


@pytest.fixture(scope="module")
def token(project: Project) -> str:
    return project.token("alice")


@pytest.fixture(scope="module")
def url(project: Project) -> Iterator[str]:
    """Where the server is; it is started by the README's own command, on another port."""
    command = next(line for block in blocks(README) for line in block.text.splitlines() if "$ uvicorn" in line)
    with project.server(command.removeprefix("$ ")) as url:
        yield url


def only(mark: str) -> Block:
    (block,) = marked(README, mark)
    return block


def test_the_api_is_20_lines() -> None:
    parts = [block.text for block in marked(README, "file", "append")]
    texts = [part for part in parts if "Binding" in part or "include" in part or "AsyncConsumer" in part]
    texts = [text for text in texts if "INSTALLED_APPS" not in text]
    assert len(texts) == 3
    assert sum(1 for text in texts for line in text.splitlines() if line) == 20


# In this order: what the second one shows, the first one made.


def test_by_http(url: str, token: str) -> None:
    follow_curl(only("curl"), url, token)


async def test_over_websocket(url: str, token: str, browser: Any) -> None:
    wanted, told = values(only("answers").text), values(only("told").text)
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
        [token, len(wanted) + len(told)],
    )
    frames = [json.loads(text) for text in printed]
    # When a change is told, between the answers or after them, is not said.
    assert [frame for frame in frames if "meta" not in frame] == wanted
    assert fits(told, [frame for frame in frames if "meta" in frame])


def test_documents_that_are_not_followed_are_refused(tmp_path: Path) -> None:
    """The machinery here can fail: an answer that is not the one shown is told."""
    document = tmp_path / "wrong.md"
    document.write_text("<!-- run -->\n```console\n$ django-admin --version\nnot a version\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError, match=r"wrong\.md:2: `django-admin --version` prints"):
        Project(tmp_path).do(*marked(document, "run"))
