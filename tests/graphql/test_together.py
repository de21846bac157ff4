"""Generated types beside hand-written ones, of strawberry's and strawberry-django's, in one schema."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import pytest
import strawberry
import strawberry_django
from django.core.exceptions import ImproperlyConfigured
from django.test import AsyncRequestFactory
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types
from strawberry_django.optimizer import DjangoOptimizerExtension

from binding_schema.resolve.authentication import make_token
from binding_schema.transports.graphql import build_parts, build_schema, fetch_one, fetch_rows
from helpdesk.bindings import LabelBinding, TeamBinding, TicketBinding
from helpdesk.models import Label, Team

from .own import ask, block, codes, run, subscribed

PARTS = build_parts([TicketBinding, TeamBinding, LabelBinding])
TicketType = PARTS.types["helpdesk.Ticket"]
TeamType = PARTS.types["helpdesk.Team"]


@strawberry.type
class Desk:
    """Hand-written, with generated types in it."""

    name: str

    @strawberry.field
    async def team(self, info: strawberry.Info) -> TeamType | None:  # type: ignore[valid-type]
        found = await Team.objects.aget(name=self.name)
        return await fetch_one(info, TeamBinding, found.pk)

    @strawberry.field
    async def urgent(self, info: strawberry.Info, limit: int = 3) -> list[TicketType]:  # type: ignore[valid-type]
        filters = {"team__name": self.name, "priority__gte": 3}
        return await fetch_rows(info, "helpdesk.Ticket", filters=filters, order="id", limit=limit)


@strawberry_django.type(Label, name="PlainLabel")
class PlainLabel:
    id: strawberry.auto
    name: strawberry.auto


Result = Annotated[TicketType | TeamType | PlainLabel, strawberry.union("Result")]


@strawberry.type
class Query:
    plain_labels: list[PlainLabel] = strawberry_django.field()

    @strawberry.field
    def desk(self, name: str) -> Desk:
        return Desk(name=name)

    @strawberry.field
    async def anything(self, info: strawberry.Info, kind: str, id: strawberry.ID) -> Result:  # type: ignore[valid-type]
        kinds = {"Ticket": (TicketType, TicketBinding), "Team": (TeamType, TeamBinding)}
        cls, binding = kinds[kind]
        return strawberry.cast(cls, await fetch_one(info, binding, id))


@strawberry.type
class Mutation:
    @strawberry.mutation
    def shout(self, text: str) -> str:
        return text.upper()


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int) -> AsyncIterator[int]:
        for number in range(to):
            yield number


@pytest.fixture(scope="module")
def schema() -> Any:
    return build_schema(
        parts=PARTS, query=Query, mutation=Mutation, subscription=Subscription, extensions=[DjangoOptimizerExtension]
    )


async def test_hand_written_and_generated_fields_side_by_side(demo: Any, schema: Any) -> None:
    found = await run(
        demo.alice, '{ plainLabels { name } desk(name: "Network") { name } labelList { rows { name } } }', schema
    )
    names = [{"name": label.name} for label in demo.labels]
    assert sorted(found["plainLabels"], key=lambda item: names.index(item)) == names
    assert found["labelList"]["rows"] == sorted(names, key=lambda item: item["name"])
    assert found["desk"] == {"name": "Network"}
    assert (await run(demo.alice, 'mutation { shout(text: "a") }', schema)) == {"shout": "A"}
    created = await run(
        demo.alice,
        'mutation($t: ID!) { createTicket(input: {title: "x", team: $t}) { success } }',
        schema,
        t=demo.network.pk,
    )
    assert created["createTicket"]["success"]
    async with subscribed(demo.alice, "subscription { count(to: 1) }", schema) as feed:
        assert await feed.next() == 0
        assert await feed.ended()
    query = "subscription { ticketsChanged(snapshot: true, limit: 1) { rows { title } } }"
    async with subscribed(demo.alice, query, schema) as feed:
        assert (await feed.next())["rows"] == [{"title": "x"}]


async def test_a_hand_written_type_refers_to_generated_ones(demo: Any, schema: Any) -> None:
    """Under the bindings' rights, with what the operation selects of them, nested too."""
    query = """query($name: String!) { desk(name: $name) {
        team { name } urgent(limit: 2) { title cost team { name } labels { name } } } }"""
    found = (await run(demo.alice, query, schema, name="Network"))["desk"]
    expected = [ticket for ticket in demo.of(demo.network) if ticket.priority >= 3][:2]
    assert [row["title"] for row in found["urgent"]] == [ticket.title for ticket in expected]
    assert all(row["team"] == {"name": "Network"} and row["cost"] is None for row in found["urgent"])
    assert found["team"] == {"name": "Network"}
    # Another team's are not hers to see.
    other = await ask(demo.alice, query, schema, name="Billing")
    assert other.data == {"desk": {"team": None, "urgent": []}}
    assert codes(other) == ["not_found"]


async def test_generated_types_in_a_union(demo: Any, schema: Any) -> None:
    query = """query($kind: String!, $id: ID!) { anything(kind: $kind, id: $id) {
        __typename ... on Ticket { title labels { id } } ... on Team { name } } }"""
    ticket = demo.of(demo.network)[0]
    found = (await run(demo.alice, query, schema, kind="Ticket", id=ticket.pk))["anything"]
    assert (found["__typename"], found["title"]) == ("Ticket", ticket.title)
    found = (await run(demo.alice, query, schema, kind="Team", id=demo.network.pk))["anything"]
    assert found == {"__typename": "Team", "name": "Network"}


async def test_a_schema_of_ones_own_takes_the_parts_in(demo: Any) -> None:
    """With a view, a context and extensions that are not the library's: who asks is told from the request."""
    parts = build_parts([TicketBinding, TeamBinding, LabelBinding])

    @strawberry.type
    class Own:
        @strawberry.field
        def hello(self) -> str:
            return "world"

    schema = strawberry.Schema(
        query=merge_types("Query", (Own, parts.query)),
        mutation=parts.mutation,
        subscription=parts.subscription,
        config=StrawberryConfig(scalar_map=parts.scalar_map),
        extensions=parts.extensions,
    )
    headers = {"authorization": f"Bearer {make_token(demo.alice)}"}
    request = AsyncRequestFactory().post("/own/", headers=headers)
    query = "{ hello tickets(limit: 1) { count } }"
    for context in ({"request": request}, type("Context", (), {"request": request})()):
        found = await schema.execute(query, context_value=context)
        assert found.data == {"hello": "world", "tickets": {"count": 10}}
    anonymous = await schema.execute(query, context_value={"request": AsyncRequestFactory().post("/own/")})
    assert codes(anonymous) == ["unauthenticated"]
    assert codes(await schema.execute(query, context_value={})) == ["internal"]


@strawberry.type(name="Ticket")
class AnotherTicket:
    name: str


@strawberry.type
class OwnTicket:
    @strawberry.field
    def first(self) -> AnotherTicket:
        return AnotherTicket(name="")


# Fields of one's own on a generated type ----------------------------------------------------------------------------------


@strawberry.type
class TicketExtras:
    @strawberry.field(metadata={"needs": ["title", "priority"]}, description="In capitals.")
    def loud(self) -> str:
        return f"{self.title.upper()}{'!' * self.priority}"  # type: ignore[attr-defined]

    @strawberry.field
    def summary(self) -> str:
        return f"{self.id}: {self.title} ({self.status})"  # type: ignore[attr-defined]

    @strawberry.field(metadata={"needs": []})
    async def later(self, times: int = 1) -> int:
        await asyncio.sleep(0)
        return times


async def test_a_generated_type_with_fields_of_ones_own(demo: Any) -> None:
    schema = build_schema([TicketBinding], extend={TicketBinding: TicketExtras})
    lines = block(str(schema), "type Ticket")
    assert {"loud: String!", "summary: String!", "later(times: Int! = 1): Int!", "title: String!"} <= set(lines)
    ticket = demo.of(demo.network)[0]
    query = "query($id: ID!) { ticket(id: $id) { loud later(times: 3) } }"
    loud = f"{ticket.title.upper()}{'!' * ticket.priority}"
    # What they need is fetched though the operation does not ask for it.
    assert (await run(demo.alice, query, schema, id=ticket.pk))["ticket"] == {"loud": loud, "later": 3}
    found = await run(
        demo.alice, "{ ticketList(order: ID) { rows { ...A } } } fragment A on Ticket { summary }", schema
    )
    assert found["ticketList"]["rows"][0] == {"summary": f"{ticket.pk}: {ticket.title} ({ticket.status})"}
    update = 'mutation($id: ID!) { updateTicket(id: $id, input: {body: "x"}) { object { loud } } }'
    assert (await run(demo.alice, update, schema, id=ticket.pk))["updateTicket"]["object"] == {"loud": loud}
    query = "subscription($id: ID!) { ticketChanged(id: $id, snapshot: true) { object { loud } } }"
    async with subscribed(demo.alice, query, schema, id=ticket.pk) as feed:
        assert (await feed.next())["object"] == {"loud": loud}


def test_a_field_of_ones_own_may_not_hide_a_generated_one() -> None:
    @strawberry.type
    class Extras:
        @strawberry.field
        def due_on(self) -> str:
            return ""

        @strawberry.field
        def dueOn(self) -> str:  # noqa: N802
            return ""

    with pytest.raises(ImproperlyConfigured, match="'due_on' and 'dueOn' are both 'dueOn'"):
        build_parts([TicketBinding], extend={TicketBinding: Extras})


def test_a_root_field_that_is_there_already_is_refused() -> None:
    @strawberry.type
    class Own:
        @strawberry.field
        def tickets(self) -> str:
            return ""

    with pytest.raises(ImproperlyConfigured, match="Query has tickets from the bindings already"):
        build_schema([TicketBinding], query=Own)


def test_a_type_that_is_there_already_is_refused() -> None:
    with pytest.raises(Exception, match="Type Ticket is defined multiple times in the schema"):
        build_schema([TicketBinding], query=OwnTicket)


# Federation ---------------------------------------------------------------------------------------------------------------


async def test_a_federated_schema(demo: Any) -> None:
    schema = build_schema([TicketBinding, TeamBinding], schema_class=strawberry.federation.Schema)
    found = await run(demo.alice, "{ _service { sdl } tickets(limit: 1) { count } }", schema)
    assert found["tickets"] == {"count": 10}
    sdl = found["_service"]["sdl"]
    assert 'type Ticket @key(fields: "id") {' in sdl
    assert 'type Team @key(fields: "id") {' in sdl
    assert "type Agent {" in sdl  # only nested: it cannot be asked for by its key
    own, other = demo.of(demo.network)[0], demo.of(demo.billing)[0]
    query = """query($of: [_Any!]!) { _entities(representations: $of) {
        __typename ... on Ticket { title team { name } } ... on Team { name } } }"""
    wanted = [
        {"__typename": "Ticket", "id": str(own.pk)},
        {"__typename": "Team", "id": str(demo.network.pk)},
        {"__typename": "Ticket", "id": str(other.pk)},
    ]
    answer = await ask(demo.alice, query, schema, of=wanted)
    assert answer.data == {
        "_entities": [
            {"__typename": "Ticket", "title": own.title, "team": {"name": "Network"}},
            {"__typename": "Team", "name": "Network"},
            None,
        ]
    }
    assert codes(answer) == ["not_found"]
