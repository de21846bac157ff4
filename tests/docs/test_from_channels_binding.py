"""The guide for those who come from channels-binding 1.1.5: its code on contrib/channels_binding, and ours; the same frames."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from .markdown import ROOT, blocks, marked
from .project import Project
from .talk import follow_live

# The project has a database of its own, whatever the suite's is.
pytestmark = pytest.mark.database("sqlite")

GUIDE = ROOT / "docs" / "from-channels-binding.md"
APPENDED = "project/settings.py"

#: What each block begins with.
DATA = """
from django.contrib.auth.models import Permission, User
from django.db import connection
from blog.models import Draft, Note, Post
for model in (Draft, Note, Post, User):
    model.objects.all().delete()
with connection.cursor() as cursor:
    cursor.execute("DELETE FROM sqlite_sequence WHERE name LIKE 'blog_%' OR name = 'auth_user'")
alice, bob = (User.objects.create_user(name) for name in ("alice", "bob"))
alice.user_permissions.set(Permission.objects.filter(content_type__app_label="blog"))
Post.objects.create(title="Hello")
for author, title, state in ((alice, "One", "new"), (alice, "Two", "done"), (bob, "Three", "new")):
    Draft.objects.create(author=author, title=title, state=state)
Note.objects.create(text="Buy milk", stars=2)
"""
#: As the quick start has it.
SQLITE = """
DATABASES["default"]["OPTIONS"] = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL;",
}
"""


class WithNames(Project):
    """A project that has the package of the original's names installed."""

    @property
    def environment(self) -> dict[str, str]:
        found = super().environment
        return {
            **found,
            "PYTHONPATH": os.pathsep.join([found["PYTHONPATH"], str(ROOT / "contrib" / "channels_binding")]),
        }


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_side_answers_as_shown(side: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp(side)
    project = WithNames(directory) if side == "before" else Project(directory)
    project.run("django-admin", "startproject", "project", ".")
    project.run("python", "manage.py", "startapp", "blog")
    for block in marked(GUIDE, "file", side):
        project.do(replace(block, mark="append" if block.argument == APPENDED else "file"))
    with (directory / APPENDED).open("a") as settings:
        settings.write(SQLITE)
    assert "no issues" in project.run("python", "manage.py", "check")
    project.shell("")
    follow_live(project, GUIDE, DATA, f"live-{side}")


def test_each_file_has_both_sides() -> None:
    files = {side: {block.argument for block in marked(GUIDE, side)} for side in ("before", "after")}
    assert files["before"] - files["after"] == {"blog/authentification.py"}, "which needs nothing in its place"
    assert files["after"] <= files["before"]
    assert {block.mark for block in blocks(GUIDE)} == {"file", "before", "after", "live", "live-before", "live-after"}
