"""Documents are parsed and validated once: clients send the same few over and over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import DocumentNode, GraphQLError, get_operation_ast
from strawberry.extensions import ParserCache, SchemaExtension, ValidationCache

from ...conf import settings
from .errors import refused

#: Documents that are kept, each of as many characters at most: a longer one is not worth its memory.
DOCUMENTS, CHARACTERS = 256, 32_768


class Parsing(SchemaExtension):
    """Refuses a document of too many tokens, and keeps what was parsed."""

    def on_parse(self) -> Iterator[None]:
        context: Any = self.execution_context
        context.parse_options["max_tokens"] = settings().GRAPHQL_MAX_TOKENS
        if context.query and context.graphql_document is None:
            context.graphql_document = parsed(
                context.query
            )  # without one, strawberry parses itself, and tells what is wrong
        yield


class Validation(ValidationCache):
    """Keeps what was found of a document, unless the limits refuse it before."""

    def __init__(self) -> None:
        super().__init__(maxsize=DOCUMENTS)

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        if context.pre_execution_errors or len(context.query or "") > CHARACTERS:
            yield
            return
        try:
            yield from super().on_validate()
        except RecursionError:
            context.pre_execution_errors = [refused("The document is nested too deeply.")]
            yield


def parsed(query: str) -> DocumentNode | None:
    """The document, or None for a query that has none."""
    limit = settings().GRAPHQL_MAX_TOKENS
    try:
        cache = _cache if len(query) <= CHARACTERS else _last
        return cache.cached_parse_document(query, max_tokens=limit)  # type: ignore[no-any-return]
    except (GraphQLError, RecursionError, UnicodeError):
        return None


_cache = ParserCache(maxsize=DOCUMENTS)
#: Of the long ones only that which is about to be executed.
_last = ParserCache(maxsize=1)


def kind_of(query: str, operation: str | None) -> str:
    """``query``, ``mutation`` or ``subscription``; an empty text where the document does not say."""
    document = parsed(query)
    found = get_operation_ast(document, operation) if document is not None else None
    return found.operation.value if found is not None else ""
