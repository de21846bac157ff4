"""The document of the live engine: its blocks in one process, its clients under Node and in a browser on real servers."""

from __future__ import annotations

import contextlib
import json
import queue
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db.models import Q

from binding_schema.conf import Settings
from binding_schema.live.match import Undecidable
from binding_schema.live.sight import Reference
from helpdesk.models import Team
from tests.pages import until

from .markdown import ROOT, blocks, code, fits, marked, tables
from .project import ADDRESS, Project
from .talk import follow_live
from .test_deployment import free_port

# The project has a database of its own, whatever the suite's is.
pytestmark = pytest.mark.database("sqlite")

LIVE = ROOT / "docs" / "live.md"

#: What each block begins with.
DATA = """
from django.contrib.auth.models import User
from django.db import connection
from desk.models import Team, Ticket
for model in (Ticket, Team, User):
    model.objects.all().delete()
with connection.cursor() as cursor:
    cursor.execute("DELETE FROM sqlite_sequence WHERE name LIKE 'desk_%' OR name = 'auth_user'")
network, billing = (Team.objects.create(name=name) for name in ("Network", "Billing"))
for name, teams in {"alice": [network], "bob": [billing], "carol": [network, billing]}.items():
    User.objects.create_user(name, is_staff=name == "carol").teams.set(teams)
for title, team in {"Cable": network, "Router": network, "Invoice": billing}.items():
    Ticket.objects.create(title=title, team=team)
"""


TOKEN = """
from binding_schema.extend import make_token
print(make_token(User.objects.get(username="alice")))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("live"))
    project.start("desk")
    for block in marked(LIVE, "file", "append"):
        project.do(block)
    return project


@pytest.fixture
def token(project: Project) -> str:
    """Alice's, in a project with the page's rows."""
    return project.shell(f"{DATA}\n{TOKEN}").split()[-1]


# The blocks -------------------------------------------------------------------------------------------------------------


def test_the_blocks(project: Project, token: str) -> None:
    output = follow_live(project, LIVE, DATA)
    for block in marked(LIVE, "log"):
        assert block.text in output, block


def test_every_block_is_run() -> None:
    left = [block.text for block in blocks(LIVE) if not block.mark]
    assert len(left) == 2  # a use of `grouped`, and one of the client
    assert "live.grouped()" in left[0]
    assert "new Live(" in left[1]


# The tables -------------------------------------------------------------------------------------------------------------


def test_rules_that_one_query_cannot_ask() -> None:
    for without, instead in tables(LIVE, "Who is told")[0].rows:
        with pytest.raises(Undecidable):
            eval(code(without)[0], {"Q": Q, "Team": Team, "user": Reference()})
        assert isinstance(eval(code(instead)[0], {"Q": Q, "user": Reference()}), Q)


def test_limits_are_settings() -> None:
    for row in tables(LIVE, "Slow readers and limits")[0].rows:
        assert set(code(row[0])) <= set(Settings.model_fields)


def test_reasons_of_a_resync() -> None:
    shown = {code(row[0])[0] for row in tables(LIVE, "Resume")[0].rows}
    engine = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "binding_schema" / "live").glob("*.py"))
    named = set(re.findall(r'recover\([\w.]+, "(\w+)"\)|reason: str = "(\w+)"', engine))
    assert {one or other for one, other in named} <= shown
    assert all(f'"{reason}"' in engine for reason in shown)


# The client under Node ----------------------------------------------------------------------------------------------------

NODE = """
import { Live } from "./live.mjs"
class Socket extends WebSocket {
  send(text) {
    console.log(JSON.stringify(["sent", JSON.parse(text)]))
    super.send(text)
  }
}
const [url, token] = process.argv.slice(2)
const live = new Live(url, { protocols: ["binding-schema", `bearer.${token}`], Socket })
const say = (name) => (rows, error) => console.log(JSON.stringify([name, error ?? [...rows.values()].map((row) => row.title)]))
live.subscribe("desk.Ticket", { filters: { status: "open" } }, say("open"))
live.subscribe("desk.Ticket", { id: 2 }, say("one"))
live.subscribe("desk.Ticket", { order: "cost" }, say("wrong"))
"""


class Output:
    """The lines of a process, as they come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.lines: queue.Queue[Any] = queue.Queue()
        self.seen: list[Any] = []
        self.newest: dict[str, Any] = {}
        threading.Thread(target=self._read, args=(process.stdout,), daemon=True).start()

    def _read(self, stream: Any) -> None:
        for line in stream:
            self.lines.put(json.loads(line))

    def until(self, name: str, wanted: Any) -> None:
        """Wait until the newest line of a name is as wanted; titles are sorted."""
        deadline = time.monotonic() + 30
        while self.newest.get(name) != wanted:
            assert time.monotonic() < deadline, f"{name} did not become {wanted}: {self.seen}"
            with contextlib.suppress(queue.Empty):
                line = self.lines.get(timeout=0.1)
                self.seen.append(line)
                self.newest[line[0]] = sorted(line[1]) if isinstance(line[1], list) else line[1]

    def sent(self) -> list[dict[str, Any]]:
        """The data of what was sent since the last call."""
        found = [line[1]["data"] for line in self.seen if line[0] == "sent"]
        self.seen = []
        return found


@contextlib.contextmanager
def running(node: str, directory: Path, *arguments: str) -> Iterator[Output]:
    (client,) = [block for block in marked(LIVE, "file") if block.argument.endswith("live.js")]
    (directory / "live.mjs").write_text(client.text, encoding="utf-8")
    (directory / "script.mjs").write_text(NODE, encoding="utf-8")
    version = int(subprocess.check_output([node, "--version"], text=True).removeprefix("v").split(".")[0])
    flags = ["--experimental-websocket"] if version < 22 else []
    process = subprocess.Popen(
        [node, *flags, "script.mjs", *arguments], cwd=directory, stdout=subprocess.PIPE, text=True
    )
    try:
        yield Output(process)
    finally:
        process.kill()
        process.communicate()


def test_the_client_under_node(project: Project, token: str, node: str, tmp_path: Path) -> None:
    port = free_port()
    with running(node, tmp_path, f"ws://127.0.0.1:{port}/ws/", token) as client:
        with project.server(port=port) as url:
            client.until("open", ["Cable", "Router"])
            client.until("wrong", WRONG)
            change(url, token, 1, title="New cable")
            client.until("open", ["New cable", "Router"])
            change(url, token, 2, status="closed")
            client.until("open", ["New cable"])
            assert all(data["snapshot"] for data in client.sent()[-3:])
        # While the server is away.
        project.shell(
            "from desk.models import Ticket; Ticket.objects.create(team_id=1, title='Switch');"
            "Ticket.objects.get(pk=1).delete(); ticket = Ticket.objects.get(pk=2); ticket.title = 'Hub'; ticket.save()"
        )
        with project.server(port=port) as url:
            client.until("one", ["Hub"])
            change(url, token, 4, title="Router")
            client.until("open", ["Router"])
            asked = client.sent()[-2:]
            assert [("since" in data, data.get("have")) for data in asked] == [(True, [1]), (True, None)]
        # Away, and the log does not reach back.
        project.shell(
            "from desk.models import Ticket; from binding_schema.models import LogFloor; Ticket.objects.get(pk=4).delete();"
            "LogFloor.objects.update_or_create(id=1, defaults={'position': 10**6})"
        )
        with project.server(port=port):
            client.until("open", [])
    project.shell("from binding_schema.models import LogFloor; LogFloor.objects.all().delete()")


WRONG = {
    "code": "invalid_data",
    "message": "'cost' is not an order of desk.Ticket. Declared: title.",
    "event": "desk.Ticket.subscribe#s3",
    "errors": {
        "order": [{"code": "invalid_order", "message": "'cost' is not an order of desk.Ticket. Declared: title."}]
    },
}


def change(url: str, token: str, key: int, **data: Any) -> None:
    response = httpx.patch(f"{url}/api/desk.Ticket/{key}/", json=data, headers={"Authorization": f"Bearer {token}"})
    assert response.json()["data"] == {"success": True, "id": key}, response.text


# Server-Sent Events -------------------------------------------------------------------------------------------------------


def test_events_by_curl(project: Project, token: str) -> None:
    (block,) = marked(LIVE, "sse")
    command, _, shown = block.text.partition("\n")
    address = re.search(r"'(http\S+)'", command)
    assert address is not None
    with project.server() as url:
        target = address[1].replace(f"http://{ADDRESS}", url)
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.stream("GET", target, headers=headers, timeout=20) as response:
            lines = response.iter_lines()
            for line in shown.splitlines():
                got = next(lines)
                while got.startswith(":"):
                    got = next(lines)
                if line.startswith("data: "):
                    assert fits(json.loads(line[6:]), json.loads(got[6:])), got
                else:
                    assert fits(line, got) or (line == "id: …" and got.startswith("id: ")), (line, got)
                if "subscribe" in line:
                    change(url, token, 1, title="Switch")


async def titled(page: Any, title: str) -> None:
    async def holds() -> bool:
        return await page.title() == title

    await until(holds, 20)


async def test_events_in_a_browser(project: Project, token: str, browser: Any) -> None:
    """The page's script, on a session; the server is restarted meanwhile, with a stream open."""
    port, session = free_port(), project.shell(SESSION).split()[-1]
    (script,) = marked(LIVE, "javascript")
    page = await browser.new_page()
    with project.server(f"{SERVER} --timeout-graceful-shutdown 1", port) as url:
        await page.context.add_cookies([{"name": "sessionid", "value": session, "url": url}])
        await page.goto(f"{url}/api/")
        shown = "const show = (rows) => { document.title = [...rows.values()].map((row) => row.title).join() };"
        await page.evaluate(f"() => {{ {shown} {script.text} }}")
        await titled(page, "Cable,Router")
        change(url, token, 1, status="closed")
        await titled(page, "Router")
        stopped = time.monotonic()
    assert time.monotonic() - stopped < 5  # the fixture would kill it after ten
    project.shell("from desk.models import Ticket; Ticket.objects.create(team_id=1, title='Switch')")
    with project.server(SERVER, port) as url:
        await titled(page, "Router,Switch")
        await page.close()


SERVER = "uvicorn project.asgi:application"
SESSION = """
from django.contrib.auth.models import User
from django.test import Client
client = Client()
client.force_login(User.objects.get(username="alice"))
print(client.cookies["sessionid"].value)
"""
