"""The exports of the test project, those of bindings with everything that is odd, and the tools that they are held against."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from binding_schema.compile import current
from binding_schema.compile.build import compile_schema
from binding_schema.compile.ir import Schema
from binding_schema.declare import registry
from binding_schema.export.document import Document, document_of
from binding_schema.export.json_schema import json_schema

CLIENTS = Path(__file__).parent / "clients"


@pytest.fixture(scope="session")
def odd_schema() -> Schema:
    """No part of the project afterwards."""
    before = list(registry._declared)
    # Here, since a binding is found as soon as its class is made.
    from tests.export import odd  # noqa: PLC0415

    schema, problems = compile_schema(odd.BINDINGS)
    registry._declared[:] = before
    assert not problems.found, problems.text()
    return schema


@pytest.fixture(scope="session")
def odd(odd_schema: Schema) -> Document:
    return document_of(odd_schema)


@pytest.fixture(scope="session")
def project() -> Document:
    return document_of(current.schema())


@pytest.fixture(scope="session")
def project_json(project: Document) -> Any:
    return json.loads(json.dumps(json_schema(project)))


@pytest.fixture(scope="session")
def tools(node: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the compiler and the validators installed. Without the npm registry there are none."""
    npm = shutil.which("npm", path=os.pathsep.join([str(Path(node).parent), os.environ.get("PATH", "")]))
    if npm is None:
        pytest.skip("npm not found beside node; install it")
    directory = tmp_path_factory.mktemp("export-tools")
    for path in CLIENTS.iterdir():
        shutil.copy(path, directory)
    command = [npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--loglevel=error"]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=110, check=False)
    if done.returncode != 0:
        pytest.skip(f"npm could not install the tools: {done.stderr.strip()[-300:]}")
    return directory
