"""What a GraphQL operation asks for, as a selection of the resolver layer's: only that is fetched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from graphql import FieldNode, FragmentSpreadNode, GraphQLError, GraphQLResolveInfo, InlineFragmentNode
from graphql.execution.values import get_directive_values
from graphql.type import GraphQLIncludeDirective, GraphQLSkipDirective

from ...compile.ir import Shape
from ...types import Selection
from .door import door
from .names import camel

Raw: TypeAlias = "GraphQLResolveInfo[Any]"


def selected(info: Raw, shape: Shape, *path: str) -> Selection | None:
    """The fields of ``shape`` that are asked for at ``path`` (response fields such as ``rows``) below the field being resolved;
    None if that is not asked for at all. The key is always among them."""
    nodes = nodes_at(info, path)
    return _selection(info, nodes, shape) if nodes else None


def nodes_at(info: Raw, path: Sequence[str]) -> list[Any]:
    """The nodes of the operation that ask for a path below the field being resolved."""
    nodes: list[Any] = list(info.field_nodes)
    for name in path:
        nodes = [node for node in _fields(info, nodes) if node.name.value == name]
    return nodes


def asks_for(info: Raw, *path: str) -> bool:
    return bool(nodes_at(info, path))


def _selection(info: Raw, nodes: list[Any], shape: Shape) -> Selection:
    known = {camel(item.name): item for item in shape.fields}
    by_field: dict[str, list[Any]] = {}
    for node in _fields(info, nodes):
        by_field.setdefault(node.name.value, []).append(node)
    found: dict[str, Selection | None] = {"id": None}
    for name, some in by_field.items():
        item = known.get(name)
        if item is None:
            found |= {need: None for need in _needs(info, shape, name) if need not in found}
            continue
        found[item.name] = None if item.shape is None else _selection(info, some, item.shape)
    return tuple(sorted(found.items()))


def _needs(info: Raw, shape: Shape, name: str) -> list[str]:
    """What a field that a project added to a type reads: ``metadata={"needs": [...]}``, or else all fields but nested ones."""
    kind: Any = info.schema.get_type(door().schema.by_key[shape.key].graphql_name)
    field = kind.fields.get(name) if kind is not None else None
    definition = (field.extensions or {}).get("strawberry-definition") if field is not None else None
    if definition is None:
        return []  # __typename
    wanted = definition.metadata.get("needs")
    return [item.name for item in shape.fields if item.shape is None and (wanted is None or item.name in wanted)]


def refuse_deeper(shape: Shape, streams: Any, info: Raw, nodes: list[Any]) -> None:
    """Raises GraphQLError for a nested field that the binding declares only so many times (``field(depth=...)``)."""
    known = {camel(item.name): item for item in shape.fields}
    declared = {camel(name): item for name, item in streams[shape.key].fields.items()}
    for node in _fields(info, nodes):
        name = node.name.value
        if name in declared and name not in known and declared[name].target:
            message = f"{name!r} is nested deeper than its binding declares."
            raise GraphQLError(message, nodes=[node], extensions={"code": "invalid_data"})
        if name in known and known[name].shape is not None:
            inner = known[name].shape
            assert inner is not None
            refuse_deeper(inner, streams, info, [node])


def _fields(info: Raw, nodes: list[Any], seen: set[str] | None = None) -> Iterator[FieldNode]:
    """The fields that the selection sets of some nodes hold, skipped ones left out; each fragment is unfolded once."""
    seen = set() if seen is None else seen
    for node in nodes:
        if node.selection_set is None:
            continue
        for item in node.selection_set.selections:
            if not _is_included(info, item):
                continue
            if isinstance(item, FieldNode):
                yield item
            elif isinstance(item, InlineFragmentNode):
                yield from _fields(info, [item], seen)
            elif isinstance(item, FragmentSpreadNode) and item.name.value not in seen:
                seen.add(item.name.value)
                yield from _fields(info, [info.fragments[item.name.value]], seen)


def _is_included(info: Raw, node: Any) -> bool:
    if not node.directives:
        return True
    skip = get_directive_values(GraphQLSkipDirective, node, info.variable_values)
    include = get_directive_values(GraphQLIncludeDirective, node, info.variable_values)
    return not (skip and _condition(skip)) and not (include and not _condition(include))


def _condition(values: dict[str, Any]) -> bool:
    return bool(values.get("if", values.get("if_")))
