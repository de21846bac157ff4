"""How large an operation may be: measured by the schema's types, before it is validated and before anything is fetched."""

from __future__ import annotations

import time
from typing import Any

import pytest
import strawberry
from asgiref.sync import async_to_sync
from django.db import connection
from django.test.utils import CaptureQueriesContext
from graphql import parse

from binding_schema.conf import Settings
from binding_schema.resolve.authentication import Fixed
from binding_schema.transports.graphql import build_parts, build_schema
from binding_schema.transports.graphql.documents import CHARACTERS, _cache
from binding_schema.transports.graphql.door import GraphQLContext
from binding_schema.transports.graphql.measure import NESTED_ROWS, Measure
from tests.conftest import Demo
from tests.graphql_schema import schema

from .wires import Http, codes


def measured(query: str, **variables: Any) -> Any:
    document = parse(query)
    measure = Measure(schema._schema, document, variables)
    return measure.of(measure.operations[0])


@pytest.mark.parametrize(
    "query, complexity",
    [
        ("{ ticket(id: 1) { id title } }", 3),
        ("{ ticket(id: 1) { id team { id name } } }", 5),
        # A page has the binding's own size where nobody says how many rows; the list its limit.
        ("{ tickets { count } }", 2),
        ("{ tickets { rows { id title } } }", 2 + 25 * 2),
        ("{ tickets(limit: 7) { count rows { id title } } }", 3 + 7 * 2),
        ("{ ticketList { rows { id } } }", 2 + 1000),
        ("{ ticketsConnection(first: 4) { edges { cursor node { id } } pageInfo { endCursor } } }", 2 + 2 + 4 * 3),
        ("{ ticketsConnection(last: 4) { totalCount edges { node { id } } } }", 3 + 4 * 2),
        # What is nested in a row may be a list: then it counts for a few.
        ("{ tickets(limit: 3) { rows { labels { name } } } }", 2 + 3 * (1 + NESTED_ROWS)),
        ("mutation { deleteTickets(ids: [1, 2, 3]) { success ids } }", 3),
        ('mutation { saveTickets(rows: [{title: "a"}, {title: "b"}]) { objects { id title } } }', 2 + 2 * 2),
        ("subscription { ticketsChanged(limit: 5) { cause object { id } rows { id } } }", 4 + 1 + 5),
        ("{ __typename __schema { types { name fields { name } } } }", 0),
        ("{ nothing { at { all } } }", 3),
    ],
)
def test_complexity(query: str, complexity: int) -> None:
    assert measured(query).complexity() == complexity


@pytest.mark.parametrize(
    "variables, rows", [({}, 8), ({"n": 3}, 3), ({"n": "x"}, 25), ({"n": True}, 1), ({"n": -5}, 0)]
)
def test_numbers_in_variables(variables: Any, rows: int) -> None:
    query = "query($n: Int = 8) { tickets(limit: $n) { rows { id } } }"
    assert measured(query, **variables).complexity() == 2 + rows


def test_lists_in_variables() -> None:
    query = "mutation($rows: [TicketSaveInput!]!) { saveTickets(rows: $rows) { objects { id } } }"
    assert measured(query, rows=[{}] * 50).complexity() == 2 + 50


def test_fragments_count_wherever_they_are_used() -> None:
    direct = measured("{ a: tickets(limit: 5) { rows { id title } } b: tickets(limit: 9) { rows { id title } } }")
    spread = measured(
        "{ a: tickets(limit: 5) { ...P } b: tickets(limit: 9) { ...P } }"
        "fragment P on TicketPage { rows { ...T ... on Ticket { title } } } fragment T on Ticket { id }"
    )
    assert (spread.complexity(), spread.depth, spread.aliases) == (direct.complexity(), direct.depth, direct.aliases)
    assert spread.complexity() == 4 + 5 * 2 + 9 * 2


def test_repeated_fields_count_as_aliases() -> None:
    """To merge them takes time with their square, and no client has a use for it."""
    assert measured("{ ticket(id: 1) { id id id ... on Ticket { id } a: title b: title } }").aliases == 5


@pytest.fixture
def ask(demo: Demo) -> Any:
    """What an operation of alice's is refused for, without a query; else None."""

    def ask(query: str, **variables: Any) -> str | None:
        context = GraphQLContext(Fixed(demo.alice), None)
        with CaptureQueriesContext(connection) as queries:
            result = async_to_sync(schema.execute)(query, variable_values=variables, context_value=context)
        if not result.errors:
            return None
        name = str((result.errors[0].extensions or {})["code"])
        assert name == "not_found" or len(queries) == 0
        return name

    return ask


def test_limits_hold(ask: Any, settings: Any) -> None:
    deep = "{ ticket(id: 1) { team { id } } }"
    aliased = "{ a: __typename b: __typename }"
    many = "{ tickets(limit: 10) { rows { id } } }"
    for query, name, enough in ((deep, "DEPTH", 3), (aliased, "ALIASES", 2), (many, "COMPLEXITY", 12)):
        settings.BINDING_SCHEMA = {f"GRAPHQL_MAX_{name}": enough}
        assert ask(query) in (None, "not_found"), query
        settings.BINDING_SCHEMA = {f"GRAPHQL_MAX_{name}": enough - 1}
        assert ask(query) == "too_large", query
    settings.BINDING_SCHEMA = {"GRAPHQL_MAX_TOKENS": 7}
    assert ask("{ a: __typename }") is None
    assert ask("{ a: __typename b: __typename }") == "too_large"


def test_a_page_is_no_larger_than_over_the_flat_protocol(ask: Any) -> None:
    assert ask("{ tickets(limit: 100) { count } }") is None
    assert ask("{ tickets(limit: 101) { count } }") == "invalid_data"
    assert ask("{ ticketsConnection(first: 101) { totalCount } }") == "invalid_data"


def test_the_defaults_leave_room_for_what_pages_ask(ask: Any) -> None:
    fields = "id title body status priority createdAt cost dueOn team { id name } labels { id name color }"
    assert (
        ask(f"{{ tickets(limit: 100) {{ count rows {{ {fields} }} }} ticketList {{ rows {{ {fields} }} }} }}") is None
    )


# What is made to take long ----------------------------------------------------------------------------------------------


def bomb(levels: int, width: int) -> str:
    """Unfolded, it has ``width ** levels`` fields."""
    inner = [f"fragment F{n} on Team {{ {' '.join([f'...F{n + 1}'] * width)} }}" for n in range(levels)]
    return f"{{ ticket(id: 1) {{ team {{ ...F0 }} }} }} {' '.join(inner)} fragment F{levels} on Team {{ id }}"


ATTACKS = {
    "aliases": "{" + " ".join(f"a{n}: __typename" for n in range(10_000)) + "}",
    "fewer aliases": "{" + " ".join(f"a{n}: __typename" for n in range(600)) + "}",
    "the same field": "{ ticket(id: 1) {" + "id " * 1900 + "} }",
    "the same object": "{ ticket(id: 1) {" + "team { id } " * 450 + "} }",
    "the same object in fragments": "{ ticket(id: 1) {" + "... on Ticket { team { id } } " * 200 + "} }",
    "fields that differ": "{" + " ".join(f"ticket(id: {n}) {{ id }}" for n in range(200)) + "}",
    "deep": "{ ticket(id: 1)" + "{ team" * 5000 + "}" * 5000 + "}",
    "rather deep": "{ ticket(id: 1)" + "{ team" * 60 + "{ id }" + "}" * 60 + "}",
    "deep values": "{ tickets(filters: " + "{not: " * 2000 + "{}" + "}" * 2000 + ") { count } }",
    "deep lists": "{ tickets(order: " + "[" * 3000 + "]" * 3000 + ") { count } }",
    "a huge value": '{ tickets(query: "' + "x" * 900_000 + '") { count } }',
    "a fragment bomb": bomb(40, 15),
    "a long chain of fragments": bomb(160, 1),
    "many lists": "{" + " ".join(f"a{n}: ticketList {{ rows {{ id title body status }} }}" for n in range(29)) + "}",
    "a number beyond all": "{ tickets(limit: 1" + "0" * 100_000 + ") { rows { id } } }",
    "many fragments": "{" + " ".join(f"...F{n}" for n in range(200)) + "}"
    + " ".join(f"fragment F{n} on Query {{ __typename }}" for n in range(200)),
    "a cycle": "{ ticket(id: 1) { ...A } } fragment A on Ticket { id ...B } fragment B on Ticket { id ...A }",
    "a cycle by fields": "{ ticket(id: 1) { ...A } } fragment A on Ticket { team { ...B } } fragment B on Team { ...B }",
    "unknown fragments": "{" + " ".join(f"...F{n}" for n in range(900)) + "}",
    "variables": "query(" + " ".join(f"$v{n}: Int" for n in range(600)) + ") { __typename }",
    "directives": "{ __typename " + "@include(if: true) " * 280 + "}",
    "introspection": "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }",
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_are_refused_and_soon(name: str, ask: Any, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"GRAPHQL_INTROSPECTION": True}
    started = time.process_time()
    assert ask(ATTACKS[name]) in ("too_large", "invalid_data", "not_found", None), name
    took = time.process_time() - started
    assert took < 2, f"{name}: {took:.2f} s"  # a tenth of it, on a machine that does nothing else


@pytest.mark.parametrize(
    "name", ["aliases", "fewer aliases", "the same field", "the same object", "the same object in fragments",
             "fields that differ", "deep", "rather deep", "deep values", "a fragment bomb", "many lists"],
)  # fmt: skip
def test_they_are_too_large(name: str, ask: Any) -> None:
    assert ask(ATTACKS[name]) == "too_large"


def test_measuring_takes_no_longer_than_the_document_is_long() -> None:
    def took(levels: int) -> float:
        document = parse(bomb(levels, 12))
        started = time.perf_counter()
        for _ in range(20):
            measure = Measure(schema._schema, document, {})
            measure.of(measure.operations[0])
        return time.perf_counter() - started

    took(10)
    assert took(60) < 12 * took(15)  # four times as long, with room for noise; unfolded it would be 12 ** 45 times


# Introspection ----------------------------------------------------------------------------------------------------------

INTROSPECTION = "{ __schema { queryType { name } } }"
MISTAKES = (
    "{ tickt(id: 1) { id } }",
    "{ ticket(id: 1) { titel } }",
    "{ tickets(limt: 1) { count } }",
    "{ tickets(filters: {statu: OPEN}) { count } }",
    "{ tickets(filters: {status: OPNE}) { count } }",
    "{ ticket(id: 1) { ... on Tickt { id } } }",
)


async def answer(query: str, demo: Demo, **variables: Any) -> Any:
    context = GraphQLContext(Fixed(demo.alice), None)
    return await schema.execute(query, context_value=context, variable_values=variables)


@pytest.mark.parametrize(
    "debug, setting, allowed", [(False, None, False), (True, None, True), (False, True, True), (True, False, False)]
)
async def test_introspection(debug: bool, setting: Any, allowed: bool, demo: Demo, settings: Any) -> None:
    settings.DEBUG = debug
    settings.BINDING_SCHEMA = {} if setting is None else {"GRAPHQL_INTROSPECTION": setting}
    for _ in range(2):  # what is kept of a document does not outlive the setting
        assert ((await answer(INTROSPECTION, demo)).errors is None) is allowed
    assert (await answer("{ __typename }", demo)).errors is None
    told = [str((await answer(query, demo)).errors) for query in MISTAKES]
    variable = "query($f: TicketFilters) { tickets(filters: $f) { count } }"
    told += [str((await answer(variable, demo, f=value)).errors) for value in ({"statu": "OPEN"}, {"status": "OPNE"})]
    assert [("Did you mean" in text) for text in told] == [allowed] * len(told), told
    assert all("invalid_data" in text for text in told)


# What is kept -----------------------------------------------------------------------------------------------------------


async def test_documents_are_kept_unless_they_are_long(demo: Demo) -> None:
    known = _cache.cached_parse_document.cache_info  # type: ignore[attr-defined]
    short = "{ tickets(limit: 11) { limit } }"
    await answer(short, demo)
    hits = known().hits
    assert (await answer(short, demo)).data == {"tickets": {"limit": 11}}
    assert known().hits > hits
    size, long = known().currsize, f"{{ tickets(limit: 12) {{ limit }} }} #{'x' * CHARACTERS}"
    assert (await answer(long, demo)).data == {"tickets": {"limit": 12}}
    assert known().currsize == size


# Schemas made otherwise -------------------------------------------------------------------------------------------------


@strawberry.type
class Item:
    name: str


@strawberry.type
class Query:
    @strawberry.field
    def items(self, first: int = 10) -> list[Item]:
        return []


async def test_a_hand_written_list_counts_by_its_own_arguments(demo: Demo) -> None:
    made = build_schema(query=Query)._schema
    measure = Measure(made, parse("{ a: items(first: 50) { name } b: items { name } }"), {})
    assert measure.of(measure.operations[0]).complexity() == 2 + 50 + NESTED_ROWS


async def test_parts_bring_the_limits_with_them(demo: Demo) -> None:
    parts = build_parts()
    own = strawberry.Schema(
        query=parts.query, mutation=parts.mutation, extensions=parts.extensions,
        config=strawberry.schema.config.StrawberryConfig(scalar_map=dict(parts.scalar_map)),
    )  # fmt: skip
    result = await own.execute(ATTACKS["fewer aliases"], context_value=GraphQLContext(Fixed(demo.alice), None))
    assert [error.extensions["code"] for error in result.errors or []] == ["too_large"]


async def test_over_http_it_is_a_clear_error(asgi: Http, demo: Demo) -> None:
    found = await asgi.run(ATTACKS["aliases"], user=demo.alice)
    assert codes(found) == ["too_large"]
    found = await asgi.run(ATTACKS["many lists"], user=demo.alice)
    limit = Settings().GRAPHQL_MAX_COMPLEXITY
    assert f"at most {limit} are allowed" in found["errors"][0]["message"]
