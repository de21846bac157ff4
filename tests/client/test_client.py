"""The npm package `contrib/client`: its own tests against a real server, which they may kill, start, and change the rows of."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from binding_schema.resolve.authentication import make_token
from helpdesk.models import Ticket
from tests.conftest import Demo, Server, StartServer
from tests.npm import ROOT, installed, run

CLIENT = "contrib/client"
#: Another process changes the rows, and no channel layer tells the server of it.
SETTINGS = {"LIVE_POLL_INTERVAL": 0.2, "USER_MAX_AGE": 0.5}


@dataclass
class Backstage:
    """What a test of the client asks for by HTTP: ``POST /<method>`` with keyword arguments as JSON."""

    start_server: StartServer
    demo: Demo
    servers: dict[str, Server] = field(default_factory=dict)
    shared: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, own: bool = False) -> dict[str, str]:
        """The address of the server that the test files share, or of one of the caller's ``own``, which it may kill."""
        with self.lock:
            if own or not self.shared:
                env = {"BINDING_SCHEMA_TEST_SETTINGS": json.dumps(SETTINGS)}
                server = self.start_server("tests.asgi:application", "--timeout-graceful-shutdown", "1", **env)
                self.servers[server.url] = server
                if own:
                    return {"url": server.url}
                self.shared = server.url
            return {"url": self.shared}

    def kill(self, url: str) -> dict[str, str]:
        if url == self.shared:
            raise ValueError("Other tests need this server: start one of your own.")
        process = self.servers.pop(url).process
        process.kill()
        process.wait()
        return {}

    def token(self, user: str, seconds: int = 600) -> dict[str, str]:
        return {"token": make_token(User.objects.get(username=user), seconds)}

    def create(self, team: str, **fields: Any) -> dict[str, int]:
        return {"id": Ticket.objects.create(team=getattr(self.demo, team), **fields).pk}

    def update(self, id: int, **fields: Any) -> dict[str, int]:
        ticket = Ticket.objects.get(pk=id)
        for name, value in fields.items():
            setattr(ticket, name, getattr(self.demo, value) if name == "team" else value)
        ticket.save()
        return {"id": id}

    def delete(self, id: int) -> dict[str, int]:
        Ticket.objects.get(pk=id).delete()
        return {"id": id}

    def titles(self, start: str) -> dict[str, list[str]]:
        return {
            "titles": list(
                Ticket.objects.filter(title__startswith=start).order_by("id").values_list("title", flat=True)
            )
        }


@pytest.fixture
def backstage(demo: Demo, uvicorn_server: StartServer) -> Iterator[str]:
    """The address of a `Backstage`."""
    stage = Backstage(uvicorn_server, demo)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(stage))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def handler(stage: Backstage) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            arguments = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or "{}")
            method: Callable[..., Any] = getattr(stage, self.path.strip("/"))
            try:
                status, answer = 200, method(**arguments)
            except Exception as error:  # noqa: BLE001 - the test that asked is told
                status, answer = 500, {"error": repr(error)}
            finally:
                connection.close()  # of this thread: each request has its own
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


def said(done: subprocess.CompletedProcess[str]) -> str:
    return (done.stdout + done.stderr)[-6000:]


def test_vitest(backstage: str, node: str) -> None:
    """Against the real server, with a proxy between that drops, delays and cuts."""
    done = run(CLIENT, "vitest", "run", "--reporter=dot", timeout=110, BACKSTAGE=backstage, NO_COLOR="1")
    assert done.returncode == 0, said(done)
    # All of them: without a server the tests that need one are skipped.
    assert "skipped" not in done.stdout, said(done)
    found = re.search(r"Tests\s+(\d+) passed", done.stdout)
    assert found is not None, said(done)


def test_types(node: str) -> None:
    """`tsc --strict`, also over what must not compile: `@ts-expect-error` fails where there is no error."""
    done = run(CLIENT, "tsc", "--noEmit")
    assert done.returncode == 0, said(done)


def test_size_and_build(node: str, tmp_path: Path) -> None:
    """The core has under 10 kB; what is published can be imported by Node as it is, and has nothing to depend on."""
    done = run(CLIENT, "node", "scripts/size.mjs")
    assert done.returncode == 0, said(done)
    done = run(CLIENT, "tsc", "-p", "tsconfig.build.json", "--outDir", str(tmp_path))
    assert done.returncode == 0, said(done)
    script = (
        f"import('{tmp_path}/index.js').then(({{ connect }}) => process.exit(typeof connect === 'function' ? 0 : 1))"
    )
    (tmp_path / "package.json").write_text('{"type": "module"}')
    assert subprocess.run([node, "-e", script], timeout=30, check=False).returncode == 0
    package = json.loads((installed(CLIENT) / "package.json").read_text())
    assert "dependencies" not in package


def test_lock_file_names_no_registry() -> None:
    assert "resolved" not in (ROOT / CLIENT / "package-lock.json").read_text()
    assert os.linesep + "omit-lockfile-registry-resolved=true" in os.linesep + (ROOT / CLIENT / ".npmrc").read_text()


#: What the blocks of the documents take for granted.
GLOBALS = """
import type { Api } from "@binding-schema/client"
import type { HelpdeskTeam, Schema } from "./schema"
declare global {
  const tickets: Api<Schema>["helpdesk"]["Ticket"]
  const team: HelpdeskTeam
  const token: string
  function fetchToken(): Promise<string>
  function render(value: unknown): void
}
"""
IMPORTS = 'import { connect } from "@binding-schema/client"\nimport { schema } from "./schema"\n'


def test_the_documents_compile(node: str, tmp_path: Path) -> None:
    place = installed(CLIENT)
    found = [
        text
        for page in (place / "README.md", ROOT / "docs/client.md")
        for text in re.findall(r"^```ts\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    ]
    assert len(found) == 9
    files = {"globals.d.ts": GLOBALS, "schema.ts": (ROOT / "example/board/src/schema.ts").read_text(encoding="utf-8")}
    for number, text in enumerate(found):
        head = IMPORTS if "connect(" in text and "import { connect }" not in text else ""
        files[f"block{number}.ts"] = f"{head}{text}\nexport {{}}\n"
    files["wrong.ts"] = files["block0.ts"].replace("priority__gte", "priority_gte")
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    config = {
        "extends": str(place / "tsconfig.json"),
        "compilerOptions": {
            "module": "ESNext",
            "moduleResolution": "bundler",
            "noUnusedLocals": False,
            "typeRoots": [str(place / "node_modules/@types")],
            "paths": {
                "@binding-schema/client": [str(place / "src/index.ts")],
                "ws": [str(place / "node_modules/@types/ws/index.d.ts")],
            },
        },
        "include": ["*"],
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps(config))
    done = run(CLIENT, "tsc", "-p", str(tmp_path))
    errors = [line for line in done.stdout.splitlines() if "error TS" in line]
    assert [line for line in errors if "wrong.ts" not in line] == []
    # The misspelt key stands on a line of its own, below that of the call which has it.
    assert any("wrong.ts" in line for line in errors), said(done)
    assert "'priority_gte' does not exist" in done.stdout, said(done)
