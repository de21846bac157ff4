"""The guide for those who come from djangochannelsrestframework: their consumers and our bindings, in one project."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from .markdown import ROOT, Block, blocks, marked
from .project import ADDRESS, Project
from .talk import follow_live, path_of

# The project has a database of its own, whatever the suite's is.
pytestmark = pytest.mark.database("sqlite")

GUIDE = ROOT / "docs" / "from-djangochannelsrestframework.md"

#: What each block begins with.
DATA = """
from django.contrib.auth.models import User
from django.db import connection
from chat.models import Message, Room
for model in (Message, Room, User):
    model.objects.all().delete()
with connection.cursor() as cursor:
    cursor.execute("DELETE FROM sqlite_sequence WHERE name LIKE 'chat_%' OR name = 'auth_user'")
people = {name: User.objects.create_user(name, is_staff=name == "carol") for name in ("alice", "bob", "carol", "dave")}
for name, text, members in (("Lobby", "Hello", ("alice", "bob", "carol")), ("Attic", "Boxes", ("bob",))):
    room = Room.objects.create(name=name)
    room.members.set(people[member] for member in members)
    room.message_set.create(author=people["bob"], text=text)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("from_dcrf"))
    project.start("chat")
    for block in marked(GUIDE, "file", "append", "patch"):
        project.do(block)
    project.shell(DATA)
    return project


def test_both_sides_answer_as_shown(project: Project) -> None:
    follow_live(project, GUIDE, DATA)


def test_each_step_has_both_sides() -> None:
    sides = [path_of(block) == "/ws/" for block in marked(GUIDE, "live")]
    assert sides == [False, True] * 8
    assert all(block.mark for block in blocks(GUIDE))


KEYS = """
from django.test import Client
from binding_schema.extend import make_token
client = Client()
client.force_login(people["alice"])
print(client.cookies["sessionid"].value, make_token(people["bob"]))
"""

#: What a page has that Node has not: the cookie goes along, and so does the page's origin.
PAGE = """
const [url, session] = process.argv.slice(2)
const Socket = WebSocket
globalThis.WebSocket = class extends Socket {
  constructor(address) {
    const headers = {cookie: `sessionid=${session}`, origin: url}
    super(address.replace("127.0.0.1:8000", url.slice(7)), {headers})
  }
}
const show = (shown) => console.log(JSON.stringify(shown))
"""


def test_both_clients_show_the_same(project: Project, node: str, tmp_path: Path) -> None:
    session, token = project.shell(f"{DATA}\n{KEYS}").split()[-2:]
    with project.server() as url, ExitStack() as stack:
        clients = [stack.enter_context(running(node, tmp_path, block, url, session)) for block in sides()]
        for shown in clients:
            until(shown, ["Hello"])
        request(url, token, "POST", "", room_id=1, text="Anybody?")
        for shown in clients:
            until(shown, ["Hello", "Anybody?"])
        request(url, token, "DELETE", "1/")
        for shown in clients:
            until(shown, ["Anybody?"])


def sides() -> list[Block]:
    found = marked(GUIDE, "javascript")
    assert [block.argument for block in found] == ["before", "after"]
    assert all(f"ws://{ADDRESS}/ws/" in block.text for block in found)
    return found


@contextmanager
def running(node: str, directory: Path, block: Block, *arguments: str) -> Iterator[Iterator[Any]]:
    """What a script shows, as it comes."""
    script = directory / f"{block.argument}.mjs"
    script.write_text(PAGE + block.text, encoding="utf-8")
    version = int(subprocess.check_output([node, "--version"], text=True).removeprefix("v").split(".")[0])
    flags = ["--experimental-websocket"] if version < 22 else []
    process = subprocess.Popen([node, *flags, script, *arguments], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield map(json.loads, process.stdout)
    finally:
        process.kill()
        process.communicate()


def until(shown: Iterator[Any], wanted: list[str]) -> None:
    seen = []
    for item in shown:
        seen.append(item)
        if item == wanted:
            return
    pytest.fail(f"{wanted} was not shown, but {seen}")


def request(url: str, token: str, method: str, path: str, **data: Any) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    response = httpx.request(method, f"{url}/api/chat.Message/{path}", json=data, headers=headers)
    assert response.json()["data"]["success"], response.text
