"""All passes in a row: binding classes in, a frozen Schema and the problems found out."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..conf import Settings, settings
from ..declare.binding import Binding
from . import checks
from .actions import compile_action
from .annotations import AnnotationPass, declared_actions
from .attributes import Attributes, attributes_of
from .events import compile_events
from .fields import FieldPass
from .hints import names_of
from .inputs import argument_types, create_type, row_type, update_type
from .ir import Action, Field, Kind, Making, Schema, Shape, Stream, Types, Watch
from .lookups import LookupPass
from .making import making_of, serialized, serializer_of
from .naming import naming_of
from .nesting import shape_of
from .permissions import binding_permission, has_object_rules, overrides, translated
from .problems import Problems
from .throttles import throttles_of
from .typemap import scalar_of
from .watch import WatchPass

logger = logging.getLogger("binding_schema")


def compile_schema(bindings: Iterable[type[Binding[Any]]]) -> tuple[Schema, Problems]:
    """Compile all bindings that are not abstract. The schema is only fit for use if no problem was found."""
    problems = Problems()
    served = [item for item in bindings if not item.abstract and checks.model(item, problems)]
    keys = checks.unique_keys(served)
    build = Build(keys, {key: item for item, key in keys.items()}, names_of(served), settings(), problems)
    for key, item in build.by_key.items():
        build.guarded(item, build.read, key)
    for key, item in build.by_key.items():
        if key in build.fields and checks.declares_something(item, problems):
            build.guarded(item, build.stream, key)
    checks.unique_streams(served, problems)
    checks.nested_targets(build.streams, problems)
    checks.probes(build.streams, problems)
    return _schema(build.streams), problems


def _schema(streams: Mapping[str, Stream]) -> Schema:
    by_model: dict[Any, str] = {}
    for key, stream in streams.items():
        if stream.model is not None and (stream.model not in by_model or not streams[by_model[stream.model]].name):
            by_model[stream.model] = key
    return Schema({item.name: item for item in streams.values() if item.name}, streams, by_model)


@dataclass(frozen=True, slots=True)
class Build:
    """One compilation: what is known of all bindings, and what the passes have made so far, by schema key."""

    keys: Mapping[type, str]
    by_key: Mapping[str, type[Binding[Any]]]
    names: Mapping[str, Any]
    config: Settings
    problems: Problems
    attributes: dict[str, Attributes] = field(default_factory=dict)
    fields: dict[str, dict[str, Field]] = field(default_factory=dict)
    makings: dict[str, Making | None] = field(default_factory=dict)
    streams: dict[str, Stream] = field(default_factory=dict)

    def guarded(self, binding: type[Binding[Any]], step: Callable[[str], None], key: str) -> None:
        """Run a step; what fails in code that is not ours (a model's field, a permission) is a problem of that binding."""
        try:
            step(key)
        except Exception as error:
            logger.exception("%s could not be compiled.", binding.__qualname__)
            hint = "The log has the traceback. A mistake in a declaration should never end here: please report it."
            self.problems.add(106, binding, f"it cannot be compiled: {type(error).__name__}: {error}.", hint)

    def read(self, key: str) -> None:
        """A binding's attributes and fields."""
        binding, problems = self.by_key[key], self.problems
        self.attributes[key] = attributes_of(binding, self.config, problems)
        checks.hooks(binding, problems)
        checks.unknown_attributes(binding, problems)
        declared = AnnotationPass(binding, self.attributes[key], self.names, problems).read()
        serializer = serializer_of(binding, problems)
        self.makings[key] = making_of(binding, serializer, problems)
        if binding.model is None:
            checks.nothing_of_a_model(binding, declared, problems)
            self.fields[key] = {}
            return
        found: dict[str, Field] = {}
        if serializer is not None:
            found = {name: _settled(item) for name, item in serialized(binding, serializer, declared, problems).items()}
            declared = [item for item in declared if item.computed is not None or item.name == "id"]
        compiler = FieldPass(binding, binding.model, self.keys, problems)
        compiled = (compiler.compile(item) for item in declared)
        found |= {item.name: _settled(item) for item in compiled if item is not None}
        deprecated = {item.name: item.options.deprecated for item in declared if item.options.deprecated}
        found |= {name: replace(found[name], deprecated=why) for name, why in deprecated.items() if name in found}
        checks.field_names(binding, found, problems)
        self.fields[key] = _with_key(binding, found, serializer is not None, problems)

    def stream(self, key: str) -> None:
        """The binding's Stream, from its fields and those of the bindings that it nests."""
        binding, own, given, problems = self.by_key[key], self.fields[key], self.attributes[key], self.problems
        model = binding.model
        shape = shape_of(key, self.fields, self.by_key, self.makings, problems) if model is not None else Shape(key, ())
        permission = binding_permission(binding, self.config, problems)
        lookups = LookupPass(binding, model, own, problems, self.config) if model is not None else None
        filters = lookups.filters(given.filters) if lookups else {}
        own_filter = overrides(binding, "filter_queryset")
        pk = own["id"].type if "id" in own else None
        instance = checks.instance(binding, problems)
        checks.writes(binding, given.verbs, own, problems)
        self.streams[key] = Stream(
            key=key, name=checks.stream_name(binding), binding=instance, model=model, fields=own, shape=shape,
            permission=permission, verbs=given.verbs, filters=filters,
            orders=lookups.orders(given.ordering) if lookups else {},
            default_order=lookups.default_order(given.default_order) if lookups else (),
            pk_order=lookups.order("id") if lookups and pk else None,
            search=lookups.search(given.search_fields) if lookups else (),
            actions=self._actions(binding, pk, permission, own), page_size=given.page_size,
            max_page_size=given.max_page_size, list_limit=given.list_limit,
            has_row_rule=overrides(binding, "visible_to"), own_queryset=overrides(binding, "get_queryset"),
            object_rules=has_object_rules(binding, permission), auto_subscribe=given.auto_subscribe,
            graphql_name=given.graphql_name, help=inspect.cleandoc(binding.__doc__ or ""),
            types=_types(binding, own, shape, given.max_page_size, own_filter, self.config) if pk else None,
            by_attribute={item.attribute: item.name for item in own.values() if item.attribute},
            events=compile_events(binding, problems),
            naming=naming_of(binding, model, own, problems) if model is not None else None,
            watch=WatchPass(binding, model, problems, given.filters).compile(own, self.makings[key]) if model else Watch(),
            making=self.makings[key], throttles=throttles_of(binding, self.config, problems),
            own_filter=own_filter,
            filters_by_user=own_filter or any(item.condition is not None for item in filters.values()),
        )  # fmt: skip

    def _actions(
        self, binding: type[Binding[Any]], pk: Any, permission: Any, own: Mapping[str, Field]
    ) -> dict[str, Action]:
        compiled = (
            compile_action(binding, name, declared, self.names, pk, permission, own, self.problems)
            for name, declared in declared_actions(binding).items()
        )
        return {item.name: item for item in compiled if item is not None}


def _settled(item: Field) -> Field:
    """A field whose rules are instances: permission classes, also those of other frameworks, may stand for functions."""
    made = {name: translated(getattr(item, name)) for name in ("readable", "writable")}
    rules = {name: rule for name, rule in made.items() if rule is not None}
    return replace(item, **rules) if rules else item


def _with_key(
    binding: type[Binding[Any]], found: dict[str, Field], is_made: bool, problems: Problems
) -> dict[str, Field]:
    """Every row carries its key: clients, pages and live frames are told apart by it."""
    if "id" in found or binding.model is None or not (found or is_made):
        return found
    pk = binding.model._meta.pk
    key = scalar_of(pk)
    if key is None:
        hint = "Write its type: `id: ReadOnly[str]`."
        return problems.add(29, binding, f"the key's {type(pk).__name__} has no known type.", hint) or found
    return {"id": Field("id", Kind.COLUMN, "pk", key, label="id", attribute=pk.name, writable=False), **found}


def _types(
    binding: type[Binding[Any]],
    own: Mapping[str, Field],
    shape: Shape,
    max_page: int,
    own_filter: bool,
    config: Settings,
) -> Types:
    name = binding.__name__.removesuffix("Binding") or "Row"
    return Types(
        row=row_type(name, shape),
        create=create_type(name, own.values(), config),
        update=update_type(name, own.values(), config),
        args=argument_types(name, own["id"].type, max_page, config, own_filter),
    )
