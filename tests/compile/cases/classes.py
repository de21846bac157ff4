"""Mistakes in a binding's attributes, hooks, permissions and model."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Q, QuerySet

from binding_schema import BasePermission, Binding, Context, IsAuthenticated, action, auto, field, is_staff
from helpdesk.models import Team, Ticket
from tests.app.models import Club
from tests.compile.models import Base, Fragile, Swapped

from . import mistake
from .fields import Plain


class InTeam(BasePermission):
    def __init__(self, team: int) -> None:
        self.team = team


class OnlyOwn(BasePermission):
    def has_object_permission(self, ctx: Context, obj: Any) -> bool:
        return False


class Silent(Binding[Any]):
    """A stream of one action."""

    abstract = True
    stream = "shop.Silent"

    @action
    def ring(self, ctx: Context) -> None: ...


# Permissions ----------------------------------------------------------------------------------------------------------


@mistake("E050", "Write permissions = [IsAuthenticated]")
def permissions_that_are_no_list() -> Any:
    class Odd(Plain):
        permissions = IsAuthenticated

    return [Odd]


@mistake("E050", "Write permissions = [IsAuthenticated]")
def permission_that_is_a_text() -> Any:
    class Odd(Plain):
        permissions = [IsAuthenticated, "staff"]

    return [Odd]


@mistake("E050", "their combinations by &, | and ~")
def permission_that_is_no_class_within_a_combination() -> Any:
    class Odd(Plain):
        permissions = [IsAuthenticated & object]

    return [Odd]


@mistake("E051", "Write permissions = [AllowAny] to open it to everyone")
def permissions_that_are_empty() -> Any:
    class Odd(Plain):
        permissions = []

    return [Odd]


@mistake("E052", "permissions = [InTeam(3)]")
def permission_that_wants_arguments() -> Any:
    class Odd(Plain):
        permissions = [InTeam]

    return [Odd]


# What it is of ----------------------------------------------------------------------------------------------------------


@mistake("E070", 'stream = "app.name"')
def neither_model_nor_stream() -> Any:
    class Odd(Binding[Any]):
        @action
        def ring(self, ctx: Context) -> None: ...

    return [Odd]


@mistake("E071", "Add an @action")
def neither_model_nor_action() -> Any:
    class Odd(Binding[Any]):
        stream = "shop.Odd"

    return [Odd]


@mistake("E072", "Bind a concrete model")
def abstract_model() -> Any:
    class Odd(Binding[Base]):
        id: auto

    return [Odd]


@mistake("E073", 'write `fields = "__all__"` on purpose')
def no_field() -> Any:
    class Odd(Binding[Ticket]):
        page_size: int = 10

    return [Odd]


@mistake("E074", 'stream = "shop.Order"')
def stream_with_a_blank() -> Any:
    class Odd(Plain):
        stream = "my tickets"

    return [Odd]


@mistake("E074", 'stream = "shop.Order"')
def stream_with_an_umlaut() -> Any:
    class Odd(Plain):
        stream = "geschäft.Odd"

    return [Odd]


@mistake("E074", 'stream = "shop.Order"')
def stream_that_is_a_number() -> Any:
    class Odd(Plain):
        stream = 5

    return [Odd]


@mistake("E074", 'Write stream = "shop.Schema", or any other name.')
def stream_with_the_name_of_a_route() -> Any:
    class Odd(Plain):
        stream = "schema"

    return [Odd]


@mistake("E075", 'Write stream = "helpdesk.Team2" on one of them')
def two_bindings_of_one_stream() -> Any:
    class First(Binding[Team]):
        id: auto
        name: auto

    class Second(Binding[Team]):
        id: auto
        name: auto

    return [First, Second]


@mistake("E075", "stream = None if it is only nested")
def binding_that_inherits_a_stream() -> Any:
    class First(Binding[Team]):
        id: auto
        name: auto

    class Second(First):
        pass

    return [First, Second]


@mistake("E076", "Did you mean 'retrieve'?")
def verb_misspelt() -> Any:
    class Odd(Plain):
        verbs = ["retreive", "list"]

    return [Odd]


@mistake("E076", "Actions are always served")
def verb_that_is_an_action() -> Any:
    class Odd(Plain):
        verbs = ["retrieve", "ring"]

        @action
        def ring(self, ctx: Context) -> None: ...

    return [Odd]


@mistake("E077", "Say the rule as a Q in visible_to")
def nested_with_rules_about_objects() -> Any:
    class TeamItem(Binding[Team]):
        stream = None
        permissions = [OnlyOwn]
        id: auto

    class Odd(Binding[Ticket]):
        id: auto
        title: auto
        team: TeamItem

    return [Odd, TeamItem]


@mistake("E107", "or `model = Ticket`, with the model's class")
def model_that_is_a_text() -> Any:
    class Odd(Binding[Any]):
        model = "helpdesk.Ticket"
        id: auto

    return [Odd]


@mistake("E107", "(Binding[Ticket])`, with the model's class")
def brackets_without_a_model() -> Any:
    class Odd(Binding[str]):
        id: auto

    return [Odd]


@mistake("E108", "Say it once")
def two_models() -> Any:
    class Odd(Binding[Ticket]):
        model = Team
        id: auto

    return [Odd]


@mistake("E109", "Bind helpdesk.Team")
def swapped_model() -> Any:
    class Odd(Binding[Swapped]):
        id: auto

    return [Odd]


@mistake("E110", "without one there are only actions")
def field_without_a_model() -> Any:
    class Odd(Silent):
        title: auto

    return [Odd]


@mistake("E110", "without one there are only actions")
def filters_without_a_model() -> Any:
    class Odd(Silent):
        filters = {"title": ["exact"]}

    return [Odd]


@mistake("E110", "without one there are only actions")
def lookup_field_without_a_model() -> Any:
    class Odd(Silent):
        lookup_field = "title"

    return [Odd]


# Attributes -----------------------------------------------------------------------------------------------------------


@mistake("E078", "Name a unique field of Ticket that everyone may read. It has none: take the line away.")
def lookup_field_that_is_not_unique() -> Any:
    class Odd(Plain):
        lookup_field = "title"

    return [Odd]


@mistake("E078", "Name a unique field of Club that everyone may read. It has name.")
def lookup_field_that_is_not_there() -> Any:
    class Odd(Binding[Club]):
        stream = "shop.Odd"
        lookup_field = "title"
        name: auto

    return [Odd]


@mistake("E078", "that everyone may read. It has name.")
def lookup_field_that_some_may_not_read() -> Any:
    class Odd(Binding[Club]):
        stream = "shop.Odd"
        lookup_field = "name"
        name: auto = field(readable=is_staff)

    return [Odd]


@mistake("E100", 'Write lookup_field = "slug".')
def lookup_field_of_no_text() -> Any:
    class Odd(Plain):
        lookup_field = 3

    return [Odd]


def attribute(name: str, value: Any) -> Any:
    """A declaration of one wrong attribute."""

    def declare() -> Any:
        class Odd(Plain):
            locals()[name] = value

        return [Odd]

    # Without an address in memory: the test has the same name in each process.
    declare.__name__ = f"{name}_{re.sub(' at 0x[0-9a-f]+', '', repr(value))}"
    return declare


for wrong_name, wrong_value, right in (
    ("ordering", "title", 'Write ordering = ["title"]'),
    ("ordering", {"title": 1}, 'Write ordering = ["name"]'),
    ("ordering", None, 'Write ordering = ["name"]'),
    ("search_fields", "title", 'Write search_fields = ["title"]'),
    ("default_order", 3, 'Write default_order = ["name"]'),
    ("verbs", "retrieve", 'Write verbs = ["retrieve"]'),
    ("verbs", 7, 'Write verbs = ["retrieve"]'),
    ("graphql_name", "Help desk", 'graphql_name = "Ticket"'),
    ("graphql_name", "__Ticket", 'graphql_name = "Ticket"'),
    ("graphql_name", "Fälle", 'graphql_name = "Ticket"'),
    ("graphql_name", "", 'graphql_name = "Ticket"'),
    ("graphql_name", 5, 'graphql_name = "Ticket"'),
    ("page_size", 0, "page_size = 50"),
    ("page_size", "25", "page_size = 50"),
    ("page_size", True, "page_size = 50"),
    ("max_page_size", -1, "max_page_size = 50"),
    ("list_limit", 2.5, "list_limit = 50"),
    ("auto_subscribe", "no", "auto_subscribe = True or False"),
):
    mistake("E100", right)(attribute(wrong_name, wrong_value))


@mistake("E101", "Write page_size = 10, or a larger max_page_size")
def page_over_its_maximum() -> Any:
    class Odd(Plain):
        page_size = 50
        max_page_size = 10

    return [Odd]


for meant_name, meant_value, right in (
    ("filter", {"title": ["exact"]}, "`filters = ...`"),
    ("permission", [IsAuthenticated], "`permissions = ...`"),
    ("permission_classes", [IsAuthenticated], "permissions = [...]"),
    ("serch_fields", ["title"], "`search_fields = ...`"),
    ("pagesize", 20, "`page_size = ...`"),
    ("queryset", Ticket.objects, "def get_queryset(self, ctx)"),
    ("Meta", type("Meta", (), {"model": Ticket}), "attributes on the binding class itself"),
    ("exclude", ["cost"], "only the fields that are shown"),
    ("visable_to", lambda self, user: Q(), "`def visible_to(self, user)`"),
    ("perform_creates", lambda self, ctx, obj: None, "`def perform_create(self, ctx, obj)`"),
):
    mistake("E102", right)(attribute(meant_name, meant_value))


# Hooks ------------------------------------------------------------------------------------------------------------------


@mistake("E103", "Write `def visible_to(self, user):`")
def hook_without_user() -> Any:
    class Odd(Plain):
        def visible_to(self) -> Q:
            return Q()

    return [Odd]


@mistake("E103", "Write `def get_queryset(self, ctx):`")
def hook_without_context() -> Any:
    class Odd(Plain):
        def get_queryset(self) -> QuerySet[Ticket]:
            return Ticket.objects.all()

    return [Odd]


@mistake("E103", "Write `def perform_create(self, ctx, obj):`")
def hook_with_a_keyword_of_its_own() -> Any:
    class Odd(Plain):
        def perform_create(self, ctx: Context, obj: Ticket, *, notify: bool) -> None: ...

    return [Odd]


@mistake("E103", "Write `def visible_to(self, user):`")
def hook_that_is_a_value() -> Any:
    class Odd(Plain):
        visible_to = Q(team=1)

    return [Odd]


@mistake("E103", "Write `def sees_all(self, ctx):`")
def hook_that_is_a_property() -> Any:
    class Odd(Plain):
        @property
        def sees_all(self) -> bool:
            return True

    return [Odd]


@mistake("E103", "Write `def has_object_permission(self, ctx, obj):`")
def static_hook_that_takes_self() -> Any:
    class Odd(Plain):
        @staticmethod
        def has_object_permission(self: Any, ctx: Context, obj: Ticket) -> bool:
            return True

    return [Odd]


@mistake("E104", "Take __init__ away")
def binding_that_wants_arguments() -> Any:
    class Odd(Plain):
        def __init__(self, team: Team) -> None:
            self.team = team

    return [Odd]


@mistake("E106", "The log has the traceback")
def code_of_a_model_field_that_fails() -> Any:
    class Odd(Binding[Fragile]):
        id: auto
        name: auto

    return [Odd]


# The live engine ------------------------------------------------------------------------------------------------------------


@mistake("E080", "Write depends_on = [...], a list")
def depends_on_that_is_a_text() -> Any:
    class Odd(Plain):
        depends_on = "team"

    return [Odd]


@mistake("E081", "name relations, such as `team`")
def depends_on_a_column() -> Any:
    class Odd(Plain):
        depends_on = ["title"]

    return [Odd]


@mistake("E082", "Relations of Ticket: assignee")
def depends_on_what_is_not_there() -> Any:
    class Odd(Plain):
        depends_on = ["weather"]

    return [Odd]


@mistake("E082", "Name a many-to-many relation (Team.members)")
def visibility_that_depends_on_a_column() -> Any:
    class Odd(Plain):
        visibility_depends_on = ["title"]

    return [Odd]
