"""The recipes: all of their code in one project, then what they ask and answer, in their order."""

from __future__ import annotations

import json
from itertools import groupby

import pytest

from .markdown import ROOT, blocks, marked
from .project import Project, follow_curl

# The project has a database of its own, whatever the suite's is.
pytestmark = pytest.mark.database("sqlite")

HOWTO = ROOT / "docs" / "howto.md"

DATA = """
from hashlib import sha256
from django.contrib.auth.models import User
from office.models import ApiKey, Organisation
for number, (name, organisation) in enumerate({"alice": "Acme", "bob": "Globex"}.items(), 1):
    user = User.objects.create_user(name, password=name)
    Organisation.objects.create(pk=number, name=organisation).members.add(user)
User.objects.create_superuser("admin")
ApiKey.objects.create(user=user, digest=sha256(b"bobs key").hexdigest())
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project as the quick start makes it, with the recipes' code, and with what they ask held against the answers."""
    project = Project(tmp_path_factory.mktemp("howto"))
    project.start("office")
    for block in marked(HOWTO, "file", "append"):
        project.do(block)
    project.shell(DATA)
    with project.server() as url:
        for mark, shown in groupby(marked(HOWTO, "exchange", "curl"), lambda block: block.mark):
            if mark == "curl":
                for block in shown:
                    follow_curl(block, url)
            else:
                project.exchange(*shown)
    return project


def test_the_recipes_are_followed(project: Project) -> None:
    marks = {block.mark for block in blocks(HOWTO)}
    assert marks == {"", "file", "append", "exchange", "curl"}
    assert [block.text.split("(")[0] for block in blocks(HOWTO) if not block.mark] == ["    def sees_all"]


def test_uploads_and_file_urls(project: Project) -> None:
    printed = project.shell(
        """
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.test import Client
from binding_schema import extend
for name in ("bob", "alice"):
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(username=name))
    print(client.post("/upload/1/", {"file": ContentFile(b"x", "plan.txt")}).status_code)
print(extend.call(User.objects.get(username="alice"), "office.Document.retrieve", {"id": 1})["file"])
"""
    )
    assert [line for line in printed.splitlines() if "Not Found" not in line] == ["404", "204", "/media/plan.txt"]


def test_calls_from_own_code(project: Project) -> None:
    printed = project.shell(
        """
import json
from django.contrib.auth.models import User
from office.tasks import rename
alice, bob = (User.objects.get(username=name) for name in ("alice", "bob"))
for user, title in ((bob, "Mine"), (alice, "x" * 101), (alice, "Plan B")):
    print(json.dumps(rename(user, 1, title)))
"""
    )
    answers = [json.loads(line) for line in printed.splitlines()]
    assert [list(answer) for answer in answers] == [["id"], ["title"], []]


def test_a_consumer_that_refuses(project: Project) -> None:
    printed = project.shell(
        """
import asyncio
from django.contrib.auth.models import User
from binding_schema.testing import WebSocketClient
from office.consumers import StaffConsumer
async def closed(user):
    async with WebSocketClient(StaffConsumer.as_asgi(), user, headers={"host": "localhost"}) as client:
        try:
            return (await client.send("office.Country.list")).ok
        except ConnectionError:
            return client.closed
for name in ("alice", "admin"):
    print("closed:", asyncio.run(closed(User.objects.get(username=name))))
"""
    )
    assert [line for line in printed.splitlines() if line.startswith("closed")] == ["closed: 4403", "closed: True"]
