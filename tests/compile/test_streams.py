"""What the IR says of a binding as a whole: its name, verbs, permissions and hooks."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable
from typing import Any

import pytest
from django.db.models import Q, QuerySet

from binding_schema import (
    BasePermission,
    Binding,
    Context,
    DjangoModelPermissions,
    IsAdminUser,
    IsAuthenticated,
    action,
    auto,
)
from binding_schema.declare.permissions import And, Not, Or
from binding_schema.types import VERBS
from helpdesk.models import Label, Team

from .helpers import compiled, stream


class Own(BasePermission):
    def has_object_permission(self, ctx: Context, obj: Any) -> bool:
        return False


class InTeam(BasePermission):
    def __init__(self, team: int) -> None:
        self.team = team


class Labels(Binding[Label]):
    abstract = True

    id: auto
    name: auto
    color: auto


def test_the_name_is_that_of_the_model_or_ones_own() -> None:
    class First(Labels):
        pass

    class Second(Labels):
        stream = "shop.Tag"

    class Third(Labels):
        stream = None

    schema = compiled(First, Second, Third)
    assert set(schema.streams) == {"helpdesk.Label", "shop.Tag"}
    assert set(schema.by_key) == {"First", "Second", "Third"}
    assert schema.by_key["Third"].name == ""


def test_two_classes_of_one_name_are_two_bindings() -> None:
    def make(name: str) -> Any:
        class Twin(Labels):
            stream = name

        return Twin

    schema = compiled(make("a.One"), make("a.Two"))
    assert set(schema.streams) == {"a.One", "a.Two"}
    assert len(schema.by_key) == 2


def test_verbs() -> None:
    class All(Labels):
        pass

    class Few(Labels):
        verbs = ("retrieve", "list")

    class Nothing(Labels):
        verbs: list[str] = []

    assert stream(All).verbs == frozenset(VERBS)
    assert stream(Few).verbs == {"retrieve", "list"}
    assert stream(Nothing).verbs == frozenset()


def test_a_stream_without_a_model() -> None:
    class Clock(Binding[Any]):
        stream = "shop.Clock"

        @action(read=True)
        def now(self, ctx: Context) -> int:
            return 1

    found = stream(Clock)
    assert (found.model, found.types, found.verbs, dict(found.fields)) == (None, None, frozenset(), {})
    assert found.actions["now"].on_object is False


def test_permissions() -> None:
    class Odd(Labels):
        permissions = [IsAuthenticated & IsAdminUser | ~DjangoModelPermissions, InTeam(3)]

    first, second = stream(Odd).permission.parts
    assert isinstance(first, Or)
    assert isinstance(first.parts[0], And)
    assert [type(item) for item in first.parts[0].parts] == [IsAuthenticated, IsAdminUser]
    assert isinstance(first.parts[1], Not)
    assert isinstance(first.parts[1].part, DjangoModelPermissions)
    assert (type(second), second.team) == (InTeam, 3)


def test_permissions_by_default_are_those_of_the_settings(settings: Any) -> None:
    class Odd(Labels):
        pass

    assert [type(item) for item in stream(Odd).permission.parts] == [DjangoModelPermissions]
    settings.BINDING_SCHEMA = {"DEFAULT_PERMISSIONS": ["binding_schema.IsAdminUser"]}
    assert [type(item) for item in stream(Odd).permission.parts] == [IsAdminUser]


@pytest.mark.parametrize(
    "own, rules",
    [([IsAuthenticated], False), ([Own], True), ([~Own], True), ([IsAuthenticated | (Own & IsAdminUser)], True)],
)
def test_permissions_about_single_objects(own: list[Any], rules: bool) -> None:
    class Odd(Labels):
        permissions = own

    assert stream(Odd).object_rules is rules


def test_a_binding_without_hooks() -> None:
    class Odd(Labels):
        pass

    found = stream(Odd)
    assert (found.has_row_rule, found.own_queryset, found.object_rules) == (False, False, False)


def test_hooks() -> None:
    class Odd(Labels):
        def visible_to(self, user: Any) -> Q:
            return Q()

        def get_queryset(self, ctx: Context) -> QuerySet[Label]:
            return Label.objects.all()

        def audience(self, ctx: Context) -> Hashable:
            return 1

        def has_object_permission(self, ctx: Context, obj: Label) -> bool:
            return True

    found = stream(Odd)
    assert (found.has_row_rule, found.own_queryset, found.object_rules) == (True, True, True)


def test_hooks_may_be_async_static_of_the_class_and_take_more_by_default() -> None:
    class Odd(Labels):
        async def visible_to(self, user: Any) -> Q:
            return Q()

        @staticmethod
        def get_queryset(ctx: Context) -> QuerySet[Label]:
            return Label.objects.all()

        @classmethod
        def sees_all(cls, ctx: Context) -> bool:
            return False

        def perform_create(self, ctx: Context, obj: Label, notify: bool = True) -> None: ...

        def perform_update(self, *args: Any, **kwargs: Any) -> None: ...

    found = stream(Odd)
    assert (found.has_row_rule, found.own_queryset) == (True, True)


def test_the_schema_is_frozen() -> None:
    class Odd(Labels):
        pass

    schema = compiled(Odd)
    for item, name in (
        (schema, "streams"),
        (schema.by_key["Odd"], "name"),
        (schema.by_key["Odd"].fields["id"], "path"),
    ):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(item, name, None)


def test_the_first_served_binding_of_a_model_stands_for_it() -> None:
    class Nested(Binding[Team]):
        stream = None
        id: auto
        name: auto

    class Served(Nested):
        stream = "shop.Team"

    class Later(Nested):
        stream = "shop.Later"

    assert compiled(Nested, Served, Later).by_model == {Team: "Served"}
