"""Compiling the bindings of a test, without touching those of the project."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from binding_schema import Binding
from binding_schema.compile import ir
from binding_schema.compile.build import compile_schema


def compiled(*bindings: type[Binding[Any]]) -> ir.Schema:
    """The schema of bindings that have neither mistakes nor warnings."""
    schema, problems = compile_schema(bindings)
    assert not [*problems.found, *problems.warnings], [*problems.found, *problems.warnings]
    return schema


def stream(*bindings: type[Binding[Any]]) -> ir.Stream:
    """The stream of the first of them."""
    return compiled(*bindings).by_key[bindings[0].__name__]


def row_schema(found: ir.Stream) -> dict[str, Any]:
    assert found.types is not None
    return found.types.row.model_json_schema(mode="serialization")


def create_schema(found: ir.Stream) -> dict[str, Any]:
    assert found.types is not None
    return found.types.create.model_json_schema(mode="validation")


def accepts(scalar: ir.Scalar, value: Any) -> Any:
    """What a client's JSON value becomes."""
    return TypeAdapter(scalar.input).validate_python(value)
