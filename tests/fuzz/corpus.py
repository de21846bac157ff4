"""What clients send by mistake or with intent. Values are what `json.dumps` writes, NaN and lone surrogates included."""

from __future__ import annotations

import base64
import json
from typing import Any

from hypothesis import strategies as st

from binding_schema.compile.ir import Schema, Stream
from binding_schema.types import VERBS

PRIVATE_PATHS = (
    "password",
    "password__startswith",
    "email",
    "email__icontains",
    "cost",
    "cost__gte",
    "internal__in",
    "team__members__password__startswith",
    "team__members__email__contains",
    "assignee__email",
    "assignee__password",
    "author__is_superuser",
    "ticket__cost__gte",
    "tickets__title__icontains",
    "pk__in",
    "_state",
    "__class__",
)


def nested(depth: int, leaf: Any = 1) -> Any:
    for _ in range(depth):
        leaf = [leaf] if depth % 2 else {"a": leaf}
    return leaf


#: Right for some field and verb, wrong for the rest of them.
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 1.5, 3.0, 1e308, -0.0, 2**31, 2**53 + 1, 2**63 - 1, 2**63, "", " ", "1", "-1", "1.0", "x",
    "\x00", "a\x00b", "\u202e", "\ufeff", "%", "_", "\\", "'; --", "\r\n", "é" * 300, "x" * 10_001, "%" * 60_000,
    "open", "l1", "fr", "A,1", "A,", "NaN", "Infinity", "1E+999999", "1E-999999", "0.00001", "99999999999999999999.99", "2**3",
    "2099-01-01", "0001-01-01", "9999-12-31", "0000-00-00", "2024-02-30", "12:00", "24:00", "12:00+02:00",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-14:00", "2024-01-01T00:00:00Z", "P999999999D", "PT1S",
    "-P106751991D", "00000000-0000-0000-0000-000000000000", "not-a-uuid", "::1", "::ffff:1.2.3.4%eth0", "AA==", "A",
    [], {}, [None], [1], [1, 1], [[1]], ["x", None], {"a": 1}, {"id": 1}, {"": {"": ""}}, [0] * 1001,
    nested(20), nested(70), nested(300), nested(301),
)  # fmt: skip
#: What JSON does not have, or no more than some parsers take. It spoils a frame as a whole, so that it comes seldom.
UNHEARD_OF: tuple[Any, ...] = (
    float("nan"), float("inf"), float("-inf"), 2**64, -(2**63) - 1, 10**30, [2**70], "\ud800", "\udfff\ud800", nested(900),
)  # fmt: skip


values = st.sampled_from(VALUES)
keys = st.sampled_from(
    ("id", "ids", "rows", "filters", "order", "query", "page", "limit", "after", "count", *PRIVATE_PATHS)
) | st.text(max_size=8)
arbitrary = st.recursive(
    values
    | st.sampled_from(UNHEARD_OF)
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=8,
)
hashes = st.sampled_from(("", "#a", "#" + "x" * 64, "#" + "x" * 65, "#", "#é", "#a\n", "\n", "#a#b", "# "))


class Message(str):
    """A text that a failing test shows the beginning of."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(self[:300])


def text(value: Any) -> Message:
    """JSON, or nearly: what JSON has no words for, Python writes as NaN and Infinity."""
    return Message(json.dumps(value))


def cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(text(list(parts)).encode()).decode().rstrip("=")


def fields(stream: Stream) -> list[str]:
    return [*stream.fields, "password", "is_superuser", "is_staff", "nonsense"]


@st.composite
def pages(draw: st.DrawFn, stream: Stream) -> dict[str, Any]:
    """The data of a list or search, right but for a value or two."""
    data: dict[str, Any] = {}
    orders = [*stream.orders, "id"]
    for part in draw(
        st.sets(st.sampled_from(("filters", "order", "page", "query", "after", "count")), min_size=1, max_size=3)
    ):
        if part == "filters":
            names = st.sampled_from([*stream.filters, "or", "and", "not", *PRIVATE_PATHS])
            data["filters"] = draw(st.dictionaries(names, values, max_size=2) | values)
            if draw(st.booleans()):
                data["filters"] = draw(st.sampled_from(({"not": data["filters"]}, {"or": [data["filters"], {}]})))
        elif part == "order":
            data["order"] = draw(
                st.sampled_from(orders + [f"-{name}" for name in orders] + list(PRIVATE_PATHS)) | values
            )
        elif part == "page":
            data |= draw(st.fixed_dictionaries({}, optional={"page": values, "limit": values}))
        elif part == "after":
            order = draw(st.sampled_from(orders))
            edge = draw(st.lists(values, max_size=2)) if order != "id" else [draw(values)]
            names = order if order == "id" else f"{order},id"
            data |= {"order": order, "after": draw(st.just(cursor(draw(st.booleans()), names, *edge)) | values)}
        else:
            data[part] = draw(values)
    return data


@st.composite
def writes(draw: st.DrawFn, stream: Stream, ids: list[Any]) -> dict[str, Any]:
    row = draw(st.dictionaries(st.sampled_from(fields(stream)), values, max_size=4))
    if draw(st.booleans()):
        row["id"] = draw(st.sampled_from(ids) | values)
    return draw(st.sampled_from((row, row, {"rows": [row]}, {"rows": [row, row]}, {"rows": row, "id": 1})))


@st.composite
def data_of(draw: st.DrawFn, stream: Stream, verb: str, ids: list[Any]) -> Any:
    key = st.sampled_from(ids) | values
    if verb in ("list", "search"):
        return draw(pages(stream))
    if verb == "subscribe":
        live = st.fixed_dictionaries({}, optional={"id": key, "since": values, "have": values, "snapshot": values})
        return draw(live) | draw(st.just({}) | pages(stream))
    if verb in ("create", "update", "save"):
        return draw(writes(stream, ids))
    data: dict[str, Any] = draw(
        st.fixed_dictionaries({}, optional={"id": key, "ids": st.lists(key, max_size=4) | values})
    )
    if verb in stream.actions:
        params = [item.alias or name for name, item in stream.actions[verb].params.model_fields.items()]
        data = {name: draw(key if name == "id" else values) for name in params}
    return data | draw(st.dictionaries(keys, values, max_size=1))


#: Streams whose actions send frames beside their answer: what is checked here is that each message has one answer.
TALKATIVE = frozenset({"tests.Line"})


@st.composite
def frames(draw: st.DrawFn, schema: Schema, ids: list[Any]) -> dict[str, Any]:
    """A frame of the right form, with something in its data that may be wrong."""
    stream = draw(st.sampled_from([item for name, item in schema.streams.items() if name not in TALKATIVE]))
    verbs = [name for name in VERBS if name in stream.verbs] + ["subscribe", "unsubscribe"]
    verb = draw(st.sampled_from([*verbs, *stream.actions]))
    return {"event": f"{stream.name}.{verb}", "data": draw(data_of(stream, verb, ids))}


@st.composite
def spoiled(draw: st.DrawFn, schema: Schema, ids: list[Any]) -> Any:
    """The same, with something wrong about the frame itself."""
    frame = draw(frames(schema, ids))
    stream, _, verb = frame["event"].rpartition(".")
    what = draw(st.sampled_from(("all", "event", "missing", "more", "name", "hash", "meta", "data", "value")))
    if what == "all":
        return draw(arbitrary)
    if what in ("event", "data"):
        frame[what] = draw(arbitrary)
    elif what == "missing":
        del frame[draw(st.sampled_from(("event", "data")))]
    elif what == "more":
        frame[draw(keys)] = draw(values)
    elif what == "name":
        wrong = ("helpdesk.Nothing.search", "helpdesk.Ticket.drop", f"{stream}.drop", stream, f".{verb}", "é.x")
        frame["event"] = draw(st.sampled_from(wrong))
    elif what == "hash":
        frame["event"] += draw(hashes)
    elif what == "meta":
        frame["meta"] = draw(values | st.fixed_dictionaries({"idempotency_key": values}))
    else:
        frame["data"][draw(keys)] = draw(st.sampled_from(UNHEARD_OF))
    return frame


BROKEN = (
    "", " ", "{", "}", "[", "nul", "null", "1", '"x"', "{}", "[]", "[[]]", "[null]", "\x00", "\ufeff{}", '{"event":}',
    "{'event': 'x'}",
    "NaN", "[NaN]", '{"event":"helpdesk.Ticket.search","data":{"page":NaN}}',
    '{"event":"helpdesk.Ticket.search","data":{"page":1e999}}',
    '{"event":"helpdesk.Ticket.search","data":{"page":-Infinity}}', '{"event":"helpdesk.Ticket.retrieve","data":{"id":1}',
    '{"event":"helpdesk.Ticket.retrieve","data":{"id":' + "9" * 5000 + "}}",
    '{"event":"helpdesk.Ticket.retrieve","data":{"id":"\\ud800"}}',
    '{"event":"helpdesk.Ticket.retrieve","data":{"id":"\ud800"}}', "[" * 10_000,
    "[" * 10_000 + "]" * 10_000, '{"a":' * 10_000 + "1" + "}" * 10_000,
    '{"event":"helpdesk.Ticket.search","data":{"filters":' + '{"not":' * 500 + "{}" + "}" * 502,
    '{"event":"helpdesk.Ticket.save","data":{"id":1,"title":' + "[" * 1000 + "1" * 30 + "]" * 1000 + "}}",
    '{"event":"helpdesk.Ticket.search","data":{"filters":{"or":[' + ",".join(["{}"] * 300_000) + "]}}}",
    '{"event":"helpdesk.Ticket.save","data":{"rows":[' + ",".join(['{"id":1}'] * 501) + "]}}",
    '{"event":"helpdesk.Ticket.retrieve","data":{"ids":[' + ",".join(["1"] * 101) + "]}}",
    '{"event":"helpdesk.Ticket.create","data":{"title":"' + "x" * 5_000_000 + '"}}',
    "[" + ",".join(['{"event":"helpdesk.Ticket.retrieve"}'] * 51) + "]", "[" + ",".join(["1"] * 50) + "]",
)  # fmt: skip


def odd(schema: Schema, ids: list[Any]) -> st.SearchStrategy[str]:
    """The text of a message that is a batch, cut-off JSON, or no JSON at all."""
    cut = st.builds(lambda value, end: Message(text(value)[: -1 - end]), frames(schema, ids), st.integers(0, 40))
    # A batch of fifty would outnumber all else by its replies.
    broken = st.sampled_from([Message(item) for item in BROKEN if not item.startswith("[1")])
    batch = st.lists(frames(schema, ids) | spoiled(schema, ids), max_size=5).map(text)
    return cut | broken | batch | st.text(st.characters(codec=None), max_size=30).map(Message)


@st.composite
def conversations(draw: st.DrawFn, schema: Schema, ids: list[Any]) -> list[str]:
    """Seven messages, most of them of the right form: what is wrong as a whole never gets far."""
    right = [text(draw(frames(schema, ids))) for _ in range(5)]
    return draw(st.permutations([*right, text(draw(spoiled(schema, ids))), draw(odd(schema, ids))]))
