"""Mistakes in actions and events."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from typing_extensions import TypedDict

from binding_schema import Binding, Context, action
from binding_schema.declare.events import Event
from helpdesk.models import Label, Team, Ticket

from . import mistake
from .fields import Plain


class Unfinished(TypedDict):
    team: "Nowhere"  # noqa: F821, UP037


@mistake("E040", "Call it another name, such as `list_odd`")
def action_named_like_a_verb() -> Any:
    class Odd(Plain):
        @action
        def list(self, ctx: Context) -> None: ...

    return [Odd]


@mistake("E040", "Call it another name")
def action_named_like_a_live_verb() -> Any:
    class Odd(Plain):
        @action
        def subscribe(self, ctx: Context) -> None: ...

    return [Odd]


@mistake("E041", "outside of `if TYPE_CHECKING`")
def action_with_an_unknown_name() -> Any:
    class Odd(Plain):
        @action
        def close(self, ctx: Context, reason: Nowhere) -> None: ...  # noqa: F821

    return [Odd]


@mistake("E042", "Write `-> None`")
def action_without_result_type() -> Any:
    class Odd(Plain):
        @action
        def close(self, ctx: Context): ...

    return [Odd]


@mistake("E043", "Return the binding's own model")
def action_that_returns_another_model() -> Any:
    class Odd(Plain):
        @action
        def labels_of(self, ctx: Context) -> list[Label]: ...

    return [Odd]


@mistake("E043", "a TypedDict, a Pydantic model or plain values")
def action_that_returns_rows_of_no_model() -> Any:
    class Odd(Binding[Any]):
        stream = "shop.Odd"

        @action
        def urgent(self, ctx: Context) -> QuerySet[Ticket]: ...

    return [Odd]


@mistake("E044", "an object of another model is taken by its id")
def action_that_takes_another_model() -> Any:
    class Odd(Plain):
        @action
        def move(self, ctx: Context, ticket: Ticket, team: Team) -> None: ...

    return [Odd]


@mistake("E044", "an object of another model is taken by its id")
def action_whose_object_may_be_missing() -> Any:
    class Odd(Plain):
        @action
        def close(self, ctx: Context, ticket: Ticket | None = None) -> None: ...

    return [Odd]


@mistake("E044", "Use types that Pydantic knows")
def action_that_returns_an_object_or_nothing() -> Any:
    class Odd(Plain):
        @action
        def take(self, ctx: Context) -> Ticket | None: ...

    return [Odd]


@mistake("E044", "Use types that Pydantic knows")
def action_that_returns_an_unfinished_type() -> Any:
    class Odd(Plain):
        @action
        def stats(self, ctx: Context) -> Unfinished: ...

    return [Odd]


@mistake("E045", "Name each parameter, with its type")
def action_with_arguments_by_place() -> Any:
    class Odd(Plain):
        @action
        def close(self, ctx: Context, *rest: str) -> None: ...

    return [Odd]


@mistake("E044", "an object of another model is taken by its id")
def action_that_takes_an_object_by_name_only() -> Any:
    class Odd(Plain):
        @action
        def close(self, ctx: Context, *, ticket: Ticket) -> None: ...

    return [Odd]


@mistake("E045", "Write `**rest: Any`")
def action_with_further_keys_of_a_type() -> Any:
    class Odd(Plain):
        @action
        def close(self, ctx: Context, **rest: str) -> None: ...

    return [Odd]


@mistake("E045", "Write `**rest: Any`")
def action_with_further_keys_without_type() -> Any:
    class Odd(Plain):
        @action
        def close(self, ctx: Context, **rest) -> None: ...

    return [Odd]


@mistake("E046", "Write `reason: str`")
def action_with_a_parameter_without_type() -> Any:
    class Odd(Plain):
        @action
        def close(self, ctx: Context, reason) -> None: ...

    return [Odd]


@mistake("E047", "its id is looked up for you")
def action_with_an_id() -> Any:
    class Odd(Plain):
        @action
        def close(self, ctx: Context, id: int) -> None: ...

    return [Odd]


@mistake("E048", "Call it another name, such as `audience_odd`")
def action_named_like_a_hook() -> Any:
    class Odd(Plain):
        @action
        def audience(self, ctx: Context) -> None: ...

    return [Odd]


@mistake("E048", "Call it another name, such as `title_odd`")
def action_named_like_a_field() -> Any:
    class Odd(Plain):
        @action
        def title(self, ctx: Context) -> None: ...

    return [Odd]


@mistake("E048", "Call it another name, such as `body_odd`")
def action_named_like_a_listed_field() -> Any:
    class Odd(Plain):
        fields = "__all__"

        @action
        def body(self, ctx: Context) -> None: ...

    return [Odd]


@mistake("E049", "Write `def close(self, ctx: Context, ...):`")
def action_without_context() -> Any:
    class Odd(Plain):
        @action
        def close(self, ticket: Ticket, reason: str) -> None: ...

    return [Odd]


@mistake("E049", "Write `def close(self, ctx: Context, ...):`")
def action_without_parameters() -> Any:
    class Odd(Plain):
        @action
        def close(self) -> None: ...

    return [Odd]


@mistake("E049", "Write `def close(self, ctx: Context, ...):`")
def action_that_is_static() -> Any:
    class Odd(Plain):
        @action
        @staticmethod
        def close(ctx: Context) -> None: ...

    return [Odd]


@mistake("E053", "Write `reason: ... | None = None`")
def default_none_of_a_text() -> Any:
    class Odd(Plain):
        @action
        def close(self, ctx: Context, reason: str = None) -> None: ...  # noqa: RUF013

    return [Odd]


@mistake("E053", "Mend the default or the type")
def default_of_another_type() -> Any:
    class Odd(Plain):
        @action
        def close(self, ctx: Context, days: int = "three") -> None: ...

    return [Odd]


@mistake("E054", "Write ASCII letters, digits and _")
def action_with_an_umlaut() -> Any:
    class Odd(Plain):
        @action
        def schließen(self, ctx: Context) -> None: ...

    return [Odd]


@mistake("E050", "permission classes or their combinations")
def permissions_of_an_action_that_are_none() -> Any:
    class Odd(Plain):
        @action(permissions="staff")
        def close(self, ctx: Context) -> None: ...

    return [Odd]


@mistake("E051", "Write permissions = [AllowAny]")
def permissions_of_an_action_that_are_empty() -> Any:
    class Odd(Plain):
        @action(permissions=[])
        def close(self, ctx: Context) -> None: ...

    return [Odd]


@mistake("E083", "Call it another name")
def event_named_like_a_verb() -> Any:
    class Odd(Plain):
        delete = Event(dict[str, int])

    return [Odd]


@mistake("E084", "Use a TypedDict")
def event_of_an_unknown_type() -> Any:
    class Odd(Binding[Any]):
        stream = "shop.Odd"
        escalated = Event(Ticket)

        @action
        def ring(self, ctx: Context) -> None: ...

    return [Odd]
