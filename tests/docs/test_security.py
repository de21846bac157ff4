"""What the security document shows and says: in a project of its own, on a real server where it is about browsers."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from .markdown import ROOT, marked
from .project import Project

# The project has a database of its own, whatever the suite's is.
pytestmark = pytest.mark.database("sqlite")

SECURITY = ROOT / "docs" / "security.md"

DATA = """
from django.contrib.auth.models import User
from people.models import Department, Person
for number, (name, department) in enumerate({"alice": "Sales", "bob": "Law"}.items(), 1):
    user = User.objects.create_user(name, password=name)
    Department.objects.create(pk=number, name=department).members.add(user)
Person.objects.create(name="Ann", badge="A1", department_id=1, salary=6000)
Person.objects.create(name="Ben", badge="B2", department_id=2, salary=4000)
from django.test import Client
client = Client()
client.force_login(User.objects.get(username="alice"))
print("session", client.cookies["sessionid"].value)
"""

FRAME = {"event": "people.Person.update", "data": {"id": 1, "name": "Anna"}}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("security"))
    project.start("people")
    for block in marked(SECURITY, "file"):
        project.do(block)
    return project


@pytest.fixture(scope="module")
def session(project: Project) -> str:
    """Alice's session cookie."""
    return project.shell(DATA).split()[-1]


@pytest.fixture(scope="module")
def by_token(project: Project, session: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {project.token('alice')}"}


@pytest.fixture(scope="module")
def url(project: Project, session: str) -> Iterator[str]:
    with project.server() as url:
        yield url


def test_the_exchanges(project: Project, session: str) -> None:
    project.exchange(*marked(SECURITY, "exchange"))


def test_anonymous_clients_are_refused(url: str) -> None:
    response = httpx.post(f"{url}/api/", json=FRAME)
    assert (response.status_code, response.json()["data"]["code"]) == (401, "unauthenticated")


def test_headers_of_answers(url: str, by_token: dict[str, str]) -> None:
    answer = httpx.get(f"{url}/api/people.Person/", headers=by_token).headers
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["Vary"] == "Cookie, Authorization"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert not [name for name in answer if name.startswith("access-control")]


def test_session_writes_need_the_csrf_token(url: str, session: str, by_token: dict[str, str]) -> None:
    cookies = {"sessionid": session, "csrftoken": "a" * 32}
    assert httpx.post(f"{url}/api/", json=FRAME, cookies=cookies).status_code == 403
    with_token = httpx.post(f"{url}/api/", json=FRAME, cookies=cookies, headers={"X-CSRFToken": "a" * 32})
    assert with_token.json()["data"] == {"success": True, "id": 1}
    assert httpx.post(f"{url}/api/", json=FRAME, headers=by_token).json()["data"] == {"success": True, "id": 1}


@pytest.mark.parametrize(
    "origin, code",
    [("http://localhost:9", None), ("https://evil.example", 4403), ("null", 4403), (None, None)],
)
async def test_origins(url: str, session: str, origin: str | None, code: int | None) -> None:
    assert await closed_with(url, {"Cookie": f"sessionid={session}"}, origin) == code


async def test_a_websocket_without_a_user(url: str) -> None:
    assert await closed_with(url, {}, None) == 4401


async def closed_with(url: str, headers: dict[str, str], origin: str | None) -> int | None:
    """The close code of a handshake, or None if a frame was answered."""
    target = url.replace("http", "ws") + "/ws/"
    async with connect(target, additional_headers=headers, origin=origin, proxy=None) as socket:  # type: ignore[arg-type]
        try:
            await socket.send('{"event": "people.Person.list"}')
            assert "rows" in str(await socket.recv())
        except ConnectionClosed as closed:
            return closed.rcvd and closed.rcvd.code
    return None
