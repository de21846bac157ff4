"""The tutorial: followed block by block, down to its page in a browser."""

from __future__ import annotations

from typing import Any

import pytest

from .markdown import ROOT, Block, blocks
from .project import Project, follow_curl

# The project has a database of its own, whatever the suite's is.
pytestmark = pytest.mark.database("sqlite")

TUTORIAL = ROOT / "docs" / "tutorial.md"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """What the tutorial makes. Blocks that ask something are held against their answers on the way."""
    project = Project(tmp_path_factory.mktemp("tutorial"))
    for block in blocks(TUTORIAL):
        if block.mark == "curl":
            with project.server() as url:
                follow_curl(block, url, project.token(block.argument))
        elif block.mark:
            project.do(block)
    return project


def test_every_block_but_shell_lines_is_followed(project: Project) -> None:
    left: list[Block] = [block for block in blocks(TUTORIAL) if not block.mark]
    assert [block.text for block in left] == ["$ export TOKEN=$(python manage.py binding_schema token alice)\n"]


async def test_the_page_in_a_browser(project: Project, browser: Any) -> None:
    with project.server() as url:
        page = await browser.new_page()
        await page.goto(url)
        await page.fill("[name=username]", "alice")
        await page.fill("[name=password]", "alice")
        await page.click("button")
        item = page.locator("li")
        await item.get_by_text("Buy oat milk (Home)").wait_for()
        assert await item.count() == 1
        await item.get_by_role("button").click()
        await item.wait_for(state="detached")
        shown = project.run("python", "manage.py", "shell", "--verbosity", "0", "-c", DONE)
    assert shown.split() == ["True", "True", "False"]


DONE = "from tasks.models import Task; print(*Task.objects.order_by('id').values_list('done', flat=True))"
