"""``build_schema``: the bindings as a Strawberry schema, with or beside what a project writes by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import strawberry
from django.core.exceptions import ImproperlyConfigured
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from ...compile import current
from ...compile.ir import Schema, Stream
from ...declare.binding import Binding
from .executor import RowExecutor
from .fields import StreamFields
from .limits import default_extensions
from .names import camel, place, type_names
from .objects import Objects
from .scalars import SCALARS
from .subscriptions import subscriptions_of
from .typing_of import Types


@dataclass(slots=True)
class Parts:
    """What a schema is put together from.

    ``types`` are the object types by the names of their bindings' streams, or of their classes for those that are only nested;
    ``query``, ``mutation`` and ``subscription`` are types, None where they are empty. A schema of one's own that takes them in
    needs ``scalar_map`` in its ``StrawberryConfig``, and ``extensions`` for codes and limits.
    """

    types: dict[str, type[Any]] = field(default_factory=dict)
    query: type[Any] | None = None
    mutation: type[Any] | None = None
    subscription: type[Any] | None = None
    scalar_map: Mapping[object, Any] = field(default_factory=lambda: SCALARS)
    extensions: Sequence[Any] = field(default_factory=default_extensions)


def build_parts(
    bindings: Iterable[type[Binding[Any]]] | None = None,
    *,
    extend: Mapping[type[Binding[Any]], type[Any]] | None = None,
    federation: bool = False,
) -> Parts:
    """The types of the bindings (all that are served, if none are named).

    ``extend``: strawberry types whose fields a binding's type has beside its own. ``federation``: types that can be asked for
    one by one are entities with the key ``id``. Raises ImproperlyConfigured for names that collide.
    """
    schema = current.schema()
    return parts_of(schema, _chosen(schema, bindings), extend, federation)


def parts_of(
    schema: Schema,
    chosen: Mapping[str, Stream],
    extend: Mapping[type[Binding[Any]], type[Any]] | None = None,
    federation: bool = False,
) -> Parts:
    """The types of some streams of a compiled schema, by key, and of what they nest."""
    types = Types()
    names = type_names(schema, chosen, types.names)
    shown = {key: name for key, name in names.items() if schema.by_key[key].model is not None}
    made = Objects(schema, shown, types, extend or {}, federation).all()
    roots: dict[str, dict[str, Any]] = {"Query": {}, "Mutation": {}, "Subscription": {}}
    for key, stream in chosen.items():
        if not stream.name:
            continue
        fields = StreamFields(stream, names[key], made.get(key), types)
        live = subscriptions_of(stream, fields)
        for root, some in (("Query", fields.queries), ("Mutation", fields.mutations), ("Subscription", live)):
            for name, item in some.items():
                if camel(name) in roots[root]:
                    hint = 'write graphql_name = "..." on one of the bindings, or rename the action'
                    raise ImproperlyConfigured(f"{place(stream)}: {root} has a field {name!r} already: {hint}.")
                roots[root][camel(name)] = item
    query, mutation, subscription = (_root(name, fields) for name, fields in roots.items())
    return Parts({schema.by_key[key].name or key: cls for key, cls in made.items()}, query, mutation, subscription)


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
    parts: Parts | None = None,
    extend: Mapping[type[Binding[Any]], type[Any]] | None = None,
    query: type[Any] | None = None,
    mutation: type[Any] | None = None,
    subscription: type[Any] | None = None,
    extensions: Sequence[Any] = (),
    types: Iterable[Any] = (),
    config: StrawberryConfig | None = None,
    schema_class: Any = None,
) -> strawberry.Schema:
    """A schema of the bindings; ``query``, ``mutation`` and ``subscription`` are a project's own types, merged with ours.

    Types that refer to generated ones need ``parts`` from ``build_parts``, instead of ``bindings`` and ``extend``, which are
    its arguments. ``schema_class`` may be ``strawberry.federation.Schema``. Raises ImproperlyConfigured for names that collide.
    """
    if parts is None:
        is_federation = schema_class is not None and issubclass(schema_class, strawberry.federation.Schema)
        parts = build_parts(bindings, extend=extend, federation=is_federation)
    config = config or StrawberryConfig()
    config.scalar_map = {**parts.scalar_map, **dict(config.scalar_map or {})}
    made: Any = type("Schema", (_Quiet, schema_class or strawberry.Schema), {})
    return made(  # type: ignore[no-any-return]
        query=_merged("Query", query, parts.query), mutation=_merged("Mutation", mutation, parts.mutation),
        subscription=_merged("Subscription", subscription, parts.subscription), config=config,
        types=[*types], extensions=[*parts.extensions, *extensions], execution_context_class=RowExecutor,
    )  # fmt: skip


class _Quiet:
    """strawberry logs each error with its traceback, a client's mistakes among them. Ours are logged where they get their
    codes: those that nobody foresaw, under an incident."""

    def process_errors(self, errors: Any, execution_context: Any = None) -> None:
        pass


def _merged(name: str, own: type[Any] | None, ours: type[Any] | None) -> Any:
    if own is None or ours is None:
        return own or ours
    fields = [item for cls in (own, ours) for item in cls.__strawberry_definition__.fields]
    shown = [item.graphql_name or camel(item.python_name) for item in fields]
    twice = sorted({item for item in shown if shown.count(item) > 1})
    if twice:
        hint = "rename them, or leave the bindings or their verbs out"
        raise ImproperlyConfigured(f"{name} has {', '.join(twice)} from the bindings already: {hint}.")
    return merge_types(name, (own, ours))
