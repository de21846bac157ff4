"""Limits on operations, on by default: tokens, depth, aliases, and complexity by the rows that may come back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings as django_settings
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    VariableNode,
)
from strawberry.extensions import DisableIntrospection, MaxTokensLimiter, SchemaExtension

from ...conf import settings
from .errors import Codes

#: Rows that a list without a number of its own counts for: nested ones, and those whose page size is the binding's.
NESTED_ROWS = 10
#: Arguments that say how many rows are wanted.
_SIZES = ("limit", "first", "last")
#: Response fields under which the rows of a root field lie.
_ROWS = frozenset({"rows", "edges", "objects"})
#: Fields that count once for each of the rows around them.
_SINGLE = _ROWS | {"node", "object", "pageInfo", "errors"}


def default_extensions() -> list[Any]:
    """The extensions of every schema that ``build_schema`` makes."""
    config = settings()
    introspection = config.GRAPHQL_INTROSPECTION
    allowed = django_settings.DEBUG if introspection is None else introspection
    limits: list[Any] = [lambda: MaxTokensLimiter(config.GRAPHQL_MAX_TOKENS), Limits]
    return [Codes, *limits] if allowed else [Codes, *limits, DisableIntrospection]


class Limits(SchemaExtension):
    """Refuses an operation that is too deep, has too many aliases, or may ask for too much, before anything is fetched."""

    def on_validate(self) -> Iterator[None]:
        yield
        context = self.execution_context
        if context.graphql_document is None or context.pre_execution_errors:
            return
        try:
            Measure(context.graphql_document, context.variables or {}).check(context.operation_name)
        except GraphQLError as error:
            context.pre_execution_errors = [error]


def refused(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "too_large"})


class Measure:
    """Measures one operation of a valid document: its fragments do not refer to themselves."""

    def __init__(self, document: DocumentNode, variables: dict[str, Any]) -> None:
        self.config = settings()
        self.variables = variables
        self.operations = [item for item in document.definitions if isinstance(item, OperationDefinitionNode)]
        self.fragments = {
            item.name.value: item for item in document.definitions if isinstance(item, FragmentDefinitionNode)
        }
        self._costs: dict[str, int] = {}
        self._depths: dict[str, int] = {}
        self._aliases: dict[str, int] = {}

    def check(self, name: str | None) -> None:
        """Raises GraphQLError with the code ``too_large``."""
        for operation in self.operations:
            if name is not None and operation.name is not None and operation.name.value != name:
                continue
            for what, measured, limit in (
                ("deep", self.depth(operation.selection_set), self.config.GRAPHQL_MAX_DEPTH),
                ("aliases", self.aliases(operation.selection_set), self.config.GRAPHQL_MAX_ALIASES),
                ("complexity", self.cost(operation.selection_set), self.config.GRAPHQL_MAX_COMPLEXITY),
            ):
                if measured > limit:
                    raise refused(_messages[what].format(measured=min(measured, 10**9), limit=limit))

    def depth(self, selections: Any) -> int:
        """Fields below fields; introspection does not count."""

        def of_field(node: FieldNode, inner: int) -> int:
            return 0 if node.name.value.startswith("__") else 1 + inner

        return self._fold(selections, of_field, max, self._depths)

    def aliases(self, selections: Any) -> int:
        return self._fold(
            selections, lambda node, inner: (node.alias is not None) + inner, lambda a, b: a + b, self._aliases
        )

    def cost(self, selections: Any) -> int:
        """One for each field of each row that may come back."""
        return self._fold(selections, self._cost_of, lambda a, b: min(a + b, 2**62), self._costs)

    def _cost_of(self, node: FieldNode, inner: int) -> int:
        if node.name.value.startswith("__") or node.selection_set is None:
            return 0 if node.name.value.startswith("__") else 1
        sizes = [self._size(item.value) for item in node.arguments or () if item.name.value in _SIZES]
        lists = [item for item in node.arguments or () if item.name.value in ("ids", "rows")]
        rows = max([*sizes, *(self._length(item.value) for item in lists), 0]) or self._default(node)
        return min(1 + rows * inner, 2**62)

    def _default(self, node: FieldNode) -> int:
        """Of a root field its page, or the whole list; of a field in a row, which may be a list, a few."""
        selections = node.selection_set.selections if node.selection_set is not None else ()
        names = {item.name.value for item in selections if isinstance(item, FieldNode)}
        if names & _ROWS:
            is_list = "truncated" in names or node.name.value.endswith("List")
            return self.config.LIST_LIMIT if is_list else self.config.DEFAULT_PAGE_SIZE
        return 1 if node.name.value in _SINGLE else NESTED_ROWS

    def _size(self, value: Any) -> int:
        found = self.variables.get(value.name.value) if isinstance(value, VariableNode) else None
        if isinstance(value, IntValueNode):
            found = int(value.value)
        return found if isinstance(found, int) and found > 0 else 0

    def _length(self, value: Any) -> int:
        found = (
            self.variables.get(value.name.value) if isinstance(value, VariableNode) else getattr(value, "values", ())
        )
        return len(found) if isinstance(found, (list, tuple)) else 1

    def _fold(
        self,
        selections: Any,
        of_field: Callable[[FieldNode, int], int],
        join: Callable[[int, int], int],
        known: dict[str, int],
    ) -> int:
        """A measure over a selection set. Fragments are measured once, so that nested ones cost no exponential time."""
        found = 0
        for item in selections.selections if selections is not None else ():
            if isinstance(item, FieldNode):
                measured = of_field(item, self._fold(item.selection_set, of_field, join, known))
            elif isinstance(item, InlineFragmentNode):
                measured = self._fold(item.selection_set, of_field, join, known)
            else:
                measured = self._of_fragment(item, of_field, join, known)
            found = join(found, measured)
        return found

    def _of_fragment(self, item: Any, of_field: Any, join: Any, known: dict[str, int]) -> int:
        assert isinstance(item, FragmentSpreadNode)
        name = item.name.value
        if name not in known:
            known[name] = self._fold(self.fragments[name].selection_set, of_field, join, known)
        return known[name]


_messages = {
    "deep": "The operation is {measured} fields deep; at most {limit} are allowed.",
    "aliases": "The operation has {measured} aliases; at most {limit} are allowed.",
    "complexity": "The operation may ask for {measured} values; at most {limit} are allowed. Ask for fewer rows or fields.",
}
