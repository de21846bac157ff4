"""How much an operation may ask for, in one pass over its document that takes each fragment once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from ...conf import settings

#: Rows that a list counts for where nobody says how many it has: those that are nested in a row.
NESTED_ROWS = 10
#: In the metadata of a root field: its rows where no argument says how many.
ROWS = "binding_schema.rows"
#: Arguments that say how many rows are wanted, and those that hold as many items.
_SIZES, _ITEMS = ("limit", "first", "last"), ("ids", "rows")
#: Numbers beyond it are all the same.
_MOST = 10**12

Parent: TypeAlias = Any


@dataclass(slots=True)
class Size:
    """Of a selection set. Its complexity is ``fixed``, and ``by_row`` for each row that the field around it announces: so
    a fragment is measured once, however many fields it is used in."""

    depth: int = 0
    aliases: int = 0
    fixed: int = 0
    by_row: int = 0

    def add(self, other: Size) -> None:
        self.depth = max(self.depth, other.depth)
        self.aliases = min(self.aliases + other.aliases, _MOST)
        self.fixed = min(self.fixed + other.fixed, _MOST)
        self.by_row = min(self.by_row + other.by_row, _MOST)

    def complexity(self, rows: int = NESTED_ROWS) -> int:
        return min(self.fixed + self.by_row * rows, _MOST)


class Measure:
    """Measures a document that need not be valid: what the schema does not know counts as one value."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self.schema = schema
        self.variables: dict[str, Any] = dict(variables)
        nodes = document.definitions
        self.operations = [item for item in nodes if isinstance(item, OperationDefinitionNode)]
        self.fragments = {item.name.value: item for item in nodes if isinstance(item, FragmentDefinitionNode)}
        self._sizes: dict[str, Size] = {}

    def complaint(self, name: str | None) -> str:
        """What is too much about the operation of that name, or of those without a name; else an empty text."""
        config = settings()
        for operation in self.operations:
            if name is not None and operation.name is not None and operation.name.value != name:
                continue
            size = self.of(operation)
            for measured, limit, message in (
                (size.depth, config.GRAPHQL_MAX_DEPTH, _DEEP),
                (size.aliases, config.GRAPHQL_MAX_ALIASES, _ALIASES),
                (size.complexity(), config.GRAPHQL_MAX_COMPLEXITY, _COMPLEX),
            ):
                if measured > limit:
                    return message.format(measured=measured, limit=limit)
        return ""

    def of(self, operation: OperationDefinitionNode) -> Size:
        for item in operation.variable_definitions or ():
            if item.default_value is not None:
                self.variables.setdefault(item.variable.name.value, item.default_value)
        return self._selections(operation.selection_set, self.schema.get_root_type(operation.operation))

    def _selections(self, selections: SelectionSetNode | None, parent: Parent, keys: set[str] | None = None) -> Size:
        """``keys`` are the response keys that the selection set has already; one that comes again counts as an alias."""
        found, keys = Size(), set() if keys is None else keys
        for item in selections.selections if selections is not None else ():
            if isinstance(item, FieldNode):
                key = (item.alias or item.name).value
                found.aliases += item.alias is not None or key in keys
                keys.add(key)
                found.add(self._field(item, parent))
            elif isinstance(item, FragmentSpreadNode):
                found.add(self._fragment(item.name.value))
            else:
                condition: Any = getattr(item, "type_condition", None)
                inner = parent if condition is None else self.schema.get_type(condition.name.value)
                found.add(self._selections(item.selection_set, inner, keys))  # type: ignore[attr-defined]
        return found

    def _fragment(self, name: str) -> Size:
        if name not in self._sizes:
            self._sizes[name] = Size()  # stands for itself in a cycle, which validation refuses
            fragment = self.fragments.get(name)
            if fragment is not None:
                kind = self.schema.get_type(fragment.type_condition.name.value)
                self._sizes[name] = self._selections(fragment.selection_set, kind)
        return self._sizes[name]

    def _field(self, node: FieldNode, parent: Parent) -> Size:
        name = node.name.value
        if name.startswith("__"):
            return Size()  # introspection has its own limit, by depth, in validation
        field: Any = getattr(parent, "fields", {}).get(name)
        inner = self._selections(node.selection_set, get_named_type(field.type) if field is not None else None)
        rows = self._rows(node, field)
        size = Size(inner.depth + 1, inner.aliases, fixed=1)
        if node.selection_set is None:
            return size
        if field is not None and is_list_type(get_nullable_type(field.type)):
            each = inner.complexity()
            size.add(Size(by_row=each) if rows is None else Size(fixed=each * rows))
        else:
            size.add(
                Size(fixed=inner.fixed, by_row=inner.by_row) if rows is None else Size(fixed=inner.complexity(rows))
            )
        return size

    def _rows(self, node: FieldNode, field: Any) -> int | None:
        """How many rows a field announces for the list that it is, or that lies below it; None if it does not say."""
        arguments = {item.name.value: item.value for item in node.arguments or ()}
        sizes = [self._number(arguments[name]) for name in _SIZES if name in arguments]
        sizes += [self._length(arguments[name]) for name in _ITEMS if name in arguments]
        known = [size for size in sizes if size is not None]
        if known:
            return min(max(known), _MOST)
        made = (field.extensions or {}).get("strawberry-definition") if field is not None else None
        rows: int | None = (getattr(made, "metadata", None) or {}).get(ROWS)
        return rows

    def _value(self, node: Any) -> Any:
        return self.variables.get(node.name.value) if isinstance(node, VariableNode) else node

    def _number(self, node: Any) -> int | None:
        value = self._value(node)
        if isinstance(value, IntValueNode):
            value = int(value.value[:30])
        return max(value, 0) if isinstance(value, int) else None

    def _length(self, node: Any) -> int | None:
        value = self._value(node)
        if isinstance(value, ListValueNode):
            return len(value.values)
        return len(value) if isinstance(value, list) else 1


_DEEP = "The operation is {measured} fields deep; at most {limit} are allowed."
_ALIASES = "The operation has {measured} aliases and repeated fields; at most {limit} are allowed."
_COMPLEX = "The operation may ask for {measured} values; at most {limit} are allowed. Ask for fewer rows or fields."
