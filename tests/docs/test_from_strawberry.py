"""The guide for those who come from strawberry-django: their schema and ours, in one project, on a real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from .markdown import ROOT, Block, blocks, fits, values
from .project import Project

# The project has a database of its own, whatever the suite's is.
pytestmark = pytest.mark.database("sqlite")

GUIDE = ROOT / "docs" / "from-strawberry-django.md"

DATA = """
from django.contrib.auth.models import User
from django.test import Client
from library.models import Author
people = {name: User.objects.create_user(name, is_staff=name == "carol") for name in ("alice", "bob", "carol")}
ann = Author.objects.create(name="Ann")
for title, pages, owner in (("Tides", 200, "carol"), ("Dunes", 300, "carol"), ("Notes", 90, "bob")):
    book = ann.books.create(title=title, pages=pages, owner=people[owner], published=owner != "bob")
ann.books.get(title="Tides").reviews.create(stars=5)
for user in people.values():
    client = Client()
    client.force_login(user)
    print("session", user.username, client.cookies["sessionid"].value)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("from_strawberry"))
    project.start("library")
    for block in blocks(GUIDE):
        if block.mark in ("file", "append", "patch"):
            project.do(block)
    return project


@pytest.fixture(scope="module")
def sessions(project: Project) -> dict[str, str]:
    """Everybody's session cookie."""
    lines = [line.split() for line in project.shell(DATA).splitlines()]
    return {line[1]: line[2] for line in lines if line[0] == "session"}


@pytest.fixture(scope="module")
def url(project: Project, sessions: dict[str, str]) -> Iterator[str]:
    with project.server() as url:
        yield url


def target(block: Block) -> tuple[str, str]:
    """Who asks, and where."""
    user, _, side = block.argument.partition(", ")
    return user, f"/{side or 'graphql'}/"


def ask(url: str, sessions: dict[str, str], block: Block) -> Any:
    user, path = target(block)
    cookies = {"sessionid": sessions[user], "csrftoken": "a" * 32}
    headers = {"X-CSRFToken": "a" * 32}
    return httpx.post(url + path, json={"query": block.text}, cookies=cookies, headers=headers).json()


async def test_both_sides_answer_as_shown(url: str, sessions: dict[str, str]) -> None:
    """In the order of the document: what comes later shows what was changed before."""
    shown = [block for block in blocks(GUIDE) if block.language in ("graphql", "json")]
    for asked, one, two in zip(shown[:-1], shown[1:], [*shown[2:], None], strict=True):
        if asked.mark == "operation":
            assert one.mark == "result", one
            got = [await asyncio.to_thread(ask, url, sessions, asked)]
            assert fits(values(one.text), got), f"{asked} is answered by\n{json.dumps(got, indent=1)}"
        elif asked.mark == "subscription":
            assert two is not None
            got = await follow(url, sessions, asked, one, len(values(two.text)))
            assert fits(values(two.text), got), f"{asked} is told\n{json.dumps(got, indent=1)}"


async def follow(url: str, sessions: dict[str, str], asked: Block, change: Block, count: int) -> list[Any]:
    """What a subscription is told; the change is made once it has said what there is."""
    user, path = target(asked)
    headers = {"cookie": f"sessionid={sessions[user]}"}
    address = url.replace("http", "ws") + path
    found = []
    async with connect(
        address, subprotocols=["graphql-transport-ws"], additional_headers=headers, proxy=None
    ) as socket:  # type: ignore[list-item]
        await socket.send(json.dumps({"type": "connection_init"}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": asked.text}}))
        while len(found) < count:
            async with asyncio.timeout(10):
                message = json.loads(await socket.recv())
            assert message["type"] == "next", message
            found.append(message["payload"])
            if len(found) == 1:
                await asyncio.to_thread(ask, url, sessions, change)
    return found


def test_each_step_has_both_sides() -> None:
    sides = [block.argument.endswith(", old") for block in blocks(GUIDE) if block.mark in ("operation", "subscription")]
    # Carol's price, and what is written by hand, have one side.
    assert sides == [*[True, False] * 6, False, True, False, False]
    assert all(block.mark for block in blocks(GUIDE))
