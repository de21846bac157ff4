"""Errors of operations: each with a code in ``extensions.code``, and nothing that is not the client's to know."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.extensions import MaskErrors

from ...errors import BindingError
from ...resolve.dispatch import internal
from .door import graphql_error


def coded(error: GraphQLError) -> GraphQLError:
    """The error with a code: that of the flat protocol which says the same. What nobody foresaw is logged under an incident."""
    if (error.extensions or {}).get("code"):
        return error
    original = error.original_error
    if isinstance(error, GraphQLSyntaxError):
        return _with(error, error.message, {"code": "invalid_frame"})
    if original is None or isinstance(original, GraphQLError):
        return _with(error, error.message, {**(error.extensions or {}), "code": "invalid_data"})
    if isinstance(original, BindingError):
        made = graphql_error(original)
        return _with(error, made.message, made.extensions or {})
    hidden = graphql_error(internal(original, ".".join(str(part) for part in error.path or ())))
    return _with(error, hidden.message, hidden.extensions or {})


def _with(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )


class Codes(MaskErrors):
    """Gives every error its code, in answers and in what subscriptions send."""

    def anonymise_error(self, error: GraphQLError) -> GraphQLError:
        return coded(error)
