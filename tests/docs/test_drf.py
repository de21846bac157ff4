"""The page for those who have Django REST framework: its code in one project, and what it asks and answers."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from .markdown import ROOT, blocks, marked
from .project import Project, follow_curl

# The project has a database of its own, whatever the suite's is.
pytestmark = pytest.mark.database("sqlite")

PAGE = ROOT / "docs" / "drf.md"

DATA = """
import json
from django.contrib.auth.models import User
from desk.models import Team
from rest_framework.authtoken.models import Token
alice, bob = (User.objects.create_user(name) for name in ("alice", "bob"))
Team.objects.create(pk=1, name="Printers").members.set([alice, bob])
Team.objects.create(pk=2, name="Elsewhere")
print("token", Token.objects.create(user=alice).key)
"""


class WithFramework(Project):
    @property
    def environment(self) -> dict[str, str]:
        """The package lies in the repository, beside the one that is installed."""
        found = super().environment
        return {**found, "PYTHONPATH": os.pathsep.join([found["PYTHONPATH"], str(ROOT / "contrib" / "drf")])}


def test_the_page_is_followed(tmp_path: Path) -> None:
    project = WithFramework(tmp_path)
    project.start("desk")
    for block in marked(PAGE, "file", "append"):
        project.do(block)
    token = project.shell(DATA).partition("token ")[2].split()[0]
    with project.server() as url:
        for block in marked(PAGE, "exchange", "curl"):
            if block.mark == "curl":
                follow_curl(block, url, token)
            else:
                project.do(block)
    assert {block.mark for block in blocks(PAGE)} == {"", "file", "append", "exchange", "curl"}


def test_what_stands_by_itself_is_known() -> None:
    bare = [block.text.split()[:2] for block in blocks(PAGE) if not block.mark]
    assert json.dumps(bare) == json.dumps([["serialize_needs", "="], ["def", "audience(self,"]])
