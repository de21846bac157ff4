"""Names in the schema: predictable, overridable, and no two alike."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured

from ...compile.ir import Schema, Stream


def camel(name: str) -> str:
    """``created_at`` -> ``createdAt``, ``priority__gte`` -> ``priorityGte``."""
    head, *rest = [part for part in name.split("_") if part] or [name]
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def pascal(name: str) -> str:
    found = camel(name)
    return found[:1].upper() + found[1:]


def constant(name: str) -> str:
    """``-created_at`` -> ``CREATED_AT_DESC``."""
    found = name.lstrip("-").replace("__", "_").upper()
    return f"{found}_DESC" if name.startswith("-") else found


def type_names(schema: Schema, chosen: Mapping[str, Stream]) -> dict[str, str]:
    """The GraphQL type of each binding: its ``graphql_name``, or its class's name without ``Binding``.

    Raises ImproperlyConfigured for two bindings with one name.
    """
    found: dict[str, str] = {}
    for key, stream in chosen.items():
        cls = type(stream.binding)
        name = cls.graphql_name or cls.__name__.removesuffix("Binding") or cls.__name__
        other = found.setdefault(name, key)
        if other != key:
            first, second = type(schema.by_key[other].binding), cls
            raise ImproperlyConfigured(
                f"{first.__module__}.{first.__qualname__} and {second.__module__}.{second.__qualname__} are both the GraphQL "
                f'type {name!r}: write graphql_name = "Other{name}" on one of them.'
            )
    return {key: name for name, key in found.items()}


def plural(name: str) -> str:
    """The root field of many: ``ticket`` -> ``tickets``, ``category`` -> ``categories``, ``news`` -> ``newsList``."""
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return f"{name[:-1]}ies"
    if name.endswith(("s", "x", "z", "ch", "sh")):
        return f"{name}es"
    return f"{name}s"
