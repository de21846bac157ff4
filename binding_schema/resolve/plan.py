"""A View becomes a Plan: which columns are fetched, what is joined, what takes a query of its own, how rows are put together."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from django.db.models import Q

from ..compile.ir import Field, Kind, Relation, Schema, Shape, Stream
from ..compile.relations import relation_of
from ..compile.typemap import resolve_path
from ..types import Selection
from .access import Gate, View, gates_of
from .statements import is_plain

Dump = Callable[[Any], Any]


@dataclass(slots=True)
class Column:
    """A value of the row itself: position ``index`` in the fetched tuple."""

    name: str
    index: int
    dump: Dump | None = None
    condition: int = -1


@dataclass(slots=True)
class Joined:
    """A nested object that came with the row: columns ``start`` to ``end``; absent if its key, at ``start``, is null."""

    name: str
    start: int
    end: int
    names: tuple[str, ...]
    dumps: tuple[tuple[str, Dump], ...]
    condition: int = -1


@dataclass(slots=True)
class Fetched:
    """Nested rows or ids by a query of their own, found through the value at ``parent``."""

    name: str
    parent: int
    relation: Relation
    many: bool
    node: Node | None
    key_dump: Dump | None = None
    condition: int = -1


@dataclass(slots=True)
class Calculated:
    """A computed field."""

    name: str
    field: Field
    condition: int = -1


@dataclass(slots=True)
class Made:
    """A value of the row that a serializer, or the binding's own ``serialize``, makes."""

    name: str
    condition: int = -1


Part: TypeAlias = Column | Joined | Fetched | Calculated | Made


@dataclass(slots=True)
class Node:
    """The plan of one shape. ``columns`` is what ``values_list`` takes; ``conditions`` are annotated as booleans.

    ``plain``: a row is just its columns under ``names``. ``loads``: positions of the model's own columns for an instance,
    which ``prefetch`` completes. ``makes``: whole rows are made of the instances, and what is in them beside the
    ``known`` fields stays there; None: it does not.
    """

    stream: Stream
    rule: Q | None
    columns: list[str] = field(default_factory=list)
    conditions: list[Q] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    loads: list[tuple[str, int]] = field(default_factory=list)
    prefetch: list[str] = field(default_factory=list)
    checks_objects: bool = False
    makes: bool = False
    known: Collection[str] | None = None
    plain: bool = False
    names: tuple[str, ...] = ()
    #: Compiled statements, for a view that comes again; None where they may not be kept.
    statements: OrderedDict[Hashable, Any] | None = None

    def column(self, path: str) -> int:
        if path not in self.columns:
            self.columns.append(path)
        return self.columns.index(path)


@dataclass(slots=True)
class Planner:
    """Plans for all streams of a schema, kept for the views that come again."""

    schema: Schema
    limit: int = 1000
    _gates: dict[str, tuple[Gate, ...]] = field(default_factory=dict)
    _plans: OrderedDict[Hashable, Node] = field(default_factory=OrderedDict)

    def gates(self, stream: Stream) -> tuple[Gate, ...]:
        found = self._gates.get(stream.key)
        if found is None:
            found = self._gates[stream.key] = gates_of(stream.shape)
        return found

    def plan(self, stream: Stream, view: View, selection: Selection | None = None) -> Node:
        """The plan of a view, of the selected fields. Workers share the cache: a plan is never changed once it is made."""
        if view.key is None:
            return self._node(stream.shape, stream, view.rule, view, (), selection)
        key = view.key if selection is None else (view.key, selection)
        found = self._plans.get(key)
        if found is None:
            found = self._node(stream.shape, stream, view.rule, view, (), selection)
            if stream.model is not None and not stream.own_queryset and is_plain(stream.model):
                found.statements = OrderedDict()
            self._plans[key] = found
            while len(self._plans) > self.limit:
                self._plans.popitem(last=False)
        return found

    def _node(
        self,
        shape: Shape,
        stream: Stream,
        rule: Q | None,
        view: View,
        path: tuple[str, ...],
        selection: Selection | None,
    ) -> Node:
        node = Node(stream, rule, makes=stream.making is not None)
        node.known = stream.fields.keys() if shape.open and selection is None else None
        wanted = None if selection is None else dict(selection)
        for item in shape.fields:
            if wanted is not None and item.name not in wanted:
                continue
            here = (*path, item.name)
            allowed = view.answers.get(("readable", here), True)
            rows = view.answers.get(("rows", here), None)
            if allowed is False or rows is False:
                continue
            inner = None if wanted is None else wanted[item.name]
            part = self._part(node, item, rows if isinstance(rows, Q) else None, view, here, inner)
            if isinstance(allowed, Q):
                node.conditions.append(allowed)
                part.condition = len(node.conditions) - 1
            node.parts.append(part)
        node.checks_objects = view.checks_objects and not path
        if node.checks_objects or node.makes or any(isinstance(part, Calculated) for part in node.parts):
            _load_instance(node)
        node.names = tuple(part.name for part in node.parts)
        node.plain = (
            not node.loads
            and not node.conditions
            and len(node.parts) == len(node.columns)
            and all(
                isinstance(part, Column) and part.dump is None and part.index == number
                for number, part in enumerate(node.parts)
            )
        )
        return node

    def _part(
        self, node: Node, item: Field, rule: Q | None, view: View, here: tuple[str, ...], selection: Selection | None
    ) -> Part:
        if _is_made(node.stream, item):
            return Made(item.name)
        if item.kind is Kind.COLUMN:
            return Column(item.name, node.column(item.path), item.type.dump)
        if item.kind is Kind.COMPUTED:
            return Calculated(item.name, item)
        assert item.relation is not None
        inner = None
        if item.shape is not None:
            inner = self._node(item.shape, self.schema.by_key[item.target], rule, view, here, selection)
            if item.relation.joinable and is_flat(inner):
                return _joined(node, item, inner)
        parent = node.column(item.relation.parent)
        return Fetched(item.name, parent, item.relation, item.relation.many, inner, item.type.dump)


def _is_made(stream: Stream, item: Field) -> bool:
    """Whether a value comes from a row that other code makes: a serializer has fields of its own, and leaves the key and
    computed ones to the plan; the binding's own ``serialize`` makes all but the key."""
    own = stream.making is not None and stream.making.serializer is None and item.name != "id"
    return own or item.kind is Kind.SERIALIZED


def is_flat(node: Node) -> bool:
    """Whether a nested node is columns and no more, for everyone in this view, so that a join can bring it."""
    return (
        node.rule is None
        and not node.stream.own_queryset
        and not node.conditions
        and not node.loads
        and len(node.parts) == len(node.columns) > 0
        and all(isinstance(part, Column) for part in node.parts)
    )


def _joined(node: Node, item: Field, inner: Node) -> Joined:
    assert item.relation is not None
    start = len(node.columns)
    # The key comes first, so that an absent object is told from one whose columns are null.
    node.columns.append(f"{item.relation.name}__pk")
    node.columns.extend(f"{item.relation.name}__{path}" for path in inner.columns)
    dumps = tuple((part.name, part.dump) for part in inner.parts if isinstance(part, Column) and part.dump is not None)
    return Joined(item.name, start, len(node.columns), inner.names, dumps)


def _load_instance(node: Node) -> None:
    """Fetch what an instance needs for the computed fields (and for rules about objects: all of its columns)."""
    model = node.stream.model
    assert model is not None
    concrete = {item.name: item for item in model._meta.concrete_fields}
    wanted = {item.attname for item in model._meta.pk_fields}
    if node.checks_objects or node.makes:
        wanted.update(item.attname for item in concrete.values())
    for need in _needs(node):
        hops = resolve_path(model, need)
        wanted.update(_read_by(hops[0]))
        if any(hop.is_relation for hop in hops):
            lookup = "__".join(_accessor(hop) for hop in hops if hop.is_relation)
            if lookup not in node.prefetch:
                node.prefetch.append(lookup)
    # from_db wants the columns in the model's own order.
    attnames = [item.attname for item in model._meta.concrete_fields if item.attname in wanted]
    node.loads = [(name, node.column(name)) for name in attnames]


def _needs(node: Node) -> Iterator[str]:
    if node.stream.making is not None:
        yield from node.stream.making.needs
    for part in node.parts:
        if isinstance(part, Calculated):
            yield from part.field.needs


def _read_by(hop: Any) -> set[str]:
    """The instance's own columns that reading a field of it reads, or that fetching a relation's rows starts from."""
    relation = relation_of(hop) if hop.is_relation else None
    if relation is not None:
        return {relation.parent}
    generic = [getattr(hop, name, None) for name in ("ct_field", "fk_field")]
    if all(generic):
        return {hop.model._meta.get_field(name).attname for name in generic}
    return {hop.attname} if hop.concrete else set()


def _accessor(hop: Any) -> str:
    """The attribute under which an instance has the related rows: a reverse relation's is not the name that filters use."""
    return str(hop.get_accessor_name() if hop.auto_created and not hop.concrete else hop.name)
