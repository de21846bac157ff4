"""Errors of Django REST framework in the words of the protocol, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from rest_framework import exceptions, status
from rest_framework.settings import api_settings

from binding_schema import errors
from binding_schema.types import ALL, ErrorItem, FieldErrors, error_item

BY_STATUS: Final[Mapping[int, type[errors.BindingError]]] = {
    401: errors.Unauthenticated,
    403: errors.Forbidden,
    404: errors.NotFound,
    405: errors.Unsupported,
    409: errors.Conflict,
    413: errors.TooLarge,
    429: errors.RateLimited,
}


@contextmanager
def translated(*, writing: bool = False) -> Iterator[None]:
    """Raises what the framework's exceptions mean. ``writing``: a ValidationError is a failed write, else invalid data."""
    try:
        yield
    except exceptions.ValidationError as error:
        found = field_errors(error.detail)
        if writing:
            raise errors.WriteFailed(found) from None
        raise errors.InvalidData(errors=found) from None
    except exceptions.APIException as error:
        kind = BY_STATUS.get(error.status_code, errors.InvalidData)
        if error.status_code >= 500:
            raise
        wait = getattr(error, "wait", None)
        extra = {} if wait is None else {"retry_after": wait}
        raise kind(_text(error.detail), **extra) from None


def _text(detail: Any) -> str:
    """The first message in a detail of any form."""
    while isinstance(detail, (list, dict)) and detail:
        detail = next(iter(detail.values())) if isinstance(detail, dict) else detail[0]
    return str(detail) if isinstance(detail, str) else ""


# The framework's detail -> ours --------------------------------------------------------------------------------------------


def field_errors(detail: Any) -> FieldErrors:
    """``{field: [{code, message}]}`` of a ValidationError's detail; nested errors stand at ``"items.0.price"``."""
    found: dict[str, list[ErrorItem]] = {}
    for path, message in _leaves(detail, ()):
        code = str(getattr(message, "code", None) or "invalid")
        found.setdefault(".".join(path) or ALL, []).append(error_item(code, str(message)))
    return found


def _leaves(detail: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _leaves(inner, (*path, ALL if name == api_settings.NON_FIELD_ERRORS_KEY else str(name)))
    elif isinstance(detail, (list, tuple)):
        # Messages of one field, or, of a nested list, the errors of each item: an item without any is an empty object.
        for index, inner in enumerate(detail):
            is_nested = isinstance(inner, (Mapping, list, tuple))
            yield from _leaves(inner, (*path, str(index)) if is_nested else path)
    else:
        yield path, detail


# Ours -> the framework's exceptions ------------------------------------------------------------------------------------------


class Answered(exceptions.APIException):
    """A BindingError that the framework has no class for."""

    def __init__(self, error: errors.BindingError) -> None:
        self.status_code = error.status
        message = f"{error.message} ({error.extra['incident']})" if "incident" in error.extra else error.message
        super().__init__(message, error.code)


def exception_of(error: errors.BindingError, method: str) -> exceptions.APIException:
    """The exception that a view of the framework raises for the same."""
    if isinstance(error, errors.RateLimited):
        return exceptions.Throttled(wait=error.extra.get("retry_after"))
    if isinstance(error, errors.Unsupported):
        return exceptions.MethodNotAllowed(method, detail=error.message)
    if isinstance(error, errors.InvalidData) and error.errors:
        return exceptions.ValidationError(detail_of(error.errors))
    if isinstance(error, (errors.InvalidData, errors.InvalidFilter, errors.InvalidFrame)):
        found = exceptions.ParseError(error.message, error.code)
        found.status_code = status.HTTP_400_BAD_REQUEST
        return found
    kinds: dict[type[errors.BindingError], type[exceptions.APIException]] = {
        errors.Unauthenticated: exceptions.NotAuthenticated,
        errors.Forbidden: exceptions.PermissionDenied,
        errors.NotFound: exceptions.NotFound,
    }
    kind = kinds.get(type(error))
    return Answered(error) if kind is None else kind(error.message, error.code)


def detail_of(found: FieldErrors) -> dict[str, Any]:
    """A ValidationError's detail of ``{field: [{code, message}]}``, with what was flattened nested again."""
    tree: dict[str, Any] = {}
    for path, items in found.items():
        parts = [api_settings.NON_FIELD_ERRORS_KEY if part == ALL else part for part in path.split(".")]
        place = tree
        for part in parts[:-1]:
            place = place.setdefault(part, {})
        place[parts[-1]] = [exceptions.ErrorDetail(item["message"], item["code"]) for item in items]
    return {name: _listed(inner) for name, inner in tree.items()}


def _listed(tree: Any) -> Any:
    """Errors of the rows of a nested list by index; as a list with an empty object for each row without any, where the framework
    has them so: older versions do, later ones where LIST_SERIALIZER_ERRORS_AS_DICT is off."""
    if not isinstance(tree, dict):
        return tree
    inner = {name: _listed(item) for name, item in tree.items()}
    of_rows = all(name.isdigit() and isinstance(item, (dict, list)) for name, item in inner.items())
    by_field = all(isinstance(item, list) and not isinstance(item[0], dict) for item in inner.values())
    if not of_rows or by_field or getattr(api_settings, "LIST_SERIALIZER_ERRORS_AS_DICT", False):
        return inner
    return [inner.get(str(index), {}) for index in range(max(int(name) for name in inner) + 1)]
