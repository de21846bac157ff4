"""Limits on operations, on by default: tokens, depth, aliases, complexity by the rows that may come back, introspection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import NoSchemaIntrospectionCustomRule
from strawberry.extensions import SchemaExtension

from ...errors import InvalidData
from .documents import Parsing, Validation
from .door import graphql_error
from .errors import Codes, introspection_allowed, refused
from .measure import Measure


def default_extensions() -> list[Any]:
    """The extensions of every schema that ``build_schema`` makes, in an order that matters."""
    return [Codes, Parsing, Limits, Validation]


_WHICH = "The document has several operations: say which one is meant, by `operationName`."


class Limits(SchemaExtension):
    """Refuses an operation that is too deep, has too many aliases, or may ask for too much, before it is validated: to validate
    a document that was made to take long takes longer than to measure it."""

    def on_operation(self) -> Iterator[None]:
        context: Any = self.execution_context
        if not introspection_allowed():
            context.validation_rules += (NoSchemaIntrospectionCustomRule,)
        yield

    def on_validate(self) -> Iterator[None]:
        context: Any = self.execution_context
        if context.graphql_document is not None:
            measure = Measure(context.schema._schema, context.graphql_document, context.variables or {})
            try:
                message = measure.complaint(context.operation_name)
            except RecursionError:
                message = "The document is nested too deeply."
            if message:
                context.pre_execution_errors = [refused(message)]
            elif len(measure.operations) > 1 and context._provided_operation_name is None:
                # strawberry would run the first one.
                context.pre_execution_errors = [graphql_error(InvalidData(_WHICH))]
        yield
