"""``build_schema``: the bindings as a Strawberry schema, with or beside what a project writes by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import strawberry
from django.core.exceptions import ImproperlyConfigured
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from ...compile import current
from ...compile.ir import Schema, Stream
from ...declare.binding import Binding
from .fields import StreamFields
from .names import type_names
from .objects import Objects
from .scalars import SCALARS
from .subscriptions import subscriptions_of
from .typing_of import Types

#: Documents that the caches keep; each is of GRAPHQL_MAX_TOKENS at most.
DOCUMENTS = 256


@dataclass(slots=True)
class Parts:
    """What a schema is put together from. ``types`` are the object types by the names of their bindings' streams, or of their
    classes for those that are only nested; ``query``, ``mutation`` and ``subscription`` are types, None where they are empty.
    ``scalar_map`` is for the ``StrawberryConfig`` of a schema that takes these in.
    """

    types: dict[str, type[Any]] = field(default_factory=dict)
    query: type[Any] | None = None
    mutation: type[Any] | None = None
    subscription: type[Any] | None = None
    scalar_map: Mapping[object, Any] = field(default_factory=lambda: SCALARS)


def build_parts(bindings: Iterable[type[Binding[Any]]] | None = None) -> Parts:
    """The types of the bindings (all that are served, if none are named). Raises ImproperlyConfigured for names that collide."""
    schema = current.schema()
    chosen = _chosen(schema, bindings)
    names, types = type_names(schema, chosen), Types()
    made = Objects(
        schema, {key: name for key, name in names.items() if schema.by_key[key].model is not None}, types
    ).all()
    roots: dict[str, dict[str, Any]] = {"Query": {}, "Mutation": {}, "Subscription": {}}
    for key, stream in chosen.items():
        if not stream.name:
            continue
        fields = StreamFields(stream, names[key], made.get(key), types)
        live = subscriptions_of(stream, fields)
        for root, some in (("Query", fields.queries), ("Mutation", fields.mutations), ("Subscription", live)):
            for name, item in some.items():
                if name in roots[root]:
                    hint = 'write graphql_name = "..." on one of the bindings, or rename the action'
                    raise ImproperlyConfigured(f"{stream.name}: {root} has a field {name!r} already: {hint}.")
                roots[root][name] = item
    shown = {schema.by_key[key].name or key: cls for key, cls in made.items()}
    query, mutation, subscription = (_root(name, fields) for name, fields in roots.items())
    return Parts(shown, query, mutation, subscription)


def _root(name: str, fields: Mapping[str, Any]) -> type[Any] | None:
    return strawberry.type(type(name, (), dict(fields)), name=name) if fields else None


def _chosen(schema: Schema, bindings: Iterable[type[Binding[Any]]] | None) -> dict[str, Stream]:
    """The streams of the bindings, with those that they nest."""
    wanted = None if bindings is None else set(bindings)
    keys = [
        key
        for key, item in schema.by_key.items()
        if (type(item.binding) in wanted if wanted is not None else item.name)
    ]
    found: dict[str, Stream] = {}
    while keys:
        key = keys.pop(0)
        if key not in found:
            found[key] = schema.by_key[key]
            keys += [item.target for item in found[key].fields.values() if item.target]
    return {key: schema.by_key[key] for key in schema.by_key if key in found}


def build_schema(
    bindings: Iterable[type[Binding[Any]]] | None = None,
    *,
    query: type[Any] | None = None,
    mutation: type[Any] | None = None,
    subscription: type[Any] | None = None,
    extensions: Sequence[Any] = (),
    types: Iterable[Any] = (),
    config: StrawberryConfig | None = None,
    schema_class: Any = None,
) -> strawberry.Schema:
    """A schema of the bindings; ``query``, ``mutation`` and ``subscription`` are a project's own types, merged with ours.

    ``schema_class`` may be ``strawberry.federation.Schema``. Raises ImproperlyConfigured for names that collide.
    """
    from .limits import default_extensions  # noqa: PLC0415 - settings are read when a schema is made

    parts = build_parts(bindings)
    config = config or StrawberryConfig()
    config.scalar_map = {**SCALARS, **dict(config.scalar_map or {})}
    return (schema_class or strawberry.Schema)(
        query=_merged("Query", query, parts.query), mutation=_merged("Mutation", mutation, parts.mutation),
        subscription=_merged("Subscription", subscription, parts.subscription), config=config,
        types=[*types], extensions=[*default_extensions(), *caches(), *extensions],
    )  # fmt: skip


def caches() -> list[Any]:
    """Clients send the same few documents over and over: each is parsed and validated once."""
    return [lambda: ParserCache(maxsize=DOCUMENTS), lambda: ValidationCache(maxsize=DOCUMENTS)]


def _merged(name: str, own: type[Any] | None, ours: type[Any] | None) -> Any:
    if own is None or ours is None:
        return own or ours
    return merge_types(name, (own, ours))
