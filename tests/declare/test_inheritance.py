"""Bindings that extend each other, mixins, generic bases, and what a subclass drops."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from django.db.models import Model, Q

from binding_schema import (
    AllowAny,
    Binding,
    Context,
    IsAuthenticated,
    ReadOnly,
    action,
    auto,
    computed,
    field,
    is_staff,
)
from binding_schema.compile.ir import Kind
from helpdesk.models import Label, Team, Ticket
from tests.compile.helpers import compiled, stream

M = TypeVar("M", bound=Model)


class Named:
    """A mixin that is no binding."""

    name: auto

    @computed(needs=["name"])
    def length(self, obj: Any) -> int:
        return len(obj.name)

    @action
    def rename(self, ctx: Context, name: str) -> None: ...

    def visible_to(self, user: Any) -> Q:
        return Q(name="mine")


class Base(Binding[M], Generic[M]):
    abstract = True
    permissions = [IsAuthenticated]
    page_size = 7

    id: auto


def test_a_mixin_brings_fields_actions_and_hooks() -> None:
    class Odd(Named, Base[Label]):
        color: auto

    found = stream(Odd)
    assert list(found.fields) == ["id", "name", "color", "length"]
    assert set(found.actions) == {"rename"}
    assert found.has_row_rule
    assert (found.model, found.page_size) == (Label, 7)


def test_a_generic_base_takes_its_model_from_the_brackets() -> None:
    class Labels(Base[Label]):
        name: auto
        color: auto

    class Teams(Base[Team]):
        name: auto

    schema = compiled(Labels, Teams)
    assert {name: item.model for name, item in schema.streams.items()} == {
        "helpdesk.Label": Label, "helpdesk.Team": Team,
    }  # fmt: skip


def test_abstract_is_said_by_each_class_for_itself() -> None:
    class Parent(Base[Label]):
        abstract = True
        name: auto
        color: auto

    class Child(Parent):
        pass

    assert (Parent.abstract, Child.abstract) == (True, False)
    assert set(compiled(Parent, Child).by_key) == {"Child"}


def test_a_subclass_declares_a_field_anew() -> None:
    class Parent(Base[Ticket]):
        abstract = True
        stream = None
        title: auto
        cost: auto = field(readable=is_staff)
        body: auto

        @computed(needs=["title"])
        def priority(self, obj: Ticket) -> int:
            return 1

    class Child(Parent):
        title: ReadOnly[str]
        cost: ReadOnly[Any]
        priority: auto

        @computed(needs=["body"])
        def body(self, obj: Ticket) -> str:
            return obj.body.upper()

    found = stream(Child)
    assert found.fields["title"].writable is False
    # What the base says beside the type still holds.
    assert found.fields["cost"].readable is is_staff
    assert (found.fields["body"].kind, found.fields["priority"].kind) == (Kind.COMPUTED, Kind.COLUMN)


def test_none_drops_what_a_base_declares() -> None:
    class Parent(Base[Ticket]):
        abstract = True
        stream = None
        title: auto
        cost: auto = field(readable=is_staff)

        @computed(needs=["title"])
        def length(self, obj: Ticket) -> int:
            return len(obj.title)

        @action
        def close(self, ctx: Context, ticket: Ticket) -> None: ...

    class Child(Parent):
        cost = None
        length = None
        close = None

    found = stream(Child)
    assert list(found.fields) == ["id", "title"]
    assert found.actions == {}


def test_a_plain_method_hides_an_action() -> None:
    class Parent(Base[Label]):
        abstract = True
        stream = None

        @action
        def paint(self, ctx: Context) -> None: ...

    class Child(Parent):
        def paint(self, ctx: Context) -> None: ...

    assert stream(Child).actions == {}


def test_attributes_are_inherited_and_replaced() -> None:
    class Parent(Base[Ticket]):
        abstract = True
        stream = None
        title: auto
        filters = {"title": ["exact"]}

    class Child(Parent):
        permissions = [AllowAny]
        filters = {**Parent.filters, "status": ["exact"]}

    found = stream(Child)
    assert {item.path for item in found.filters.values()} == {"title", "status"}
    assert [type(item) for item in found.permission.parts] == [AllowAny]


def test_two_bindings_of_one_model() -> None:
    class Public(Base[Team]):
        name: auto

    class Internal(Public):
        stream = "internal.Team"

    class OnlyNested(Public):
        stream = None

    schema = compiled(OnlyNested, Public, Internal)
    assert set(schema.streams) == {"helpdesk.Team", "internal.Team"}
    assert schema.by_model == {Team: "Public"}
