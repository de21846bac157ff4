"""The exports of the test project, those of bindings with everything that is odd, and the tools that they are held against."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from binding_schema.compile import current
from binding_schema.compile.build import compile_schema
from binding_schema.compile.ir import Schema
from binding_schema.declare import registry
from binding_schema.export.document import Document, document_of
from binding_schema.export.json_schema import json_schema
from tests.npm import copied

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
    return copied(CLIENTS, tmp_path_factory.mktemp("export-tools"), node)
