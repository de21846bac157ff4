"""Actions of the IR: on the stream or on one object, typed parameters, typed results."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

import pytest
from django.db.models import Model, QuerySet
from pydantic import BaseModel, Field, ValidationError
from typing_extensions import TypedDict

from binding_schema import AllowAny, Binding, Context, IsAuthenticated, action, auto
from binding_schema.compile.ir import Action, ResultKind
from helpdesk.models import Ticket

from .helpers import stream


class Sum(TypedDict):
    total: int


class Report(BaseModel):
    lines: list[str]


@dataclass
class Point:
    x: int


class Tickets(Binding[Ticket]):
    abstract = True
    stream = None
    permissions = [IsAuthenticated]

    id: auto
    title: auto


class Everything(Tickets):
    abstract = True

    @action
    def close(self, ctx: Context, ticket: Ticket, reason: str, days: int = 3) -> Ticket:
        """Close it."""
        return ticket

    @action(read=True, permissions=[AllowAny])
    def count(self, ctx: Context) -> int:
        return 1

    @action(atomic=False)
    async def ring(self, ctx: Context, *, on: date | None = None) -> None: ...

    @action
    def anything(self, ctx, obj: Model) -> None: ...

    @action
    def urgent(self, ctx: Context) -> list[Ticket]: ...

    @action
    def mine(self, ctx: Context) -> QuerySet[Ticket]: ...

    @action
    def sums(self, ctx: Context, kind: Literal["a", "b"], points: list[Point]) -> dict[str, Sum]: ...

    @action
    def report(self, ctx: Context, size: Annotated[int, Field(le=5)]) -> Report: ...


def actions() -> dict[str, Action]:
    class Odd(Everything):
        pass

    return dict(stream(Odd).actions)


def params(name: str) -> dict[str, Any]:
    return actions()[name].params.model_json_schema()


def test_on_an_object_or_on_the_stream() -> None:
    assert {name for name, item in actions().items() if item.on_object} == {"close", "anything"}


def test_the_data_of_an_action_on_an_object() -> None:
    found = params("close")
    assert found["required"] == ["reason", "id"]
    assert found["properties"]["reason"]["type"] == "string"
    assert found["properties"]["days"]["default"] == 3
    assert found["additionalProperties"] is False


def test_the_data_of_an_action_on_the_stream() -> None:
    assert params("count")["properties"] == {}
    assert params("ring")["properties"]["on"]["anyOf"][0]["format"] == "date"


def test_an_action_that_takes_further_keys() -> None:
    class Odd(Tickets):
        @action
        def note(self, ctx: Context, ticket: Ticket, text: str, **more: Any) -> None: ...

        @action
        def say(self, ctx: Context, /, **data: Any) -> None: ...

    found = stream(Odd).actions
    assert (found["note"].open, found["note"].taken) == ("more", {"self", "ctx", "ticket"})
    assert (found["say"].open, found["say"].taken) == ("data", set())
    schema = found["note"].params.model_json_schema()
    assert (set(schema["properties"]), schema["additionalProperties"]) == ({"id", "text"}, True)
    assert actions()["close"].open == ""


def test_options() -> None:
    found = actions()
    assert {name for name, item in found.items() if item.read} == {"count"}
    assert {name for name, item in found.items() if not item.atomic} == {"ring"}
    assert {name for name, item in found.items() if item.is_async} == {"ring"}
    assert [type(item) for item in found["count"].permission.parts] == [AllowAny]
    assert [type(item) for item in found["close"].permission.parts] == [IsAuthenticated]
    assert found["close"].help == "Close it."


def test_results() -> None:
    assert {name: item.result_kind for name, item in actions().items()} == {
        "close": ResultKind.OBJECT,
        "count": ResultKind.VALUE,
        "ring": ResultKind.NOTHING,
        "anything": ResultKind.NOTHING,
        "urgent": ResultKind.ROWS,
        "mine": ResultKind.ROWS,
        "sums": ResultKind.VALUE,
        "report": ResultKind.VALUE,
    }
    assert actions()["report"].result.json_schema()["properties"]["lines"]["items"] == {"type": "string"}
    assert actions()["sums"].result.json_schema()["$defs"]["Sum"]["required"] == ["total"]


@pytest.mark.parametrize(
    "name, data",
    [
        ("close", {"id": 1}),
        ("close", {"id": "x", "reason": "r"}),
        ("close", {"id": 1, "reason": "\x00"}),
        ("close", {"id": 1, "reason": "r", "days": 2**63}),
        ("close", {"id": 1, "reason": "r", "more": 1}),
        ("sums", {"kind": "c", "points": []}),
        ("sums", {"kind": "a", "points": [{"x": "one"}]}),
        ("report", {"size": 6}),
    ],
)
def test_wrong_data_is_refused(name: str, data: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        actions()[name].params.model_validate(data)


def test_an_action_is_still_the_plain_method() -> None:
    class Odd(Everything):
        pass

    ticket = Ticket(title="One")
    assert Odd().close(None, ticket, "done") is ticket
    assert Odd().close.__doc__ == "Close it."
