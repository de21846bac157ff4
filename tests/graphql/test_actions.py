"""Actions and events as fields: parameters and results of every kind."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from binding_schema import Binding, Context, Event, IsAuthenticated, action, auto
from binding_schema.errors import Conflict
from helpdesk.models import Team, Ticket

from .own import ask, block, codes, run, serve


class Step(BaseModel):
    title: str
    minutes: int | None = None


class Plan(BaseModel):
    """What is to be done."""

    name: str = Field(description="In a word.")
    steps: list[Step]
    first_step: Step | None = None
    weights: dict[str, int] = {}


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Escalation(TypedDict):
    level: int
    by_whom: str


class TeamBinding(Binding[Team]):
    stream = None
    id: auto
    name: auto


class DeskBinding(Binding[Ticket]):
    stream = "own.Desk"
    permissions = [IsAuthenticated]

    id: auto
    title: auto
    team: TeamBinding

    escalated = Event(Escalation, help="A ticket needs someone above.")
    counted = Event(dict[str, int])

    @action
    def nothing(self, ctx: Context) -> None:
        """Do nothing."""

    @action
    def first(self, ctx: Context) -> Ticket:
        return Ticket.objects.order_by("pk")[0]

    @action
    def rename(self, ctx: Context, ticket: Ticket, title: str = "Renamed") -> Ticket:
        if title == "bad":
            raise ValidationError({"title": ValidationError("No.", code="ugly")})
        ticket.title = title
        ticket.save()
        return ticket

    @action(read=True)
    def some(self, ctx: Context, limit: int = 2) -> list[Ticket]:
        return list(Ticket.objects.order_by("pk")[:limit])

    @action
    def rows(self, ctx: Context) -> QuerySet[Ticket]:
        return Ticket.objects.order_by("pk")[:2]

    @action(read=True)
    def oldest(self, ctx: Context) -> Ticket:
        return Ticket.objects.order_by("pk")[0]

    @action(read=True)
    def number(self, ctx: Context) -> int:
        return 42

    @action(read=True)
    def maybe(self, ctx: Context, given: bool) -> Plan | None:
        return Plan(name="p", steps=[]) if given else None

    @action(read=True)
    def plan(self, ctx: Context) -> Plan:
        steps = [Step(title="one", minutes=1), Step(title="two")]
        return Plan(name="p", steps=steps, first_step=steps[0], weights={"a": 1})

    @action
    def plans(self, ctx: Context) -> list[Plan]:
        return [Plan(name="q", steps=[Step(title="x")])]

    @action(read=True)
    def money(self, ctx: Context) -> Decimal:
        return Decimal("1.50")

    @action(read=True)
    def result(self, ctx: Context) -> dict[str, int]:
        """A key of the wire's own is nothing special here."""
        return {"result": 5}

    @action(read=True)
    def echo(
        self,
        ctx: Context,
        text: Annotated[str, Field(max_length=5)],
        day: dt.date,
        when: dt.datetime | None = None,
        pause: dt.timedelta | None = None,
        price: Decimal | None = None,
        key: uuid.UUID | None = None,
        colour: Colour = Colour.RED,
        size: Literal["s", "l"] = "s",
        many: list[int] | None = None,
        flag: bool = False,
        ratio: float = 0.5,
        plan: Plan | None = None,
    ) -> dict[str, Any]:
        given = {"text": text, "day": day, "when": when, "pause": pause, "price": price, "key": key, "colour": colour}
        shown = {name: None if value is None else str(value) for name, value in given.items()}
        plain = {"size": size, "many": many, "flag": flag, "ratio": ratio}
        return {**shown, **plain, "plan": plan.model_dump() if plan else None}

    @action
    def fail(self, ctx: Context) -> None:
        raise Conflict("Not now.")

    @action(read=True)
    def note(self, ctx: Context, text: str = "", **more: Any) -> dict[str, Any]:
        return {"text": text, **more}

    @action
    def escalate(self, ctx: Context, ticket: Ticket, level: int) -> None:
        ctx.dispatch("own.Desk.escalated", {"level": level, "by_whom": ctx.user.username}, obj=ticket)


@pytest.fixture
def schema(monkeypatch: pytest.MonkeyPatch) -> Any:
    return serve(monkeypatch, DeskBinding, TeamBinding)


def test_parameters_and_results_as_types(schema: Any) -> None:
    text = str(schema)
    query = {line.partition("(")[0].partition(":")[0]: line for line in block(text, "type Query")}
    assert query["deskSome"] == "deskSome(limit: BigInt): [Desk!]!"
    assert query["deskOldest"] == "deskOldest: Desk"
    assert query["deskNumber"] == "deskNumber: Int!"
    assert query["deskMoney"] == "deskMoney: String!"  # as Pydantic describes it
    assert query["deskResult"] == "deskResult: JSON!"
    assert query["deskPlan"] == "deskPlan: DeskPlanResult!"
    assert query["deskEcho"] == (
        "deskEcho(text: String!, day: Date!, when: DateTime, pause: Duration, price: Decimal, key: UUID, colour: String, "
        "size: String, many: [BigInt!], flag: Boolean, ratio: Float, plan: DeskEchoPlanInput): JSON!"
    )
    assert block(text, "input DeskEchoPlanInput") == [
        "name: String!", "steps: [DeskEchoPlanStepsInput!]!", "firstStep: DeskEchoPlanStepsInput", "weights: JSON",
    ]  # fmt: skip
    assert block(text, "type DeskPlanResult") == [
        "name: String!", "steps: [DeskPlanStepsResult!]!", "firstStep: DeskPlanStepsResult", "weights: JSON",
    ]  # fmt: skip
    assert '"""What is to be done."""' in text
    assert '"""In a word."""' in text
    assert block(text, "type DeskNothingPayload") == ["success: Boolean!", "errors: [FieldError!]!"]
    assert block(text, "type DeskRenamePayload")[2:] == ["object: Desk"]
    assert block(text, "type DeskRowsPayload")[2:] == ["objects: [Desk!]"]
    assert block(text, "type DeskPlansPayload")[2:] == ["result: [DeskPlansResult!]"]
    assert block(text, "type DeskEscalatedEvent") == ["level: Int!", "byWhom: String!"]
    subscription = block(text, "type Subscription")
    assert subscription[2:] == ["deskCounted: JSON!", "deskEscalated: DeskEscalatedEvent!"]


async def test_results(demo: Any, schema: Any) -> None:
    first, second = (ticket.pk for ticket in demo.tickets[:2])
    query = """{ deskSome { id title } three: deskSome(limit: "3") { id } deskOldest { id team { name } } deskNumber
        deskMoney deskResult yes: deskMaybe(given: true) { name steps { title } } no: deskMaybe(given: false) { name } }"""
    found = await run(demo.admin, query, schema)
    assert found["deskSome"] == [{"id": str(first), "title": "Ticket 0"}, {"id": str(second), "title": "Ticket 1"}]
    assert len(found["three"]) == 3
    assert found["deskOldest"] == {"id": str(first), "team": {"name": "Network"}}
    assert (found["deskNumber"], found["deskMoney"], found["deskResult"]) == (42, "1.50", {"result": 5})
    assert (found["yes"], found["no"]) == ({"name": "p", "steps": []}, None)
    found = await run(demo.admin, "{ deskPlan { name steps { title minutes } firstStep { title } weights } }", schema)
    assert found["deskPlan"] == {
        "name": "p",
        "steps": [{"title": "one", "minutes": 1}, {"title": "two", "minutes": None}],
        "firstStep": {"title": "one"},
        "weights": {"a": 1},
    }


async def test_mutations(demo: Any, schema: Any) -> None:
    key = demo.tickets[3].pk
    found = await run(
        demo.admin,
        """mutation($id: ID!) { deskNothing { success } deskFirst { object { id } }
             a: deskRename(id: $id) { success object { title team { name } } }
             b: deskRename(id: $id, title: "Other") { success }
             deskRows { objects { title } } deskPlans { result { name steps { title } } } }""",
        schema, id=key,
    )  # fmt: skip
    assert found["deskNothing"] == {"success": True}
    assert found["deskFirst"]["object"] == {"id": str(demo.tickets[0].pk)}
    assert found["a"] == {"success": True, "object": {"title": "Renamed", "team": {"name": "Network"}}}
    assert (await Ticket.objects.aget(pk=key)).title == "Other"
    assert found["deskRows"]["objects"] == [{"title": "Ticket 0"}, {"title": "Ticket 1"}]
    assert found["deskPlans"]["result"] == [{"name": "q", "steps": [{"title": "x"}]}]


async def test_parameters(demo: Any, schema: Any) -> None:
    sent = {
        "text": "abc", "day": "2024-02-29", "when": "2024-02-29T10:00:00Z", "pause": "PT90S", "price": "1.10",
        "key": str(uuid.UUID(int=5)), "colour": "blue", "size": "l", "many": [1, 2], "flag": True, "ratio": 1,
        "plan": {"name": "p", "steps": [{"title": "x"}], "weights": {"a": 1}},
    }  # fmt: skip
    query = """query($text: String!, $day: Date!, $when: DateTime, $pause: Duration, $price: Decimal, $key: UUID,
        $colour: String, $size: String, $many: [BigInt!], $flag: Boolean, $ratio: Float, $plan: DeskEchoPlanInput) {
        deskEcho(text: $text, day: $day, when: $when, pause: $pause, price: $price, key: $key, colour: $colour, size: $size,
            many: $many, flag: $flag, ratio: $ratio, plan: $plan) }"""
    found = (await run(demo.admin, query, schema, **sent))["deskEcho"]
    assert found == {
        **sent,
        "when": "2024-02-29 10:00:00+00:00",
        "pause": "0:01:30",
        "colour": "Colour.BLUE",
        "ratio": 1.0,
        "plan": {"name": "p", "steps": [{"title": "x", "minutes": None}], "first_step": None, "weights": {"a": 1}},
    }
    short = (await run(demo.admin, '{ deskEcho(text: "a", day: "2024-01-01") }', schema))["deskEcho"]
    assert (short["colour"], short["size"], short["many"], short["plan"]) == ("Colour.RED", "s", None, None)


async def test_what_goes_wrong(demo: Any, schema: Any) -> None:
    key = demo.tickets[0].pk
    found = await run(
        demo.admin,
        'mutation($id: ID!) { deskRename(id: $id, title: "bad") { success errors { row field code message } object { id } } }',
        schema, id=key,
    )  # fmt: skip
    assert found["deskRename"] == {
        "success": False,
        "errors": [{"row": None, "field": "title", "code": "ugly", "message": "No."}],
        "object": None,
    }
    # A wrong parameter of a mutation is an error of its payload, that of a query one of the operation.
    found = await run(demo.admin, 'mutation { deskRename(id: "x") { success errors { field code } } }', schema)
    assert found["deskRename"] == {"success": False, "errors": [{"field": "id", "code": "invalid"}]}
    refused = await ask(demo.admin, '{ deskEcho(text: "too long", day: "2024-01-01") }', schema)
    assert codes(refused) == ["invalid_data"]
    assert refused.errors is not None
    assert refused.errors[0].extensions["errors"]["text"][0]["code"] == "max_length"  # type: ignore[index]
    # One of several that fails leaves the others' answers.
    both = await ask(
        demo.admin, "mutation { a: deskNothing { success } deskFail { success } b: deskNothing { success } }", schema
    )
    assert both.data == {"a": {"success": True}, "deskFail": None, "b": {"success": True}}
    assert codes(both) == ["conflict"]
    assert codes(await ask(demo.admin, "mutation { deskRename(id: 0) { success } }", schema)) == ["not_found"]


async def test_further_keys_are_one_argument(demo: Any, schema: Any) -> None:
    assert "deskNote(text: String" in str(schema)
    ask_note = 'query ($more: JSON) { deskNote(text: "a", more: $more) }'
    found = await run(demo.admin, ask_note, schema, more={"colour": "red", "tags": [1, {"x": None}]})
    assert found["deskNote"] == {"text": "a", "colour": "red", "tags": [1, {"x": None}]}
    assert (await run(demo.admin, ask_note, schema))["deskNote"] == {"text": "a"}
    assert (await run(demo.admin, ask_note, schema, more=None))["deskNote"] == {"text": "a"}
    for wrong in ([1], "red", {"text": "b"}, {"ctx": 1}):
        assert codes(await ask(demo.admin, ask_note, schema, more=wrong)) == ["invalid_data"], wrong
