"""The GraphQL schema in its own language: of all bindings, or the one that a project serves."""

from __future__ import annotations

from importlib.util import find_spec

from django.core.exceptions import ImproperlyConfigured

from ..conf import imported, settings


class Unavailable(Exception):
    """A format cannot be printed here; the message says what is missing."""


def is_installed() -> bool:
    return find_spec("strawberry") is not None


def print_sdl() -> str:
    """Raises Unavailable without the extra, or where the setting GRAPHQL_SCHEMA names no schema."""
    path = settings().GRAPHQL_SCHEMA
    try:
        if path is not None:
            return _text(imported("GRAPHQL_SCHEMA", path), path)
        from ..transports.graphql import build_schema  # noqa: PLC0415 - an optional extra

        return _text(build_schema(), "")
    except (ImportError, ImproperlyConfigured) as error:
        raise Unavailable(str(error)) from None


def _text(schema: object, path: str) -> str:
    if not hasattr(schema, "as_str"):
        raise Unavailable(f"BINDING_SCHEMA['GRAPHQL_SCHEMA']: {path!r} is not a Strawberry schema.")
    return str(schema.as_str()).rstrip() + "\n"
