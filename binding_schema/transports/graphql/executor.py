"""An executor that completes the plain fields of our rows at once.

Most values of an answer are scalars and enums of rows that the resolver layer has dumped: they are there already, as they are to
travel. For those graphql-core's way (a resolver, an info, a completion for each value) costs more than all else that an answer
takes. Whatever is not as expected, null where none may be, goes graphql-core's way, which has the right error for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from graphql import GraphQLEnumType, GraphQLNonNull, GraphQLObjectType, GraphQLScalarType
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from .rows import Row

#: What a leaf answers for a value that is not as expected.
ODD = object()
Leaf = Callable[[dict[str, Any]], Any]


class RowExecutor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's executor, with a short way for the leaves of rows."""

    def execute_field(
        self, parent_type: Any, source: Any, field_details_list: Any, path: Any, position_context: Any = None
    ) -> Any:
        if source.__class__ is Row:
            leaves = _leaves.get(parent_type)
            if leaves is None:
                leaves = _leaves[parent_type] = leaves_of(parent_type)
            leaf = leaves.get(field_details_list[0].node.name.value)
            if leaf is not None:
                found = leaf(source.__dict__)
                if found is not ODD:
                    return found
        return super().execute_field(parent_type, source, field_details_list, path, position_context)


_leaves: WeakKeyDictionary[Any, dict[str, Leaf]] = WeakKeyDictionary()


def leaves_of(kind: GraphQLObjectType) -> dict[str, Leaf]:
    """The leaves of an object type, by field: those without a resolver of their own."""
    found: dict[str, Leaf] = {}
    for name, item in kind.fields.items():
        definition: Any = item.extensions.get("strawberry-definition")
        if definition is None or not getattr(item.resolve, "_is_default", False):
            continue
        nullable = not isinstance(item.type, GraphQLNonNull)
        inner = item.type if nullable else item.type.of_type
        leaf = _leaf(definition.python_name, inner, nullable)
        if leaf is not None:
            found[name] = leaf
    return found


def _leaf(name: str, kind: Any, nullable: bool) -> Leaf | None:
    """The value of a field in a row's data, as it travels; ODD for one that is not as expected."""
    travels = _travels(kind)
    if travels is None:
        return None
    absent = None if nullable else ODD

    def leaf(row: dict[str, Any]) -> Any:
        value = row.get(name)
        return absent if value is None else travels(value)

    return leaf


def _travels(kind: Any) -> Callable[[Any], Any] | None:
    """How a JSON value becomes one of a leaf type; None for types that are not ours to shorten."""
    if isinstance(kind, GraphQLEnumType):
        names: dict[Any, Any] = {getattr(item.value, "value", item.value): key for key, item in kind.values.items()}
        return lambda value: ODD if isinstance(value, (dict, list)) else names.get(value, ODD)
    if not isinstance(kind, GraphQLScalarType):
        return None
    if kind.name == "ID":
        return lambda value: value if value.__class__ is str else str(value) if value.__class__ is int else ODD
    if kind.name == "Int":
        return lambda value: value if value.__class__ is int and -(2**31) <= value < 2**31 else ODD
    kinds = _KINDS.get(kind.name)
    return None if kinds is None else lambda value: value if value.__class__ in kinds else ODD


#: Scalar -> the classes of JSON values that travel as they are.
_KINDS: dict[str, tuple[type, ...]] = {
    "String": (str,), "Boolean": (bool,), "Float": (float,), "BigInt": (int, str), "Decimal": (str,),
    "DateTime": (str,), "Date": (str,), "Time": (str,), "Duration": (str,), "UUID": (str,), "Base64": (str,),
    "JSON": (str, int, float, bool, dict, list),
}  # fmt: skip
