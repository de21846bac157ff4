"""The notes on other homes: a plain consumer and Django Ninja beside the bindings, on one real server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from .markdown import ROOT, Block, blocks, fits, marked
from .project import Project, follow_curl

# The project has a database of its own, whatever the suite's is.
pytestmark = pytest.mark.database("sqlite")

HOMES = ROOT / "docs" / "other-homes.md"

DATA = """
from django.contrib.auth.models import User
from django.test import Client
from binding_schema.extend import make_token
from depot.models import Parcel
alice, bob = (User.objects.create_user(name) for name in ("alice", "bob"))
for name, owner in {"Lamp": alice, "Desk": alice, "Bike": bob}.items():
    Parcel.objects.create(name=name, owner=owner)
client = Client()
client.force_login(alice)
print("alice", make_token(alice), client.cookies["sessionid"].value)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("other_homes"))
    project.start("depot")
    for block in marked(HOMES, "file", "append"):
        project.do(block)
    return project


@pytest.fixture(scope="module")
def alice(project: Project) -> tuple[str, str]:
    """Her token and her session."""
    (line,) = [line for line in project.shell(DATA).splitlines() if line.startswith("alice")]
    _, token, session = line.split()
    return token, session


@pytest.fixture(scope="module")
def url(project: Project, alice: tuple[str, str]) -> Iterator[str]:
    with project.server() as url:
        yield url


class Sockets:
    """Alice's connections, by their paths; they are opened when they are first named."""

    def __init__(self, url: str, session: str) -> None:
        self.url = url
        self.session = session
        self.open: dict[str, ClientConnection] = {}
        self.stack = ExitStack()

    def at(self, path: str) -> ClientConnection:
        if path not in self.open:
            self.open[path] = self.stack.enter_context(self.connect(path, f"sessionid={self.session}"))
        return self.open[path]

    def connect(self, path: str, cookie: str) -> ClientConnection:
        target = self.url.replace("http", "ws") + path
        return connect(target, additional_headers={"cookie": cookie}, origin=self.url, proxy=None)  # type: ignore[arg-type]

    def follow(self, block: Block, token: str) -> None:
        for part in re.split(r"^(?=/\S+ [→←]|\$ )", block.text, flags=re.MULTILINE)[1:]:
            if part.startswith("$ "):
                follow_curl(Block(block.document, block.line, "", part), self.url, token)
                continue
            path, way, text = part.split(" ", 2)
            if way == "→":
                self.at(path).send(text)
                continue
            got = json.loads(self.at(path).recv(timeout=10))
            assert fits(json.loads(text), got), f"{block}: {path} gets\n{json.dumps(got, indent=1)}\nand not\n{text}"


@pytest.fixture(scope="module")
def sockets(url: str, alice: tuple[str, str]) -> Iterator[Sockets]:
    sockets = Sockets(url, alice[1])
    with sockets.stack:
        yield sockets


# In this order: the second one goes on where the first one ended.


@pytest.mark.parametrize("argument", ["", "on"], ids=["a plain consumer", "Django Ninja"])
def test_both_are_answered(sockets: Sockets, alice: tuple[str, str], argument: str) -> None:
    (block,) = [block for block in marked(HOMES, "served") if block.argument == argument]
    if not argument:
        sockets.at("/ws/scanner/")  # there before something is sent to its group
    sockets.follow(block, alice[0])


def test_every_block_is_run() -> None:
    assert all(block.mark for block in blocks(HOMES))


def test_session_writes_of_both_need_the_csrf_token(url: str, alice: tuple[str, str]) -> None:
    cookies = {"sessionid": alice[1], "csrftoken": "a" * 32}
    frame = {"event": "depot.Parcel.update", "data": {"id": 1, "state": "here"}}
    for path, body in (("/ninja/parcels/1/scan", {"state": "here"}), ("/api/", frame)):
        assert httpx.post(url + path, json=body, cookies=cookies).status_code == 403
        response = httpx.post(url + path, json=body, cookies=cookies, headers={"X-CSRFToken": "a" * 32})
        answer = response.json()
        assert (response.status_code, answer.get("data", answer)) == (200, {"success": True, "id": 1})


def test_who_is_not_logged_in_is_refused_by_both(url: str, sockets: Sockets) -> None:
    for path in ("/ninja/parcels", "/api/depot.Parcel/"):
        assert httpx.get(url + path).status_code == 401
    with pytest.raises(InvalidStatus):
        sockets.connect("/ws/scanner/", "")
    # Ours accepts, in order to say why it closes.
    with sockets.connect("/ws/", "") as socket, pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401
