"""Mistakes in fields."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Literal

from django.contrib.auth.models import User
from pydantic import Field

from binding_schema import Binding, Context, ReadOnly, WriteOnly, auto, computed, field, is_staff
from helpdesk.models import Comment, Label, Team, Ticket
from tests.app.models import Category, Person, Specimen
from tests.compile.models import Colliding, Dangling, Numbered, Place, Shaded, Strange, Tag, Tagged

from . import mistake


class Plain(Binding[Ticket]):
    """A ticket that is complete, but for what a case adds."""

    abstract = True
    stream = "shop.Ticket"

    id: auto
    title: auto
    team_id: auto


TYPES: dict[int, type] = {}


class Shelf(Binding[Team]):
    abstract = True

    id: auto


class Elsewhere(Enum):
    OPEN = "open"
    ODD = "odd"


@mistake("E001", "Import the name in the same module")
def unknown_name() -> Any:
    class Odd(Plain):
        body: Nowhere  # noqa: F821

    return [Odd]


@mistake("E001", "Import the name in the same module")
def annotation_that_fails() -> Any:
    class Odd(Plain):
        body: TYPES[0]

    return [Odd]


@mistake("E001", "Import the name in the same module")
def unknown_name_in_a_computed_field() -> Any:
    class Odd(Plain):
        @computed(needs=[])
        def age(self, ticket: Ticket) -> Nowhere: ...  # noqa: F821

    return [Odd]


@mistake("E001", "if no other has its name")
def name_that_two_bindings_have() -> Any:
    def make() -> Any:
        class Twin(Binding[Team]):
            stream = None
            id: auto

        return Twin

    class Odd(Binding[Ticket]):
        stream = None
        id: auto
        team: Twin  # noqa: F821

    return [make(), make(), Odd]


@mistake("E002", "`title = None` in a subclass drops it")
def field_with_a_default() -> Any:
    class Odd(Plain):
        title: str = "untitled"

    return [Odd]


@mistake("E002", "Write `title: ... = field(...)`")
def field_that_is_none_at_once() -> Any:
    class Odd(Plain):
        title: auto = None

    return [Odd]


@mistake("E003", "Write `filters_: auto = field(source='filters')`")
def field_named_like_an_attribute() -> Any:
    class Odd(Plain):
        filters: auto

    return [Odd]


@mistake("E003", "Write `audience_: auto = field(source='audience')`")
def field_named_like_a_hook() -> Any:
    class Odd(Plain):
        audience: auto

    return [Odd]


@mistake("E003", "Give it another name")
def computed_named_like_a_hook() -> Any:
    class Odd(Plain):
        @computed(needs=[])
        def audience(self, ticket: Ticket) -> int:
            return 1

    return [Odd]


@mistake("E004", 'Write `fields = "__all__"`')
def fields_all_misspelt() -> Any:
    class Odd(Plain):
        fields = "all"

    return [Odd]


@mistake("E004", "a list of names")
def fields_that_are_no_names() -> Any:
    class Odd(Plain):
        fields = [1, 2]

    return [Odd]


@mistake("E005", "Write `cost: auto = field(...)`")
def options_without_annotation() -> Any:
    class Odd(Plain):
        cost = field(readable=is_staff)

    return [Odd]


@mistake("E006", "Write `def age(self, obj) -> int:`")
def computed_without_type() -> Any:
    class Odd(Plain):
        @computed(needs=[])
        def age(self, ticket: Ticket):
            return 1

    return [Odd]


@mistake("E007", 'Write `@computed(needs=["created_at"])`')
def needs_that_are_a_text() -> Any:
    class Odd(Plain):
        @computed(needs="created_at")
        def age(self, ticket: Ticket) -> int:
            return 1

    return [Odd]


@mistake("E007", 'Write `@computed(needs=["created_at"])`')
def needs_that_are_functions() -> Any:
    class Odd(Plain):
        @computed(needs=[len])
        def age(self, ticket: Ticket) -> int:
            return 1

    return [Odd]


@mistake("E010", "Did you mean 'priority'?")
def field_misspelt() -> Any:
    class Odd(Plain):
        prioriti: auto

    return [Odd]


@mistake("E010", "Fields of the model: assignee")
def field_that_is_not_there() -> Any:
    class Odd(Plain):
        weather: str

    return [Odd]


@mistake("E010", "Fields of the model: assignee")
def source_that_is_not_there() -> Any:
    class Odd(Plain):
        team_colour: auto = field(source="team__colour")

    return [Odd]


@mistake("E010", "Did you mean 'title'?")
def listed_field_that_is_not_there() -> Any:
    class Odd(Plain):
        fields = ["titel"]

    return [Odd]


@mistake("E010", 'Write `field(source="visit")`')
def relation_by_its_accessor() -> Any:
    class Odd(Binding[Place]):
        id: auto
        name: auto
        visit_set: auto

    return [Odd]


@mistake("E011", "set_password()")
def password() -> Any:
    class Odd(Binding[User]):
        id: auto
        username: auto
        password: auto

    return [Odd]


@mistake("E011", "set_password()")
def password_along_a_path() -> Any:
    class Odd(Binding[Comment]):
        id: auto
        secret: auto = field(source="author__password")

    return [Odd]


@mistake("E012", "@computed(needs=[...])")
def path_through_many() -> Any:
    class Odd(Plain):
        colors: auto = field(source="labels__color")

    return [Odd]


@mistake("E013", "Write `due_on: date | None`")
def nullable_said_not_to_be() -> Any:
    class Odd(Plain):
        due_on: date

    return [Odd]


@mistake("E013", "Write `body: str`")
def never_null_said_to_be() -> Any:
    class Odd(Plain):
        body: str | None

    return [Odd]


@mistake("E013", "Write `assignee: Agent | None`")
def nested_that_may_be_missing() -> Any:
    class Agent(Binding[User]):
        stream = None
        id: auto

    class Odd(Plain):
        assignee: Agent

    return [Odd, Agent]


@mistake("E014", "Write its type: `shade: str`")
def unknown_field_class() -> Any:
    class Odd(Binding[Strange]):
        stream = None
        id: auto
        shade: auto

    return [Odd]


@mistake("E014", "Write its type: `span: str`")
def range_field() -> Any:
    class Odd(Binding[Strange]):
        stream = None
        id: auto
        span: auto

    return [Odd]


@mistake("E015", "Write `priority: auto`")
def type_that_the_model_has_not() -> Any:
    class Odd(Plain):
        priority: str

    return [Odd]


@mistake("E015", "Write `body: auto`")
def annotated_type_that_the_model_has_not() -> Any:
    class Odd(Plain):
        body: Annotated[int, Field(gt=1)]

    return [Odd]


@mistake("E015", "Write `status: auto`")
def literal_that_leaves_a_choice_out() -> Any:
    class Odd(Plain):
        status: Literal["open", "closed"]

    return [Odd]


@mistake("E015", "Write `status: auto`")
def enum_of_other_values() -> Any:
    class Odd(Plain):
        status: Elsewhere

    return [Odd]


@mistake("E015", "Write `numbers: auto`")
def array_of_something_else() -> Any:
    class Odd(Binding[Strange]):
        stream = None
        id: auto
        numbers: list[str]

    return [Odd]


@mistake("E015", "nest a binding of Team")
def model_instead_of_a_binding() -> Any:
    class Odd(Binding[Ticket]):
        stream = None
        id: auto
        team: Team

    return [Odd]


@mistake("E015", "`list[...]` of a binding or of the key's type")
def ids_of_another_type() -> Any:
    class Odd(Plain):
        labels: list[str]

    return [Odd]


@mistake("E015", "`list[...]` of a binding or of the key's type")
def many_that_are_no_list() -> Any:
    class LabelItem(Binding[Label]):
        stream = None
        id: auto

    class Odd(Plain):
        labels: set[LabelItem]

    return [Odd, LabelItem]


@mistake("E016", "Nest TeamItem under a direct relation of Ticket")
def nested_on_a_column() -> Any:
    class TeamItem(Binding[Team]):
        stream = None
        id: auto

    class Odd(Plain):
        title: TeamItem

    return [Odd, TeamItem]


@mistake("E016", "Nest TeamItem under a direct relation of Tag")
def nested_on_a_generic_key() -> Any:
    class TeamItem(Binding[Team]):
        stream = None
        id: auto

    class Odd(Binding[Tag]):
        stream = None
        id: auto
        target: TeamItem

    return [Odd, TeamItem]


@mistake("E017", "Nest a binding of Team")
def nested_of_another_model() -> Any:
    class LabelItem(Binding[Label]):
        stream = None
        id: auto

    class Odd(Plain):
        team_id = None
        team: LabelItem

    return [Odd, LabelItem]


@mistake("E017", "Nest a binding that is not abstract")
def nested_abstract() -> Any:
    class Odd(Plain):
        team_id = None
        team: Shelf

    return [Odd]


@mistake("E018", "Write `labels: list[LabelItem]`")
def one_for_many() -> Any:
    class LabelItem(Binding[Label]):
        stream = None
        id: auto

    class Odd(Plain):
        labels: LabelItem

    return [Odd, LabelItem]


@mistake("E018", "Write `team: TeamItem`")
def many_for_one() -> Any:
    class TeamItem(Binding[Team]):
        stream = None
        id: auto

    class Odd(Plain):
        team_id = None
        team: list[TeamItem]

    return [Odd, TeamItem]


@mistake("E018", "Write `labels: list[LabelItem]`")
def list_that_may_be_missing() -> Any:
    class LabelItem(Binding[Label]):
        stream = None
        id: auto

    class Odd(Plain):
        labels: list[LabelItem] | None

    return [Odd, LabelItem]


@mistake("E019", "Nest a binding: `passport: SomeBinding`")
def bare_reverse_one_to_one() -> Any:
    class Odd(Binding[Person]):
        id: auto
        name: auto
        passport: auto

    return [Odd]


@mistake("E019", "Nest a binding: `target: SomeBinding`, or leave it out")
def bare_generic_key() -> Any:
    class Odd(Binding[Tag]):
        stream = None
        id: auto
        target: auto

    return [Odd]


@mistake("E019", "Nest a binding: `tags: SomeBinding`, or leave it out")
def bare_generic_relation() -> Any:
    class Odd(Binding[Tagged]):
        stream = None
        id: auto
        tags: auto

    return [Odd]


@mistake("E020", "relations, as filters name them")
def unknown_need() -> Any:
    class Odd(Plain):
        @computed(needs=["created"])
        def age(self, ticket: Ticket) -> int:
            return 1

    return [Odd]


@mistake("E021", "Write `parent: ... = field(depth=1)`")
def endless_nesting() -> Any:
    class Odd(Binding[Category]):
        id: auto
        name: auto
        parent: Odd | None

    return [Odd]


@mistake("E021", "field(depth=1)")
def endless_nesting_through_another() -> Any:
    class TeamItem(Binding[Team]):
        stream = None
        id: auto
        tickets: list[TicketItem]

    class TicketItem(Binding[Ticket]):
        stream = None
        id: auto
        team: TeamItem

    return [TeamItem, TicketItem]


@mistake("E022", "Lower field(depth=...)")
def nesting_too_deep() -> Any:
    class Odd(Binding[Category]):
        id: auto
        name: auto
        parent: Odd | None = field(depth=20)

    return [Odd]


@mistake("E023", "fields.E300")
def relation_to_a_model_that_is_not_installed() -> Any:
    class Odd(Binding[Dangling]):
        stream = None
        id: auto
        away: auto

    return [Odd]


@mistake("E024", "readable=is_staff")
def readable_that_is_a_text() -> Any:
    class Odd(Plain):
        body: auto = field(readable="staff")

    return [Odd]


@mistake("E024", "Write writable=False, or a function of the Context")
def writable_that_is_none() -> Any:
    class Odd(Plain):
        body: auto = field(writable=None)

    return [Odd]


@mistake("E024", "with one parameter")
def readable_of_two_parameters() -> Any:
    def rule(user: Any, ctx: Context) -> bool:
        return True

    class Odd(Plain):
        body: auto = field(readable=rule)

    return [Odd]


@mistake("E024", 'field(source="...")')
def source_that_is_no_text() -> Any:
    class Odd(Plain):
        text: auto = field(source=Ticket.body)

    return [Odd]


@mistake("E024", 'field(label="...")')
def label_that_is_no_text() -> Any:
    class Odd(Plain):
        body: auto = field(label=["Body"])

    return [Odd]


@mistake("E024", 'field(help="...")')
def help_that_is_no_text() -> Any:
    class Odd(Plain):
        body: auto = field(help=3)

    return [Odd]


@mistake("E024", "field(validators=[...])")
def validators_that_are_no_list() -> Any:
    class Odd(Plain):
        body: auto = field(validators=len)  # type: ignore[arg-type]

    return [Odd]


@mistake("E024", "field(depth=1)")
def depth_of_nothing() -> Any:
    class Odd(Binding[Category]):
        id: auto
        name: auto
        parent: Odd | None = field(depth=0)

    return [Odd]


@mistake("E025", "Leave the field out")
def neither_read_nor_written() -> Any:
    class Odd(Plain):
        body: WriteOnly[str] = field(writable=False)

    return [Odd]


@mistake("E025", "Leave the field out")
def read_only_and_write_only() -> Any:
    class Odd(Plain):
        body: ReadOnly[WriteOnly[str]]

    return [Odd]


@mistake("E025", "Write `created_at: auto`")
def write_only_that_the_model_fills() -> Any:
    class Odd(Plain):
        created_at: WriteOnly[datetime]

    return [Odd]


@mistake("E026", "Take ReadOnly[...] away")
def read_only_with_a_rule_for_writing() -> Any:
    class Odd(Plain):
        body: ReadOnly[str] = field(writable=is_staff)

    return [Odd]


@mistake("E026", "Take `writable` away")
def rule_for_writing_what_cannot_be_written() -> Any:
    class Odd(Plain):
        created_at: auto = field(writable=is_staff)

    return [Odd]


@mistake("E026", "Take `writable` away")
def rule_for_writing_a_path() -> Any:
    class Odd(Plain):
        team_name: auto = field(source="team__name", writable=is_staff)

    return [Odd]


@mistake("E027", "nest a binding for another model's object")
def computed_model_instance() -> Any:
    class Odd(Plain):
        @computed(needs=["team"])
        def owner(self, ticket: Ticket) -> Team:
            return ticket.team

    return [Odd]


@mistake("E027", "a TypedDict, a dataclass or a Pydantic model")
def json_of_a_type_that_is_none() -> Any:
    class Odd(Binding[Specimen]):
        stream = None
        id: auto
        payload: Specimen

    return [Odd]


@mistake("E028", "Write `def age(self, obj):`")
def computed_without_an_object() -> Any:
    class Odd(Plain):
        @computed(needs=[])
        def age(self) -> int:
            return 1

    return [Odd]


@mistake("E029", "`id: ReadOnly[str]`")
def key_of_an_unknown_type() -> Any:
    class Odd(Binding[Shaded]):
        stream = None
        name: str = field(source="shade")

    return [Odd]


@mistake("E060", "Write `rows_: auto = field(source='rows')`")
def field_named_like_a_key_of_a_verb() -> Any:
    class Odd(Binding[Colliding]):
        stream = None
        id: auto
        rows: auto

    return [Odd]


@mistake("E061", "Write `id: auto` for the key")
def id_that_is_not_the_key() -> Any:
    class Odd(Plain):
        id: auto = field(source="priority")

    return [Odd]


@mistake("E062", "Make one of them ReadOnly[...]: `team_id` or `team`")
def two_fields_that_write_one_column() -> Any:
    class TeamItem(Binding[Team]):
        stream = None
        id: auto

    class Odd(Plain):
        team: TeamItem

    return [Odd, TeamItem]


@mistake("E063", "visible_to and permissions")
def key_that_is_hidden() -> Any:
    class Odd(Plain):
        id: auto = field(readable=is_staff)

    return [Odd]


@mistake("E061", "Write `id: auto` for the key", also=["E030"])
def id_that_is_computed() -> Any:
    class Odd(Binding[Numbered]):
        stream = None
        code: auto

        @computed(needs=[])
        def id(self, obj: Numbered) -> int:
            return 1

    return [Odd]
