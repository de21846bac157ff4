"""From an annotation to a field of the IR: type, nullability, rights, labels, choices."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

import pytest
from django.contrib.auth.models import User
from pydantic import Field, ValidationError

from binding_schema import Binding, ReadOnly, WriteOnly, auto, computed, field, is_staff
from binding_schema.compile.ir import Kind
from helpdesk.models import Label, Team, Ticket
from tests.app.models import Country, Passport, Person, Seat, Specimen

from .helpers import accepts, create_schema, row_schema, stream


def test_the_model_may_stand_in_brackets_or_as_an_attribute() -> None:
    class InBrackets(Binding[Label]):
        id: auto
        name: auto

    class AsAttribute(Binding[Any]):
        model = Label
        id: auto
        name: auto

    found = [stream(InBrackets), stream(AsAttribute)]
    assert [item.model for item in found] == [Label, Label]
    assert [item.name for item in found] == ["helpdesk.Label", "helpdesk.Label"]
    assert row_schema(found[0])["properties"] == row_schema(found[1])["properties"]


def test_auto_takes_type_nullability_choices_and_texts_from_the_model() -> None:
    class TicketItem(Binding[Ticket]):
        stream = None
        id: auto
        title: auto
        status: auto
        priority: auto
        cost: auto
        due_on: auto
        created_at: auto

    rows = row_schema(stream(TicketItem))["properties"]
    # A key of 64 bits may be beyond what JavaScript's numbers hold, and travels as a text then.
    assert [item["type"] for item in rows["id"]["anyOf"]] == ["integer", "string"]
    assert rows["title"] == {"title": "title", "type": "string"}
    assert rows["status"]["enum"] == ["open", "pending", "closed"]
    assert rows["status"]["x-choices"][0] == {"value": "open", "label": "Open"}
    assert rows["priority"]["enum"] == [1, 2, 3, 4]
    assert [item["type"] for item in rows["cost"]["anyOf"]] == ["string", "null"]
    assert [item.get("format") for item in rows["due_on"]["anyOf"]] == ["date", None]
    assert rows["created_at"]["format"] == "date-time"


def test_choices_become_an_enum() -> None:
    class TicketItem(Binding[Ticket]):
        stream = None
        id: auto
        status: auto

    found = stream(TicketItem).fields["status"]
    assert found.enum is not None
    assert {item.name: item.value for item in found.enum} == {"OPEN": "open", "PENDING": "pending", "CLOSED": "closed"}
    assert found.choices[0] == ("open", "Open")


def test_stated_types() -> None:
    class TicketItem(Binding[Ticket]):
        stream = None
        id: int
        title: str
        status: Literal["open", "pending", "closed"]
        priority: Ticket.Priority
        body: Any
        cost: Decimal | None
        due_on: date | None
        team_id: int
        created_at: datetime

    class Auto(Binding[Ticket]):
        stream = None
        id: auto
        title: auto
        status: auto
        priority: auto
        body: auto
        cost: auto
        due_on: auto
        team_id: auto
        created_at: auto

    stated, taken = stream(TicketItem), stream(Auto)
    assert row_schema(stated)["properties"] == row_schema(taken)["properties"]
    assert create_schema(stated)["properties"] == create_schema(taken)["properties"]


def test_metadata_narrows_what_is_written() -> None:
    class LabelItem(Binding[Label]):
        id: auto
        name: Annotated[str, Field(min_length=3)]
        color: auto

    kind = stream(LabelItem).fields["name"].type
    assert accepts(kind, "abc") == "abc"
    with pytest.raises(ValidationError, match="at least 3"):
        accepts(kind, "ab")
    with pytest.raises(ValidationError, match="at most"):
        accepts(kind, "a" * 1000)


def test_what_can_be_written() -> None:
    class TicketItem(Binding[Ticket]):
        stream = None
        id: auto
        title: ReadOnly[str]
        body: WriteOnly[str]
        cost: auto = field(readable=is_staff, writable=is_staff)
        priority: auto = field(writable=False)
        team_name: auto = field(source="team__name")
        created_at: auto

        @computed(needs=["title"])
        def length(self, ticket: Ticket) -> int:
            """How long the title is."""
            return len(ticket.title)

    found = stream(TicketItem)
    written = {name for name, item in found.fields.items() if item.writable is not False}
    assert written == {"body", "cost"}
    assert create_schema(found)["properties"].keys() == {"body", "cost"}
    assert row_schema(found)["properties"].keys() == set(found.fields) - {"body"}
    assert (found.fields["cost"].readable, found.fields["cost"].writable) == (is_staff, is_staff)


def test_computed_fields() -> None:
    class TicketItem(Binding[Ticket]):
        stream = None
        id: auto

        @computed(needs=["title", "team__name", "labels"], label="Words", help="All of them.", readable=is_staff)
        async def words(self, ticket: Ticket) -> list[str] | None: ...

        @computed(needs=[])
        def answer(self, ticket: Ticket) -> int:
            """The answer."""
            return 42

    words, answer = stream(TicketItem).fields["words"], stream(TicketItem).fields["answer"]
    assert (words.kind, words.needs, words.is_async) == (Kind.COMPUTED, ("title", "team__name", "labels"), True)
    assert (words.label, words.help, words.readable, words.nullable) == ("Words", "All of them.", is_staff, True)
    assert (answer.label, answer.help, answer.is_async, answer.nullable) == ("answer", "The answer.", False, False)
    assert row_schema(stream(TicketItem))["properties"]["words"]["anyOf"][0] == {
        "type": "array",
        "items": {"type": "string"},
    }


def test_labels_and_help() -> None:
    class TicketItem(Binding[Ticket]):
        stream = None
        id: auto
        title: auto = field(label="Subject", help="In a few words.")
        created_at: auto

    rows = row_schema(stream(TicketItem))["properties"]
    assert (rows["title"]["title"], rows["title"]["description"]) == ("Subject", "In a few words.")
    assert rows["created_at"]["title"] == "created at"


def test_a_field_under_another_name() -> None:
    class TicketItem(Binding[Ticket]):
        stream = None
        id: auto
        subject: str = field(source="title")
        team_name: str = field(source="team__name")
        boss: str | None = field(source="assignee__username")

    found = stream(TicketItem).fields
    assert [(found[name].path, found[name].attribute) for name in ("subject", "team_name", "boss")] == [
        ("title", "title"), ("team__name", ""), ("assignee__username", ""),
    ]  # fmt: skip
    assert [found[name].nullable for name in ("subject", "team_name", "boss")] == [False, False, True]


def test_a_path_through_a_reverse_one_to_one_may_be_null() -> None:
    class PersonItem(Binding[Person]):
        id: auto
        name: auto
        number: str | None = field(source="passport__number")

    assert stream(PersonItem).fields["number"].nullable


def test_what_a_new_row_needs() -> None:
    class TicketItem(Binding[Ticket]):
        fields = "__all__"

    assert set(create_schema(stream(TicketItem))["required"]) == {"title", "team_id"}


def test_all_fields_but_password_hashes() -> None:
    class UserItem(Binding[User]):
        stream = None
        fields = "__all__"

    assert set(stream(UserItem).fields) == {
        item.attname for item in User._meta.concrete_fields if item.name != "password"
    }  # fmt: skip


def test_all_fields_with_some_declared_or_dropped() -> None:
    class TicketItem(Binding[Ticket]):
        fields = "__all__"
        subject: str = field(source="title")
        priority: ReadOnly[int]
        cost = field(readable=is_staff)
        due_on = None

    found = stream(TicketItem).fields
    assert "title" not in found
    assert "due_on" not in found
    assert found["priority"].writable is False
    assert found["cost"].readable is is_staff


def test_a_list_of_fields() -> None:
    class LabelItem(Binding[Label]):
        fields = ["id", "name"]
        color: ReadOnly[str]

    class TeamItem(Binding[Team]):
        fields = ("name",)

    assert list(stream(LabelItem).fields) == ["color", "id", "name"]
    assert list(stream(TeamItem).fields) == ["id", "name"]


def test_every_row_has_its_key() -> None:
    class LabelItem(Binding[Label]):
        name: auto
        color: auto

    found = stream(LabelItem)
    assert list(found.fields) == ["id", "name", "color"]
    assert found.types is not None
    assert "id" in found.types.update.model_json_schema()["required"]


def test_what_is_no_field() -> None:
    class LabelItem(Binding[Label]):
        id: auto
        name: auto
        color: auto
        _cache: dict[str, str]
        LIMIT: ClassVar[int] = 5
        page_size: int = 7
        SHADES = ("red", "blue")

        def helper(self) -> int:
            return 1

    found = stream(LabelItem)
    assert set(found.fields) == {"id", "name", "color"}
    assert found.page_size == 7


# Keys -----------------------------------------------------------------------------------------------------------------


def test_a_key_that_clients_choose() -> None:
    class CountryItem(Binding[Country]):
        id: auto
        name: auto

    found = stream(CountryItem)
    assert (found.fields["id"].attribute, found.fields["id"].create_only) == ("code", True)
    assert found.fields["id"].type.output is str
    assert found.types is not None
    assert set(create_schema(found)["required"]) == {"id", "name"}
    assert found.types.update.model_json_schema()["required"] == ["id"]


def test_a_uuid_key() -> None:
    class SpecimenItem(Binding[Specimen]):
        id: auto
        name: auto

    found = stream(SpecimenItem)
    assert row_schema(found)["properties"]["id"]["format"] == "uuid"
    assert found.fields["id"].writable is False


def test_a_key_that_is_a_relation() -> None:
    class PassportItem(Binding[Passport]):
        id: auto
        number: auto

    key = stream(PassportItem).fields["id"]
    assert (key.attribute, key.path, key.create_only, key.required) == ("person", "person_id", True, True)


def test_a_composite_key() -> None:
    class SeatItem(Binding[Seat]):
        id: auto
        row: auto
        number: auto
        taken: auto

    found = stream(SeatItem)
    key = found.fields["id"]
    assert accepts(key.type, "A%2C1,7") == ("A,1", 7)
    assert key.type.dump is not None
    assert key.type.dump(("A,1", 7)) == "A%2C1,7"
    for value in ("A", "A,1,2", 5, None):
        with pytest.raises(ValidationError):
            accepts(key.type, value)
    assert key.writable is False
    assert (found.fields["row"].create_only, found.fields["taken"].create_only) == (True, False)
    assert row_schema(found)["properties"]["id"]["type"] == "string"
