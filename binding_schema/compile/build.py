"""All passes in a row: binding classes in, a frozen Schema and the problems found out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..conf import Settings, settings
from ..declare.binding import Binding
from . import checks
from .actions import compile_action
from .annotations import declared_actions, declared_fields
from .events import compile_events
from .fields import FieldPass
from .inputs import argument_types, create_type, row_type, update_type
from .ir import Action, Field, Kind, Schema, Shape, Stream, Types, Watch
from .lookups import LookupPass
from .nesting import shape_of
from .permissions import binding_permission, has_object_rules, overrides
from .problems import Problems
from .typemap import scalar_of
from .watch import WatchPass


def compile_schema(bindings: Iterable[type[Binding[Any]]]) -> tuple[Schema, Problems]:
    """Compile all bindings that are not abstract. The schema is only fit for use if no problem was found."""
    problems = Problems()
    served = [item for item in bindings if not item.abstract]
    keys = checks.unique_keys(served)
    names = {item.__name__: item for item in served}
    by_key = {key: item for item, key in keys.items()}
    fields = {key: _fields(item, keys, names, problems) for item, key in keys.items()}
    streams = {
        key: _stream(key, item, fields, by_key, names, problems)
        for key, item in by_key.items()
        if checks.declares_something(item, problems)
    }
    checks.unique_streams(served, problems)
    checks.nested_targets(streams, problems)
    by_model: dict[Any, str] = {}
    for key, stream in streams.items():
        if stream.model is not None and (stream.model not in by_model or not streams[by_model[stream.model]].name):
            by_model[stream.model] = key
    return Schema({item.name: item for item in streams.values() if item.name}, streams, by_model), problems


def _fields(
    binding: type[Binding[Any]], keys: Mapping[type, str], names: Mapping[str, Any], problems: Problems
) -> dict[str, Field]:
    if binding.model is None:
        return {}
    compiler = FieldPass(binding, binding.model, keys, problems)
    declared = declared_fields(binding, names, problems)
    compiled = (compiler.compile(item) for item in declared)
    found = {item.name: item for item in compiled if item is not None}
    checks.field_names(binding, found, problems)
    if "id" not in found and declared:
        # Every row carries its key: clients, pages and live frames are told apart by it.
        key = scalar_of(binding.model._meta.pk)
        if key is not None:
            found = {
                "id": Field("id", Kind.COLUMN, "pk", key, label="id", attribute=binding.model._meta.pk.name),
                **found,
            }
    return found


def _stream(
    key: str,
    binding: type[Binding[Any]],
    fields: Mapping[str, Mapping[str, Field]],
    by_key: Mapping[str, type[Binding[Any]]],
    names: Mapping[str, Any],
    problems: Problems,
) -> Stream:
    config = settings()
    model, own = binding.model, fields[key]
    shape = shape_of(key, fields, by_key, problems) if model is not None else Shape(key, ())
    permission = binding_permission(binding, config, problems)
    lookups = LookupPass(binding, model, own, problems, config) if model is not None else None
    pk = own["id"].type if "id" in own else None
    actions = _actions(binding, names, pk, permission, own, problems)
    max_page = binding.max_page_size or max(config.MAX_PAGE_SIZE, binding.page_size or 0)
    return Stream(
        key=key, name=checks.stream_name(binding), binding=binding(), model=model, fields=own, shape=shape,
        permission=permission, verbs=checks.verbs(binding, problems), filters=lookups.filters() if lookups else {},
        orders=lookups.orders() if lookups else {}, default_order=lookups.default_order() if lookups else (),
        pk_order=lookups.order("id") if lookups and pk else None, search=lookups.search() if lookups else (),
        actions=actions, page_size=binding.page_size or config.DEFAULT_PAGE_SIZE, max_page_size=max_page,
        list_limit=binding.list_limit or config.LIST_LIMIT, has_row_rule=overrides(binding, "visible_to"),
        own_queryset=overrides(binding, "get_queryset"), object_rules=has_object_rules(binding, permission),
        auto_subscribe=binding.auto_subscribe, types=_types(binding, own, shape, max_page, config) if pk else None,
        by_attribute={item.attribute: item.name for item in own.values() if item.attribute},
        events=compile_events(binding, problems),
        watch=WatchPass(binding, model, problems).compile(own) if model is not None else Watch(),
    )  # fmt: skip


def _types(
    binding: type[Binding[Any]], own: Mapping[str, Field], shape: Shape, max_page: int, config: Settings
) -> Types:
    name = binding.__name__.removesuffix("Binding") or "Row"
    return Types(
        row=row_type(name, shape),
        create=create_type(name, own.values(), config),
        update=update_type(name, own.values(), config),
        args=argument_types(name, own["id"].type, max_page, config),
    )


def _actions(
    binding: type[Binding[Any]],
    names: Mapping[str, Any],
    pk: Any,
    permission: Any,
    own: Mapping[str, Field],
    problems: Problems,
) -> dict[str, Action]:
    compiled = (
        compile_action(binding, name, declared, names, pk, permission, problems)
        for name, declared in declared_actions(binding).items()
    )
    return {item.name: item for item in compiled if item is not None}
