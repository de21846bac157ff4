"""Errors of operations: each with a code in ``extensions.code``, and nothing that is not the client's to know."""

from __future__ import annotations

import re
from typing import Any, Final

from django.conf import settings as django_settings
from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.exceptions import MissingQueryError
from strawberry.extensions import MaskErrors
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from ... import errors
from ...conf import settings
from ...errors import BindingError, InvalidData, InvalidFrame, TooLarge, Unsupported
from ...resolve.dispatch import internal
from .door import graphql_error

#: What the parser refuses for its size, which is no mistake of syntax.
_TOO_MUCH = re.compile(r"more than \d+ tokens|nested too deeply")
#: What graphql-core adds to a message: names that resemble a wrong one.
_SUGGESTION = re.compile(r" Did you mean [^?]*\?")
#: HTTP's status by code.
STATUSES: Final = {
    item.code: item.status
    for item in vars(errors).values()
    if isinstance(item, type) and issubclass(item, BindingError)
}


def coded(error: GraphQLError) -> GraphQLError:
    """The error with a code: that of the flat protocol which says the same. What nobody foresaw is logged under an incident."""
    if (error.extensions or {}).get("code"):
        return error
    original = error.original_error
    if isinstance(error, GraphQLSyntaxError):
        code = "too_large" if _TOO_MUCH.search(error.message) else "invalid_frame"
        return _with(error, error.message, {"code": code})
    if original is None or isinstance(original, GraphQLError):
        return _with(error, _unsuggested(error.message), {**(error.extensions or {}), "code": "invalid_data"})
    made = graphql_error(foreseen(original) or internal(original, ".".join(str(part) for part in error.path or ())))
    return _with(error, made.message, made.extensions or {})


def foreseen(error: Exception) -> BindingError | None:
    """The flat protocol's error for what the libraries below us raise because of what a client sent."""
    if isinstance(error, BindingError):
        return error
    if isinstance(error, MissingQueryError):
        return InvalidFrame("There is no query in the request.")
    if isinstance(error, CannotGetOperationTypeError):
        return InvalidData(error.as_http_error_reason())
    if isinstance(error, InvalidOperationTypeError):
        return Unsupported(f"A {error.operation_type.value} cannot be sent this way.")
    return TooLarge("The operation is nested too deeply.") if isinstance(error, RecursionError) else None


def introspection_allowed() -> bool:
    """GRAPHQL_INTROSPECTION; by default where DEBUG is on."""
    allowed = settings().GRAPHQL_INTROSPECTION
    return bool(django_settings.DEBUG) if allowed is None else allowed


def refused(message: str) -> GraphQLError:
    return graphql_error(TooLarge(message))


def _unsuggested(message: str) -> str:
    """Where the schema may not be asked for, its names are not told by way of mistakes either."""
    return message if introspection_allowed() else _SUGGESTION.sub("", message)


def _with(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )


def formatted(found: list[GraphQLError]) -> list[Any]:
    """Errors as they are sent. Those that come from outside of the extensions' reach get their codes here."""
    return [coded(error).formatted for error in found]


def is_request_error(result: Any) -> bool:
    """Whether an operation was refused as a whole, and not one of its fields."""
    return result.data is None and all(error.path is None for error in result.errors or ())


class Codes(MaskErrors):
    """Gives every error its code, in answers and in what subscriptions send."""

    def anonymise_error(self, error: GraphQLError) -> GraphQLError:
        return coded(error)
