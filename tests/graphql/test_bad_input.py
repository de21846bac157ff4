"""Whatever arrives, it is answered with a code, nothing is written, nothing private is told, and the connection lives on."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import generated
from tests.conftest import Demo
from tests.fuzz import corpus
from tests.fuzz.guard import PRIVATE, STATUSES, Tables, plant
from tests.fuzz.wires import Http as RawHttp
from tests.graphql_schema import schema

from .test_limits import ATTACKS
from .wires import Connect, Socket, codes

pytestmark = generated.marks
Run = Callable[[Awaitable[Any]], Any]
COUNT = "{ tickets { count } }"
core: Any = schema._schema
ROOTS = {"query": core.query_type, "mutation": core.mutation_type, "subscription": core.subscription_type}


@pytest.fixture
def secrets(demo: Demo, settings: Any) -> Demo:
    settings.BINDING_SCHEMA = {"MAX_REQUESTS_PER_SECOND": None, "MAX_VIOLATIONS": None}
    plant(demo)
    return demo


@pytest.fixture
def tables(secrets: Demo) -> Iterator[Tables]:
    tables = Tables()
    with tables.saved():
        yield tables


@pytest.fixture
def run() -> Iterator[Run]:
    """Runs coroutines on one event loop, on which connections outlive an example."""
    with asyncio.Runner() as runner:
        yield runner.run


# Operations that are right for the schema, but for a value or a word ------------------------------------------------------

#: Values as they stand in variables.
values = corpus.values | st.sampled_from(corpus.VALUES).map(str) | st.integers(-(2**40), 2**40)


@st.composite
def right(draw: st.DrawFn, kind: Any, ids: list[Any], depth: int = 0) -> Any:
    """A value of an input type, which may still be wrong for what it is meant for."""
    if isinstance(kind, GraphQLNonNull):
        return draw(right(kind.of_type, ids, depth))
    if depth > 3 or (depth and draw(st.integers(0, 12)) == 0):
        return draw(values)
    if isinstance(kind, GraphQLList):
        return [draw(right(kind.of_type, ids, depth + 1)) for _ in range(draw(st.integers(0, 2)))]
    if isinstance(kind, GraphQLEnumType):
        return draw(st.sampled_from([*kind.values, "NONSENSE"]))
    if isinstance(kind, GraphQLInputObjectType):
        needed = [name for name, item in kind.fields.items() if isinstance(item.type, GraphQLNonNull)]
        names = needed + draw(st.lists(st.sampled_from([*kind.fields, "password"]), max_size=2))
        return {
            name: draw(right(kind.fields[name].type, ids, depth + 1)) if name in kind.fields else draw(values)
            for name in names
        }
    plain = {
        "ID": st.sampled_from(ids), "String": st.sampled_from(["", "open", "x" * 300, "\x00", "%"]), "Boolean": st.booleans(),
        "Int": st.integers(-2, 120), "Float": st.floats(allow_nan=False, allow_infinity=False),
    }  # fmt: skip
    return draw(plain.get(kind.name, values))


@st.composite
def selections(draw: st.DrawFn, kind: Any, depth: int = 0) -> str:
    named = get_named_type(kind)
    if is_leaf_type(named):
        return ""
    fields = list(named.fields.items())
    chosen = draw(st.lists(st.sampled_from(fields), min_size=1, max_size=3, unique_by=lambda item: item[0]))
    parts = []
    for name, field in chosen:
        if is_leaf_type(get_named_type(field.type)):
            parts.append(name)
        elif depth < 3:
            parts.append(name + draw(selections(field.type, depth + 1)))
    return " { " + " ".join(parts or ["__typename"]) + " }"


@st.composite
def operations(draw: st.DrawFn, ids: list[Any], kinds: tuple[str, ...] = ("query", "mutation")) -> dict[str, Any]:
    kind = draw(st.sampled_from(kinds))
    name, field = draw(st.sampled_from(list(ROOTS[kind].fields.items())))
    needed = [key for key, item in field.args.items() if isinstance(item.type, GraphQLNonNull)]
    optional = [key for key in field.args if key not in needed]
    chosen = needed + draw(st.lists(st.sampled_from(optional), unique=True, max_size=3) if optional else st.just([]))
    variables = {key: draw(right(field.args[key].type, ids)) for key in chosen}
    declared = ", ".join(f"${key}: {field.args[key].type}" for key in chosen)
    given = ", ".join(f"{key}: ${key}" for key in chosen)
    head = f"{kind}({declared})" if declared else kind
    query = f"{head} {{ {name}{f'({given})' if given else ''}{draw(selections(field.type))} }}"
    return {"query": query, "variables": variables}


@st.composite
def spoiled(draw: st.DrawFn, ids: list[Any], kinds: tuple[str, ...] = ("query", "mutation")) -> dict[str, Any]:
    """An operation with something wrong about its text or its variables."""
    found = draw(operations(ids, kinds))
    what = draw(st.sampled_from(("cut", "word", "noise", "variables", "literal")))
    query = found["query"]
    if what == "cut":
        found["query"] = query[: draw(st.integers(0, len(query) - 1))]
    elif what == "word":
        words = query.split(" ")
        words[draw(st.integers(0, len(words) - 1))] = draw(
            st.sampled_from(
                ("password", "{", "}", "...", "@skip(if: true)", "$x", "__schema", "\x00", "é", "id: 5", "...F")
            )
        )
        found["query"] = " ".join(words)
    elif what == "noise":
        found["query"] = draw(st.text(max_size=40))
    elif what == "variables":
        found["variables"] = draw(st.dictionaries(corpus.keys, corpus.values, max_size=3))
    else:
        found["query"] = f"{{ tickets(filters: {{{draw(st.sampled_from(corpus.PRIVATE_PATHS))}: 5}}) {{ count }} }}"
    return found


def ids_of(demo: Demo) -> list[Any]:
    """Ids that are in sight, and ids that are not."""
    seen, unseen = demo.of(demo.network)[:3], demo.of(demo.billing, demo.hardware)[:3]
    return [*(str(item.pk) for item in [*seen, *unseen]), demo.alice.pk, demo.bob.pk, "fr", "A,1", "x", "", 10**9]


def verify(answer: dict[str, Any]) -> str:
    """One answer: data, or errors with a code, and nothing private in it. Returns what kind it is."""
    raw = json.dumps(answer)
    leak = PRIVATE.search(raw)
    assert leak is None, raw[max(0, leak.start() - 200) : leak.end() + 200]
    found = codes(answer)
    assert set(found) <= STATUSES.keys(), raw[:500]
    assert all(error["message"] for error in answer.get("errors", ()))
    return found[0] if found else "answered"


def wrote(answer: dict[str, Any]) -> bool:
    """Whether an answer may tell of a write: a result that says that it succeeded, or an action's that says nothing."""
    data = answer.get("data") or {}
    return any(isinstance(item, dict) and item.get("success") is not False for item in data.values())


def check_tables(tables: Tables, asked: list[dict[str, Any]], answers: list[dict[str, Any]]) -> None:
    written = [
        wrote(answer)
        for operation, answer in zip(asked, answers, strict=True)
        if operation["query"].startswith("mutation")
    ]
    tables.check(may_differ=any(written))


def internal_errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


def varied(sent: Counter[str]) -> None:
    """The operations were many, and of every kind: else this would test less than it says."""
    assert sent.total() >= 1000, sent
    wanted = ("answered", "invalid_frame", "invalid_data", "not_found")
    assert min(sent[kind] for kind in wanted) >= 3, sent


def some(ids: list[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.tuples(*[operations(ids)] * 4, spoiled(ids)).map(list)


def test_over_websocket(secrets: Demo, tables: Tables, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    socket, sent = Socket(secrets.alice, timeout=30), Counter[str]()

    async def exchange(asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
        answers = [await socket.run(item["query"], item["variables"]) for item in asked]
        sent.update(map(verify, answers))
        assert (await socket.run("{ __typename }")) == {"data": {"__typename": "Query"}}
        return answers

    @settings(generated.profile, max_examples=250)
    @given(some(ids_of(secrets)))
    def check(asked: list[dict[str, Any]]) -> None:
        check_tables(tables, asked, run(exchange(asked)))

    async def begin() -> None:
        await socket.__aenter__()
        await socket.init({})

    run(begin())
    try:
        check()
        assert socket.closed is None
        assert internal_errors(caplog) == []
        varied(sent)
    finally:
        run(socket.__aexit__())


def test_over_http(secrets: Demo, tables: Tables, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    http, sent = RawHttp(secrets.alice), Counter[str]()

    async def exchange(asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
        answers = []
        for item in asked:
            body = json.dumps(item).encode()
            response = await http.request("POST", "/graphql/", body=body)
            assert response.headers["content-type"] == "application/json"
            answer = json.loads(response.body)
            kind = verify(answer)
            assert response.status in (200, 400), answer
            sent[kind] += 1
            answers.append(answer)
        return answers

    @settings(generated.profile, max_examples=250)
    @given(some(ids_of(secrets)))
    def check(asked: list[dict[str, Any]]) -> None:
        check_tables(tables, asked, run(exchange(asked)))

    check()
    assert internal_errors(caplog) == []
    varied(sent)


def test_bodies_of_any_kind(secrets: Demo, tables: Tables, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    http = RawHttp(secrets.alice)
    parts = st.fixed_dictionaries(
        {},
        optional={"query": values | st.just(COUNT), "variables": values, "operationName": values, "extensions": values},
    )

    @settings(generated.profile, max_examples=400)
    @given(
        parts.map(corpus.text).map(str.encode)
        | st.binary(max_size=30)
        | corpus.arbitrary.map(corpus.text).map(str.encode)
    )
    def check(body: bytes) -> None:
        response = run(http.request("POST", "/graphql/", body=body))
        assert response.status in {200, *STATUSES.values()}
        verify(json.loads(response.body))

    check()
    tables.check(may_differ=False)
    assert internal_errors(caplog) == []


@pytest.mark.parametrize("name", ATTACKS)
async def test_attacks_over_websocket(name: str, connect: Connect, secrets: Demo) -> None:
    """Each is an error of its own operation; a subscription beside it goes on."""
    socket = await connect(secrets.alice)
    key = secrets.of(secrets.network)[0].pk
    query = "subscription($id: ID!) { ticketChanged(id: $id, snapshot: true) { cause } }"
    stream = await socket.start(query, {"id": key})
    assert await socket.next(stream) == {"ticketChanged": {"cause": "SNAPSHOT"}}
    answer = await socket.run(ATTACKS[name])
    assert set(codes(answer)) <= {"too_large", "invalid_data", "invalid_frame", "not_found"}, name
    assert (await socket.run(COUNT)) == {"data": {"tickets": {"count": 10}}}
    await socket.stop(stream)


def test_subscriptions_of_any_kind(secrets: Demo, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    socket, sent = Socket(secrets.alice, timeout=30), Counter[str]()
    ids = ids_of(secrets)

    async def exchange(item: dict[str, Any]) -> None:
        identity = await socket.start(item["query"], item["variables"])
        await socket.start("{ __typename }", identity=f"{identity}-alive")
        alive = await socket.of(f"{identity}-alive")
        assert alive["payload"] == {"data": {"__typename": "Query"}}
        assert (await socket.of(f"{identity}-alive"))["type"] == "complete"
        await socket.quiet(0.05)  # for what a right one begins with
        await socket.stop(identity)
        for message in [kept for kept in socket._kept if kept["id"] == identity]:
            socket._kept.remove(message)
            payload = message.get("payload", {})
            sent[verify({"errors": payload} if message["type"] == "error" else payload)] += 1

    @settings(generated.profile, max_examples=250)
    @given(operations(ids, ("subscription",)), operations(ids, ("subscription",)) | spoiled(ids, ("subscription",)))
    def check(one: dict[str, Any], two: dict[str, Any]) -> None:
        if "snapshot" in one["variables"]:
            one["variables"]["snapshot"] = True
        run(exchange(one))
        run(exchange(two))

    async def begin() -> None:
        await socket.__aenter__()
        await socket.init({})

    run(begin())
    try:
        check()
        assert socket.closed is None
        assert internal_errors(caplog) == []
        assert min(sent[kind] for kind in ("answered", "invalid_data", "invalid_frame", "not_found")) >= 3, sent
    finally:
        run(socket.__aexit__())


def test_the_types_are_all_walked() -> None:
    """What the strategies above build on: each root field has arguments that they know how to fill."""
    for root in ROOTS.values():
        for field in root.fields.values():
            for argument in field.args.values():
                kind = get_nullable_type(argument.type)
                assert is_leaf_type(kind) or is_list_type(kind) or isinstance(kind, GraphQLInputObjectType)
