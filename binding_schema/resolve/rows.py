"""Plans are run: a fixed number of queries, whatever the number of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from django.db import connections
from django.db.models import BooleanField, Case, QuerySet, Value, When, prefetch_related_objects

from ..declare.context import Context
from .access import base, object_allowed, single
from .plan import Calculated, Column, Fetched, Joined, Made, Node, is_flat
from .threads import call

Row = dict[str, Any]


Found = list[tuple[tuple[Any, ...], Row]]


def fetch(ctx: Context, node: Node, rows: QuerySet[Any], lead: Sequence[str] = ()) -> Found:
    """Run a plan on a queryset. ``lead`` names further columns, whose values come with each row."""
    return finish(ctx, node, list(selected(node, rows, lead)), rows.db)


def selected(node: Node, rows: QuerySet[Any], lead: Sequence[str] = ()) -> QuerySet[Any]:
    """The queryset narrowed to the columns of a plan, its conditions as booleans, and the lead."""
    model = node.stream.model
    assert model is not None
    flags: list[str] = []
    for number, condition in enumerate(node.conditions):
        flags.append(f"binding_schema_{number}")
        when = When(single(model, condition), then=Value(True))
        rows = rows.annotate(**{flags[-1]: Case(when, default=Value(False), output_field=BooleanField())})
    return rows.values_list(*node.columns, *flags, *lead)


def finish(ctx: Context, node: Node, found: list[tuple[Any, ...]], using: str) -> Found:
    """Rows with their leads, put together from what was fetched."""
    width = len(node.columns) + len(node.conditions)
    if node.plain:
        names = node.names
        return [(row[width:], dict(zip(names, row))) for row in found]  # noqa: B905 - the lead follows
    built = assemble(ctx, node, found, using)
    return [(row[width:], item) for row, item in zip(found, built, strict=True) if item is not None]


def assemble(ctx: Context, node: Node, found: list[tuple[Any, ...]], using: str) -> list[Row | None]:
    """Rows from fetched tuples; None for a row that a rule about objects hides."""
    instances = _instances(ctx, node, found, using) if node.loads else []
    shown = [True] * len(found)
    if node.checks_objects:
        shown = [object_allowed(ctx, node.stream, item) for item in instances]
    built: list[Row | None] = [{} if item else None for item in shown]
    made = _made(ctx, node, instances, shown) if node.makes else []
    width = len(node.columns)
    for part in node.parts:
        if isinstance(part, Made):
            _take(part, made, built, found, width)
            continue
        values = _values(ctx, node, part, found, instances, using)
        flag = width + part.condition if part.condition >= 0 else -1
        name = part.name
        for number, value in enumerate(values):
            target = built[number]
            if target is not None and (flag < 0 or found[number][flag]):
                target[name] = value
    if node.known is not None:
        for target, row in zip(built, made, strict=True):
            if target is not None:
                target.update((name, value) for name, value in row.items() if name not in node.known)
    return built


def _made(ctx: Context, node: Node, instances: list[Any], shown: list[bool]) -> list[Mapping[str, Any]]:
    """What other code makes of the instances; an empty row for those that are not shown."""
    making, stream = node.stream.making, node.stream
    wanted = [item for item, allowed in zip(instances, shown, strict=True) if allowed]
    if making is not None and making.serializer is not None:
        rows = list(making.serializer.dump(ctx, wanted))
    else:
        rows = [call(stream.binding.serialize, ctx, item) for item in wanted]
    if len(rows) != len(wanted) or not all(isinstance(row, Mapping) for row in rows):
        raise TypeError(f"{stream.key}: each object is to be serialized to a dictionary.")
    following = iter(rows)
    return [next(following) if allowed else {} for allowed in shown]


def _take(
    part: Made, made: list[Mapping[str, Any]], built: list[Row | None], found: list[tuple[Any, ...]], width: int
) -> None:
    """One field of what was made, where it is there and may be read."""
    for number, target in enumerate(built):
        if target is None or part.name not in made[number]:
            continue
        if part.condition < 0 or found[number][width + part.condition]:
            target[part.name] = made[number][part.name]


def _values(
    ctx: Context, node: Node, part: Any, found: list[tuple[Any, ...]], instances: list[Any], using: str
) -> Iterable[Any]:
    """The values of one field, row by row."""
    if isinstance(part, Column):
        index, dump = part.index, part.dump
        return [row[index] for row in found] if dump is None else [_dumped(dump, row[index]) for row in found]
    if isinstance(part, Joined):
        return [_joined(part, row) for row in found]
    if isinstance(part, Calculated):
        return _calculated(node, part, instances, using)
    assert isinstance(part, Fetched)
    by_key = _fetched(ctx, part, {row[part.parent] for row in found if row[part.parent] is not None})
    if part.many:
        return [by_key.get(row[part.parent], []) for row in found]
    return [by_key.get(row[part.parent]) for row in found]


def _dumped(dump: Any, value: Any) -> Any:
    return None if value is None else dump(value)


def _joined(part: Joined, row: tuple[Any, ...]) -> Row | None:
    if row[part.start] is None:
        return None
    item = dict(zip(part.names, row[part.start + 1 : part.end], strict=True))
    for name, dump in part.dumps:
        item[name] = _dumped(dump, item[name])
    return item


# Nested rows --------------------------------------------------------------------------------------------------------------


def _fetched(ctx: Context, part: Fetched, keys: set[Any]) -> dict[Any, Any]:
    """Nested rows by the parent's key: an object, or a list."""
    if not keys:
        return {}
    if part.node is None:
        return _ids(part, keys)
    if part.relation.through is not None:
        return _through(ctx, part, part.node, keys)
    # ``link`` is the related row's column that has the parent's value, in either direction of a foreign key.
    rows = base(ctx, part.node.stream, part.node.rule).filter(**{f"{part.relation.link}__in": keys}).order_by("pk")
    pairs = fetch(_for(ctx, part.node), part.node, rows, [part.relation.link])
    if not part.many:
        return {lead[0]: row for lead, row in pairs}
    grouped: dict[Any, list[Row]] = defaultdict(list)
    for lead, row in pairs:
        grouped[lead[0]].append(row)
    return grouped


def _through(ctx: Context, part: Fetched, node: Node, keys: set[Any]) -> dict[Any, list[Row]]:
    """Many-to-many: the table between brings the columns if they are all there is, else a second query does."""
    relation = part.relation
    assert relation.through is not None
    target = relation.through._meta.get_field(relation.target).attname  # type: ignore[union-attr]
    links = relation.through._base_manager.filter(**{f"{relation.link}__in": keys}).order_by(target)
    grouped: dict[Any, list[Row]] = defaultdict(list)
    if is_flat(node):
        columns = [f"{relation.target}__{path}" for path in node.columns]
        parts = [(part.name, part.index, part.dump) for part in node.parts if isinstance(part, Column)]
        for key, *row in links.values_list(relation.link, *columns):
            item = {name: row[index] if dump is None else _dumped(dump, row[index]) for name, index, dump in parts}
            grouped[key].append(item)
        return grouped
    owners: dict[Any, list[Any]] = defaultdict(list)
    for key, other in links.values_list(relation.link, target):
        owners[other].append(key)
    rows = base(ctx, node.stream, node.rule).filter(**{f"{_target_key(relation)}__in": list(owners)}).order_by("pk")
    for lead, row in fetch(_for(ctx, node), node, rows, [_target_key(relation)]) if owners else ():
        for key in owners[lead[0]]:
            grouped[key].append(row)
    return grouped


def _target_key(relation: Any) -> str:
    return str(relation.through._meta.get_field(relation.target).target_field.attname)


def _ids(part: Fetched, keys: set[Any]) -> dict[Any, list[Any]]:
    relation = part.relation
    if relation.through is not None:
        rows, key = relation.through._base_manager, relation.through._meta.get_field(relation.target).attname  # type: ignore[union-attr]
    else:
        rows, key = relation.model._base_manager, "pk"
    grouped: dict[Any, list[Any]] = defaultdict(list)
    wanted = rows.filter(**{f"{relation.link}__in": keys}).order_by(key).values_list(relation.link, key)
    for parent, child in wanted:
        grouped[parent].append(child if part.key_dump is None else part.key_dump(child))
    return grouped


def _for(ctx: Context, node: Node) -> Context:
    return ctx.to(node.stream.name, "retrieve", is_read=True, model=node.stream.model)


# Computed fields ------------------------------------------------------------------------------------------------------------


def _instances(ctx: Context, node: Node, found: list[tuple[Any, ...]], using: str) -> list[Any]:
    model = node.stream.model
    assert model is not None
    names = [name for name, _ in node.loads]
    places = [index for _, index in node.loads]
    built = [model.from_db(using, names, [row[index] for index in places]) for row in found]
    if built and node.makes and node.stream.own_queryset:
        built = _as_queried(ctx, node, built, using)
    if node.prefetch and built:
        prefetch_related_objects(built, *node.prefetch)
    return built


def _as_queried(ctx: Context, node: Node, built: list[Any], using: str) -> list[Any]:
    """The same objects with what the binding's own queryset adds to them, which other code may well look for."""
    rows = base(ctx, node.stream, None).using(using)
    prefetches = rows._prefetch_related_lookups  # type: ignore[attr-defined]
    if not (rows.query.annotations or rows.query.select_related or prefetches):
        return built
    queried = {item.pk: item for item in rows.filter(pk__in=[item.pk for item in built])}
    return [queried.get(item.pk, item) for item in built]


def _calculated(node: Node, part: Calculated, instances: list[Any], using: str) -> list[Any]:
    """Call the method for each row. A query in it would run for each row, so it is refused."""
    method = part.field.compute
    assert method is not None

    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        raise RuntimeError(
            f"Computed field {part.name!r} of {node.stream.key} asked the database: name what it reads in needs=[...]."
        )

    with ExitStack() as stack:
        for connection in connections.all(initialized_only=True):
            stack.enter_context(connection.execute_wrapper(refuse))
        return [call(method, node.stream.binding, item) for item in instances]
