"""``search`` by Relay's specification of connections: a cursor for each row, after a cursor or before one."""

from __future__ import annotations

from typing import Any

from ..errors import InvalidData
from ..types import Result, error_item
from .access import View
from .dump import dumps
from .ordering import Cursor, decode, encode, expressions, order_of
from .plan import Node, Planner
from .read import Outcome, Read, matching, run
from .rows import fetch


def connection(planner: Planner, reads: list[Read]) -> list[Outcome]:
    """``{edges: [{cursor, node}], pageInfo, totalCount?}``. Requests with equal arguments: one answer a group."""

    def answer(members: list[Read], seen: View, node: Node) -> list[Outcome]:
        return [Result(dumps(_connected(members[0], seen, node)))] * len(members)

    return run(planner, reads, answer)


def _connected(read: Read, seen: View, node: Node) -> dict[str, Any]:
    args, stream = read.args, read.stream
    if args.f_first is not None and args.f_last is not None:
        message = "Send `first` or `last`, not both."
        raise InvalidData(message, errors={"last": [error_item("invalid", message)]})
    terms = order_of(read.ctx, stream, args.f_order)
    every = matching(read, seen)
    rows, backward = every, args.f_last is not None
    after = decode(terms, args.f_after, "after") if args.f_after else None
    before = decode(terms, args.f_before, "before") if args.f_before else None
    for cursor, direction in ((after, False), (before, True)):
        if cursor is not None:
            rows = rows.filter(Cursor(direction, cursor.values).condition(terms))
    limit = args.f_last if backward else (stream.page_size if args.f_first is None else args.f_first)
    lead = [term.order.path for term in terms]
    found = fetch(read.ctx, node, rows.order_by(*expressions(terms, backward))[: limit + 1], lead)
    more, found = len(found) > limit, found[:limit]
    if backward:
        found.reverse()
    edges = [{"cursor": encode(terms, values, False), "node": row} for values, row in found]
    answer: dict[str, Any] = {
        "edges": edges,
        "pageInfo": {
            "hasNextPage": before is not None if backward else more,
            "hasPreviousPage": more if backward else after is not None,
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        },
    }
    if args.f_count:
        answer["totalCount"] = every.count()
    return answer
