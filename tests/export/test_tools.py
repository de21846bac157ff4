"""The files, in the hands of others: TypeScript's compiler, and the official validators of OpenAPI and AsyncAPI."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from binding_schema.compile import current
from binding_schema.export.asyncapi import asyncapi
from binding_schema.export.document import Document, document_of
from binding_schema.export.openapi import openapi
from binding_schema.export.site import site
from binding_schema.export.typescript import print_typescript

CLIENTS = Path(__file__).parent / "clients"
OPTIONS = "--noEmit --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess"
TARGET = "--module nodenext --target es2022 --lib es2022"
ODD = ("app.Specimen", "app.Seat", "app.Category", "tests.Clock")
COMPLAINT = re.compile(r"^(?P<file>[\w.]+)\((?P<line>\d+),\d+\): error TS\d+: .*$", re.MULTILINE)


@pytest.fixture(scope="session")
def some() -> Document:
    """The example's streams and the odd ones of the test project: validators take their time."""
    served = {
        name: item for name, item in current.schema().streams.items() if name.startswith("helpdesk.") or name in ODD
    }
    return document_of(replace(current.schema(), streams=served))


def test_typescript_compiles_and_mistakes_do_not(tools: Path, node: str, project: Document, odd: Document) -> None:
    for name, document in (("project", project), ("odd", odd)):
        (tools / f"{name}.ts").write_text(print_typescript(document), encoding="utf-8")
    files = ["project.ts", "odd.ts", "uses.ts", "mistakes.ts"]
    command = [node, "node_modules/typescript/bin/tsc", *OPTIONS.split(), *TARGET.split(), *files]
    done = subprocess.run(command, cwd=tools, capture_output=True, text=True, timeout=100, check=False)
    found = {(match["file"], int(match["line"])) for match in COMPLAINT.finditer(done.stdout)}
    lines = (CLIENTS / "mistakes.ts").read_text(encoding="utf-8").splitlines()
    wanted = {("mistakes.ts", number) for number, line in enumerate(lines, 1) if "// error: " in line}
    assert len(wanted) > 25
    assert found == wanted, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["some", "odd"])
def test_openapi_is_valid(name: str, request: pytest.FixtureRequest) -> None:
    text = json.dumps(openapi(request.getfixturevalue(name), site()))
    OpenAPIV31SpecValidator(json.loads(text)).validate()


def test_the_openapi_validator_sees_mistakes(odd: Document) -> None:
    spec = json.loads(json.dumps(openapi(odd, site())))
    del spec["paths"]["/odd.Person/{id}/"]["parameters"]
    assert list(OpenAPIV31SpecValidator(spec).iter_errors())


@pytest.mark.parametrize("name", ["some", "odd"])
def test_asyncapi_is_valid(name: str, request: pytest.FixtureRequest, tools: Path, node: str) -> None:
    document = request.getfixturevalue(name)
    found = parsed(node, tools, asyncapi(document, site()))
    # What is above is an error or a warning; that there is a newer version of AsyncAPI is an information.
    assert [item for item in found["diagnostics"] if item["code"] != "asyncapi-latest-version"] == []
    for stream, item in document.streams.items():
        for asked in (*item.verbs, *item.actions):
            assert f"{stream}.{asked}" in found["read"]["operations"]
            assert {f"{stream}.{asked}.request", f"{stream}.{asked}.answer"} <= set(found["read"]["messages"])
        for told in item.live:
            assert f"{stream}.{told}.live" in found["read"]["messages"]


def test_the_asyncapi_parser_sees_mistakes(odd: Document, tools: Path, node: str) -> None:
    spec = asyncapi(odd, site())
    spec["operations"]["odd.Person.search"]["messages"] = [{"$ref": "#/channels/odd.Person/messages/nothing"}]
    assert any(item["severity"] == 0 for item in parsed(node, tools, spec)["diagnostics"])


def parsed(node: str, tools: Path, spec: Any) -> Any:
    path = tools / "asyncapi.json"
    path.write_text(json.dumps(spec), encoding="utf-8")
    command = [node, "asyncapi.mjs", path.name]
    done = subprocess.run(command, cwd=tools, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)
