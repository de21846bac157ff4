"""The clients that people use, from the npm registry, against a real server: graphql-ws and urql."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from binding_schema.resolve.authentication import make_token
from tests.conftest import Demo, StartServer
from tests.npm import copied

CLIENTS = Path(__file__).parent / "clients"


@pytest.fixture(scope="session")
def clients(node: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the clients installed. Without the npm registry there are none."""
    return copied(CLIENTS, tmp_path_factory.mktemp("clients"), node)


def test_graphql_ws_and_urql(demo: Demo, uvicorn_server: StartServer, clients: Path, node: str) -> None:
    ticket = demo.of(demo.network)[0]
    server = uvicorn_server()
    command = [node, "run.mjs", f"{server.url}/graphql/", make_token(demo.alice), str(ticket.pk)]
    done = subprocess.run(command, cwd=clients, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-2000:] + server.log.read_text()[-2000:]
    answers: dict[str, Any] = json.loads(done.stdout)
    for name, found in answers.items():
        for operation, answer in found.items():
            assert not answer.get("errors"), (name, operation, answer)
            assert not answer.get("error"), (name, operation, answer)
        assert found["query"]["data"]["ticket"]["id"] == str(ticket.pk)
        assert found["query"]["data"]["tickets"]["count"] == len(demo.of(demo.network))
        written = found["mutation"]["data"]["updateTicket"]
        assert (written["success"], written["errors"]) == (True, [])
        assert written["object"]["title"] == f"By {name}"
        change = found["subscription"]["data"]["ticketChanged"]
        assert change["cause"] == "UPDATE"
        assert change["id"] == str(ticket.pk)
        assert change["object"]["title"] == f"Heard by {name}"
        assert change["object"]["team"] == {"name": "Network"}
