"""The settings and commands of the deployment document, on a server with two workers."""

from __future__ import annotations

import socket
import time

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from binding_schema.conf import Settings
from binding_schema.live import metrics

from .markdown import ROOT, blocks, code, marked, tables
from .project import Project

# The project has a database of its own, whatever the suite's is.
pytestmark = pytest.mark.database("sqlite")

DEPLOYMENT = ROOT / "docs" / "deployment.md"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("deployment"))
    project.start("notes")
    for block in marked(ROOT / "README.md", "file"):
        project.do(block)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECRET_KEY", "x" * 50)
        for block in marked(DEPLOYMENT, "append"):
            project.do(block)
        project.shell("from django.contrib.auth.models import User; User.objects.create_user('alice')")
    return project


@pytest.fixture(scope="module")
def headers(project: Project) -> dict[str, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECRET_KEY", "x" * 50)
        return {"Authorization": f"Bearer {project.token('alice')}"}


@pytest.fixture(autouse=True)
def secret_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "x" * 50)


def command() -> str:
    lines = (line for block in blocks(DEPLOYMENT) for line in block.text.splitlines())
    line = next(line for line in lines if line.startswith("$ uvicorn"))
    return line.removeprefix("$ ").replace(" --host 127.0.0.1 --port 8000", "")


def test_the_checks_pass(project: Project) -> None:
    assert "binding_schema" not in project.run("python", "manage.py", "check", "--deploy")


def test_two_workers_answer(project: Project, headers: dict[str, str]) -> None:
    with project.server(command(), free_port()) as url:
        deadline = time.monotonic() + 20
        while (answer := health(url)) != (200, "ok"):
            assert time.monotonic() < deadline, answer
            time.sleep(0.1)
        for number in range(1, 11):
            created = httpx.post(f"{url}/api/notes.Note/", json={"title": "Hello"}, headers=headers)
            assert created.json()["data"] == {"success": True, "id": number}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def health(url: str) -> tuple[int, str]:
    try:
        response = httpx.get(f"{url}/health/", headers={"Host": "app.example.org"})
    except httpx.ConnectError as error:  # the workers are not up yet
        return 0, str(error)
    return response.status_code, response.text


async def test_a_restart_is_told(project: Project, headers: dict[str, str]) -> None:
    with project.server() as url:
        websocket = await connect(url.replace("http", "ws") + "/ws/", additional_headers=headers, proxy=None)
        await websocket.send('{"event": "notes.Note.list"}')
        assert "rows" in str(await websocket.recv())
    with pytest.raises(ConnectionClosed) as closed:
        await websocket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012


async def test_a_message_beyond_the_servers_own_limit(project: Project, headers: dict[str, str]) -> None:
    with project.server("uvicorn project.asgi:application --ws-max-size 2000000") as url:
        async with connect(url.replace("http", "ws") + "/ws/", additional_headers=headers, proxy=None) as websocket:
            await websocket.send("x" * 1_500_000)
            assert "too_large" in str(await websocket.recv())
            await websocket.send("x" * 2_500_000)
            with pytest.raises(ConnectionClosed) as closed:
                await websocket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


def test_every_counter_is_explained() -> None:
    shown = [name for row in tables(DEPLOYMENT, "What to watch")[0].rows for name in code(row[0])]
    assert shown == list(metrics.as_dict())


def test_limits_are_settings() -> None:
    for row in tables(DEPLOYMENT, "Limits")[0].rows:
        assert set(code(row[0])) <= set(Settings.model_fields)
