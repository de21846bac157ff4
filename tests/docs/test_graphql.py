"""The GraphQL document: its set-up in the quick start's project, and what it asks and answers, on a real server."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from binding_schema.conf import Settings
from binding_schema.transports.graphql.documents import CHARACTERS
from binding_schema.transports.graphql.measure import NESTED_ROWS

from .markdown import ROOT, Block, blocks, code, fits, marked, tables, values
from .project import Project, follow_curl

# The project has a database of its own, whatever the suite's is.
pytestmark = pytest.mark.database("sqlite")

ALICE = """
from django.contrib.auth.models import User
from binding_schema.extend import make_token
print(make_token(User.objects.create_user("alice")))
"""

GRAPHQL, README = ROOT / "docs" / "graphql.md", ROOT / "README.md"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("graphql"))
    project.start("notes")
    for block in marked(README, "file"):
        project.do(block)
    for block in marked(GRAPHQL, "file", "append", "patch"):
        project.do(block)
    return project


@pytest.fixture(scope="module")
def token(project: Project) -> str:
    return project.shell(ALICE).split()[-1]


@pytest.fixture(scope="module")
def url(project: Project) -> Iterator[str]:
    with project.server() as url:
        yield url


def ask(url: str, token: str, query: str, **more: Any) -> Any:
    headers = {"authorization": f"Bearer {token}"}
    return httpx.post(f"{url}/graphql/", json={"query": query, **more}, headers=headers).json()


def only(mark: str) -> Block:
    (block,) = marked(GRAPHQL, mark)
    return block


def test_set_up_is_10_lines() -> None:
    parts = [block for block in marked(GRAPHQL, "file", "append", "patch") if "own.py" not in block.argument]
    lines = [line for block in parts for line in block.text.splitlines() if line]
    if_new = [line for line in lines if not line.startswith((" ", "-"))]
    assert len(if_new) == 9


# In this order: what comes later shows what was made before.


def test_operations(url: str, token: str) -> None:
    pairs = [(one, two) for one, two in pairwise(blocks(GRAPHQL)) if one.mark == "operation"]
    assert len(pairs) == 5
    for asked, shown in pairs:
        assert shown.mark == "result"
        answer = ask(url, token, asked.text)
        assert fits(values(shown.text), [answer]), f"{asked} is answered by\n{json.dumps(answer, indent=1)}"


async def test_subscription(url: str, token: str) -> None:
    wanted, told = values(only("told").text), []
    async with connect(f"{url.replace('http', 'ws')}/graphql/", subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
        await socket.send(json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}))
        assert json.loads(await socket.recv()) == {"type": "connection_ack"}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": only("subscription").text}}))
        for change in ('title: "Call Bob"', "done: true", ""):
            async with asyncio.timeout(10):
                told.append(json.loads(await socket.recv())["payload"])
            if change:
                mutation = f"updateNote(id: 3, input: {{{change}}})"
                assert mutation in GRAPHQL.read_text(encoding="utf-8")
                await asyncio.to_thread(ask, url, token, f"mutation {{ {mutation} {{ success }} }}")
    assert fits(wanted, told), json.dumps(told, indent=1)


def test_by_http(url: str, token: str) -> None:
    follow_curl(only("curl"), url, token)


def test_persisted_queries(url: str, token: str) -> None:
    query = "{ notes { count } }"
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(query.encode()).hexdigest()}}
    headers = {"authorization": f"Bearer {token}"}

    def send(**body: Any) -> Any:
        return httpx.post(f"{url}/graphql/", json={"extensions": extensions, **body}, headers=headers).json()

    assert send()["errors"][0]["message"] == "PersistedQueryNotFound"
    assert send(query=query) == send() == {"data": {"notes": {"count": 3}}}


def test_graphiql(url: str) -> None:
    page = httpx.get(f"{url}/graphql/", headers={"accept": "text/html"})
    assert "graphiql.min.js" in page.text


def test_types_of_ones_own(project: Project) -> None:
    printed = project.shell(
        """
import asyncio
from django.contrib.auth.models import User
from binding_schema.resolve.authentication import Fixed
from binding_schema.transports.graphql.door import GraphQLContext
from project.own import schema
context = GraphQLContext(Fixed(User.objects.get(username="alice")), None)
print(asyncio.run(schema.execute("{ openNotes { title } noteList { count } }", context_value=context)).data)
"""
    )
    assert printed.splitlines()[-1] == "{'openNotes': [], 'noteList': {'count': 3}}"


def test_the_tables_say_what_is_so() -> None:
    assert {code(row[0])[0] for row in tables(GRAPHQL, "Limits")[0].rows} <= set(Settings.model_fields)
    text = GRAPHQL.read_text(encoding="utf-8")
    assert f"a list within a row as {NESTED_ROWS}." in text
    assert f"than {CHARACTERS:,} characters" in text
