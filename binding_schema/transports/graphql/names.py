"""Names in the schema: predictable, overridable, and no two alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.core.exceptions import ImproperlyConfigured

from ...compile.attributes import GRAPHQL_NAME
from ...compile.ir import Schema, Stream
from .scalars import SCALAR_NAMES

#: What every schema has, whatever its bindings.
OWN = ("Query", "Mutation", "Subscription", "FieldError", "PageInfo", "ChangeCause", *SCALAR_NAMES)
BUILT_IN = ("ID", "String", "Int", "Float", "Boolean")


def camel(name: str) -> str:
    """``created_at`` -> ``createdAt``, ``priority__gte`` -> ``priorityGte``."""
    head, *rest = [part for part in name.split("_") if part] or [name]
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def pascal(name: str) -> str:
    found = camel(name)
    return found[:1].upper() + found[1:]


def constant(name: str) -> str:
    """``-created_at`` -> ``CREATED_AT_DESC``."""
    found = "_".join(part for part in name.lstrip("-").split("_") if part).upper()
    return f"{found}_DESC" if name.startswith("-") else found


def plural(name: str) -> str:
    """The root field of many: ``ticket`` -> ``tickets``, ``category`` -> ``categories``, ``box`` -> ``boxes``."""
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return f"{name[:-1]}ies"
    if name.endswith(("s", "x", "z", "ch", "sh")):
        return f"{name}es"
    return f"{name}s"


def place(stream: Stream) -> str:
    """The binding's class, for messages."""
    cls = type(stream.binding)
    return f"{cls.__module__}.{cls.__qualname__}"


class Names:
    """The type names of one schema, and who has them."""

    def __init__(self) -> None:
        self._owners = dict.fromkeys((*OWN, *BUILT_IN), "the library")

    def claim(self, name: str, owner: str) -> str:
        """Raises ImproperlyConfigured for a name that is taken, or that GraphQL does not allow."""
        hint = 'write graphql_name = "..." on the binding, or rename the action or event'
        if not GRAPHQL_NAME.fullmatch(name):
            raise ImproperlyConfigured(f"{owner}: {name!r} is no name of a GraphQL type: {hint}.")
        if name in self._owners:
            message = f"{owner}: the GraphQL type {name!r} belongs to {self._owners[name]} already"
            raise ImproperlyConfigured(f"{message}: {hint}.")
        self._owners[name] = owner
        return name

    def has(self, name: str) -> bool:
        return name in self._owners


def distinct(names: Iterable[str], owner: str) -> None:
    """Raises ImproperlyConfigured for two names that are one in camelCase, and for one that GraphQL does not allow."""
    found: dict[str, str] = {}
    for name in names:
        shown = camel(name)
        if not GRAPHQL_NAME.fullmatch(shown):
            raise ImproperlyConfigured(f'{owner}: {name!r} is no GraphQL name: rename it, with field(source="...").')
        other = found.setdefault(shown, name)
        if other != name:
            raise ImproperlyConfigured(
                f'{owner}: {other!r} and {name!r} are both {shown!r} in GraphQL: rename one, with field(source="...").'
            )


def type_names(schema: Schema, chosen: Mapping[str, Stream], names: Names) -> dict[str, str]:
    """The GraphQL type of each binding by key: its ``graphql_name``, or its class's name without ``Binding``.

    Raises ImproperlyConfigured for two bindings with one name.
    """
    return {
        key: names.claim(stream.graphql_name, place(stream)) if stream.model is not None else stream.graphql_name
        for key, stream in chosen.items()
    }
