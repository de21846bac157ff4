"""The reading verbs: retrieve, list, search. Each runs for a batch of requests that waited together."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connections, router
from pydantic import TypeAdapter

from ..compile.ir import Stream
from ..declare.context import Context
from ..errors import InvalidData, NotFound
from ..types import Result, Selection
from .access import View, admit, base, require, view
from .conditions import Conditions
from .dump import dumps
from .ordering import decode, encode, expressions, order_of
from .plan import Node, Planner
from .rows import Found, Row, fetch, finish, selected
from .statements import LIMIT, Statement, compiled, counted, marks_for, moment
from .threads import call


@dataclass(slots=True)
class Read:
    """One reading request, its arguments validated."""

    ctx: Context
    stream: Stream
    args: Any
    selection: Selection | None = None


Outcome = Result | BaseException


def views(planner: Planner, reads: list[Read]) -> list[View | BaseException]:
    """Each request's rights. A principal that asks several times in one batch is judged once."""
    known: dict[int, View | BaseException] = {}
    found: list[View | BaseException] = []
    for read in reads:
        principal = id(read.ctx.principal)
        if principal not in known:
            try:
                require(read.ctx, read.stream.permission)
                known[principal] = view(read.ctx, planner.schema, read.stream, planner.gates(read.stream))
            except Exception as error:  # noqa: BLE001 - one client's failure is not its neighbours'
                known[principal] = error
        found.append(_admitted(read, known[principal]))
    return found


def _admitted(read: Read, seen: View | BaseException) -> View | BaseException:
    """Throttles count each request, also where its rights are those of the one before."""
    if not read.stream.throttles or isinstance(seen, BaseException):
        return seen
    try:
        admit(read.ctx, read.stream)
    except Exception as error:  # noqa: BLE001 - as above
        return error
    return seen


def run(planner: Planner, reads: list[Read], answer: Callable[..., list[Outcome]]) -> list[Outcome]:
    """Group requests that see the same, and let ``answer(reads, view, node)`` run once for each group."""
    outcomes: list[Outcome | None] = [None] * len(reads)
    groups: dict[Hashable, list[int]] = {}
    judged = views(planner, reads)
    for number, seen in enumerate(judged):
        if isinstance(seen, View):
            groups.setdefault(seen.key if seen.key is not None else object(), []).append(number)
        else:
            outcomes[number] = seen
    for numbers in groups.values():
        seen = judged[numbers[0]]
        assert isinstance(seen, View)
        members = [reads[number] for number in numbers]
        try:
            answers = answer(members, seen, planner.plan(members[0].stream, seen, members[0].selection))
        except Exception as error:  # noqa: BLE001 - as above
            answers = [error] * len(members)
        for number, result in zip(numbers, answers, strict=True):
            outcomes[number] = result
    return [item if item is not None else NotFound() for item in outcomes]


# retrieve -----------------------------------------------------------------------------------------------------------------


def retrieve(planner: Planner, reads: list[Read]) -> list[Outcome]:
    """All objects that a group asks for, by one query."""

    def answer(members: list[Read], seen: View, node: Node) -> list[Outcome]:
        wanted = {key for member in members for key in keys_of(member.args)}
        rows = by_key(members[0].ctx, node, seen, list(wanted))
        dumped = {key: dumps(row) for key, row in rows.items()}
        return [_retrieved(member, dumped) for member in members]

    return run(planner, reads, answer)


def keys_of(args: Any) -> list[Any]:
    """The keys of ``{id}`` or ``{ids}``."""
    if args.f_ids is not None:
        if args.f_id is not None:
            raise InvalidData("Send `id` or `ids`, not both.")
        return list(args.f_ids)
    if args.f_id is None:
        raise InvalidData(
            "Send `id` or `ids`.", errors={"id": [{"code": "required", "message": "This field is required."}]}
        )
    return [args.f_id]


def by_key(ctx: Context, node: Node, seen: View, keys: list[Any]) -> dict[Any, Row]:
    """The visible rows of these keys, a thousand by one statement."""
    found: dict[Any, Row] = {}
    for start in range(0, len(keys), 1000):
        some = keys[start : start + 1000]
        found.update((lead[0], row) for lead, row in _some(ctx, node, seen, some))
    return found


def _some(ctx: Context, node: Node, seen: View, keys: list[Any]) -> Found:
    model = node.stream.model
    assert model is not None
    using = router.db_for_read(model)
    statement = _statement_by_key(ctx, node, seen, len(keys), using) if node.statements is not None else None
    if statement is not None:
        prepare, connection = model._meta.pk.get_db_prep_value, connections[using]
        values = [prepare(key, connection) for key in keys]
        return finish(ctx, node, statement.run(using, values), using)
    rows = base(ctx, node.stream, seen.rule)
    return fetch(ctx, node, rows.filter(pk=keys[0]) if len(keys) == 1 else rows.filter(pk__in=keys), ["pk"])


def _statement_by_key(ctx: Context, node: Node, seen: View, number: int, using: str) -> Statement | None:
    """The kept statement for so many keys, rounded up to a power of two, so that there are few."""
    assert node.stream.model is not None
    size = 1 << (number - 1).bit_length()
    marks = marks_for(node.stream.model._meta.pk, size)
    if marks is None or len(marks) < size:
        return None

    def build() -> Statement | None:
        rows = base(ctx, node.stream, seen.rule)
        rows = rows.filter(pk=marks[0]) if size == 1 else rows.filter(pk__in=marks)
        prepare, connection = rows.model._meta.pk.get_db_prep_value, connections[using]
        return compiled(selected(node, rows, ["pk"]), using, [prepare(mark, connection) for mark in marks])

    return kept(node, ("key", size, using, moment()), build)


def _retrieved(read: Read, dumped: dict[Any, bytes]) -> Outcome:
    if read.args.f_ids is None:
        found = dumped.get(read.args.f_id)
        return NotFound() if found is None else Result(found, keys=(read.args.f_id,))
    present = [dumped[key] for key in read.args.f_ids if key in dumped]
    dump = read.stream.fields["id"].type.dump or (lambda value: value)
    missing = [dump(key) for key in dict.fromkeys(read.args.f_ids) if key not in dumped]
    tail = b',"missing":' + dumps(missing) if missing else b""
    keys = tuple(key for key in read.args.f_ids if key in dumped)
    return Result(b'{"rows":[' + b",".join(present) + b"]" + tail + b"}", keys=keys)


# list and search ------------------------------------------------------------------------------------------------------------


def listing(planner: Planner, reads: list[Read]) -> list[Outcome]:
    """Requests with equal arguments: one answer a group."""

    def answer(members: list[Read], seen: View, node: Node) -> list[Outcome]:
        first = members[0]
        rows = matching(first, seen)
        terms = order_of(first.ctx, first.stream, first.args.f_order)
        limit = first.stream.list_limit
        found = [row for _, row in fetch(first.ctx, node, rows.order_by(*expressions(terms))[: limit + 1])]
        truncated = len(found) > limit
        count = rows.count() if truncated else len(found)
        data = dumps({"count": count, "rows": found[:limit], "truncated": truncated})
        return [Result(data, keys=_keys(first.stream, found[:limit]))] * len(members)

    return run(planner, reads, answer)


def search(planner: Planner, reads: list[Read]) -> list[Outcome]:
    """The same, in pages: by number, or by cursor where ``after`` is sent."""

    def answer(members: list[Read], seen: View, node: Node) -> list[Outcome]:
        by_cursor = "f_after" in members[0].args.model_fields_set
        found = (_by_cursor if by_cursor else _by_page)(members[0], seen, node)
        return [Result(dumps(found), keys=_keys(members[0].stream, found["rows"]))] * len(members)

    return run(planner, reads, answer)


def matching(read: Read, seen: View) -> Any:
    rows = base(read.ctx, read.stream, seen.rule)
    conditions = Conditions(read.ctx, read.stream)
    if read.args.f_filters:
        rows = rows.filter(conditions.parse(read.args.f_filters))
    if read.args.f_query and read.args.f_query.strip():
        rows = rows.filter(conditions.search(read.args.f_query))
    return _narrowed(read, rows) if read.stream.own_filter else rows


def _narrowed(read: Read, rows: Any) -> Any:
    """By the binding's own ``filter_queryset``; whatever it joins, each row comes once."""
    found = call(read.stream.binding.filter_queryset, read.ctx, rows, data_of(read.args))
    return rows if found is rows else rows.filter(pk__in=found.order_by().values("pk"))


def data_of(args: Any) -> dict[str, Any]:
    """A list's arguments as they were sent, with the keys that only the binding knows."""
    own = type(args).model_fields.items()
    return {item.alias: getattr(args, name) for name, item in own if name in args.model_fields_set} | extra_of(args)


def extra_of(args: Any) -> dict[str, Any]:
    return args.model_extra or {}


def _by_page(read: Read, seen: View, node: Node) -> dict[str, Any]:
    args = read.args
    limit = args.f_limit or read.stream.page_size
    start = (args.f_page - 1) * limit
    page = Page(read, seen, node)
    found = page.rows(start, start + limit)
    count: int | None = None
    if args.f_count:
        # A page that is not full tells the number of rows by itself, unless it lies beyond the last one.
        known = len(found) < limit and (found or start == 0) and not node.checks_objects
        count = start + len(found) if known else page.count()
    return {"page": args.f_page, "limit": limit, "count": count, "rows": found}


@dataclass(slots=True)
class Page:
    """The rows that match one search, by statements that are kept with the plan where that is safe."""

    read: Read
    seen: View
    node: Node

    def rows(self, start: int, stop: int) -> list[Row]:
        ctx, node = self.read.ctx, self.node
        using = self._using()
        statement = self._kept("page", using, lambda: compiled(selected(node, self._ordered()), using))
        if statement is None:
            return [row for _, row in fetch(ctx, node, self._ordered()[start:stop])]
        return [row for _, row in finish(ctx, node, statement.run(using, low=start, high=stop), using)]

    def count(self) -> int:
        using = self._using()
        statement = self._kept("count", using, lambda: counted(self._matching(), using))
        return self._matching().count() if statement is None else int(statement.run(using)[0][0])

    def _kept(self, what: str, using: str, build: Callable[[], Statement | None]) -> Statement | None:
        # What a filter in Python comes to may be another the next time.
        return None if self.read.stream.filters_by_user else kept(self.node, (what, *self._key(using)), build)

    def _using(self) -> str:
        return router.db_for_read(self.read.stream.model)  # type: ignore[arg-type]

    def _key(self, using: str) -> tuple[Any, ...]:
        args = self.read.args
        return using, moment(), orjson.dumps([args.f_filters, args.f_order, args.f_query], option=orjson.OPT_SORT_KEYS)

    def _matching(self) -> Any:
        return matching(self.read, self.seen)

    def _ordered(self) -> Any:
        terms = order_of(self.read.ctx, self.read.stream, self.read.args.f_order)
        return self._matching().order_by(*expressions(terms))


def kept(node: Node, key: Hashable, build: Callable[[], Statement | None]) -> Statement | None:
    """A statement of the plan, built when it is first asked for; the oldest are forgotten."""
    if node.statements is None:
        return None
    if key not in node.statements:
        node.statements[key] = build()
        while len(node.statements) > LIMIT:
            node.statements.popitem(last=False)
    found: Statement | None = node.statements.get(key)
    return found


def _by_cursor(read: Read, seen: View, node: Node) -> dict[str, Any]:
    args = read.args
    limit = args.f_limit or read.stream.page_size
    terms = order_of(read.ctx, read.stream, args.f_order)
    rows = matching(read, seen)
    cursor = decode(terms, args.f_after) if args.f_after else None
    backward = cursor is not None and cursor.backward
    if cursor is not None:
        rows = rows.filter(cursor.condition(terms))
    lead = [term.order.path for term in terms]
    found = fetch(read.ctx, node, rows.order_by(*expressions(terms, backward))[: limit + 1], lead)
    more, found = len(found) > limit, found[:limit]
    if backward:
        found.reverse()
    has_next, has_previous = (True, more) if backward else (more, cursor is not None)
    return {
        "limit": limit,
        "rows": [row for _, row in found],
        "next": encode(terms, found[-1][0], False) if found and has_next else None,
        "previous": encode(terms, found[0][0], True) if found and has_previous else None,
    }


def check_arguments(read: Read) -> None:
    """Raises InvalidFilter or InvalidData for filters, an order or a text search that the user may not ask with."""
    conditions = Conditions(read.ctx, read.stream)
    conditions.parse(read.args.f_filters or {})
    if read.args.f_query and read.args.f_query.strip():
        conditions.search(read.args.f_query)
    order_of(read.ctx, read.stream, read.args.f_order)


def keys_in_window(read: Read, seen: View, start: int, limit: int) -> list[Any]:
    """The keys of the rows that a list or a page holds now, in its order."""
    terms = order_of(read.ctx, read.stream, read.args.f_order)
    after = getattr(read.args, "f_after", None)
    cursor = decode(terms, after) if after else None
    rows = matching(read, seen)
    if cursor is not None:
        rows = rows.filter(cursor.condition(terms))
    backward = cursor is not None and cursor.backward
    keys = list(rows.order_by(*expressions(terms, backward)).values_list("pk", flat=True)[start : start + limit])
    return keys[::-1] if backward else keys


def _keys(stream: Stream, rows: list[Row]) -> tuple[Any, ...]:
    """The primary keys of rows; none where the user may not read the field."""
    scalar = stream.fields["id"].type
    found = (row["id"] for row in rows if "id" in row)
    return (
        tuple(found) if scalar.dump is None else tuple(TypeAdapter(scalar.input).validate_python(key) for key in found)
    )
