"""Mistakes in filters, orders and search fields."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from binding_schema import Binding, auto, computed, field, is_staff
from helpdesk.models import Comment, Label, Ticket
from tests.app.models import Person, Specimen
from tests.compile.models import Strange

from . import mistake
from .fields import Plain


class Agents(Binding[User]):
    """Users whose mail is for staff."""

    abstract = True
    stream = None

    id: auto
    username: auto
    email: auto = field(readable=is_staff)


@mistake("E030", "Use one of the model's fields")
def filter_by_a_computed_field() -> Any:
    class Odd(Plain):
        filters = {"age": ["exact"]}

        @computed(needs=[])
        def age(self, ticket: Ticket) -> int:
            return 1

    return [Odd]


@mistake("E031", "Did you mean 'status'?")
def filter_by_a_field_that_is_not_there() -> Any:
    class Odd(Plain):
        filters = {"statu": ["exact"]}

    return [Odd]


@mistake("E031", "without a lookup")
def lookup_within_the_name() -> Any:
    class Odd(Plain):
        filters = {"priority__gte": ["exact"]}

    return [Odd]


@mistake("E031", "Did you mean 'title'?")
def order_by_a_field_that_is_not_there() -> Any:
    class Odd(Plain):
        ordering = ["titel"]

    return [Odd]


@mistake("E031", "a path of the model")
def order_with_a_direction() -> Any:
    class Odd(Plain):
        ordering = ["-created_at"]

    return [Odd]


@mistake("E031", "Did you mean 'created_at'?")
def default_order_that_is_not_there() -> Any:
    class Odd(Plain):
        default_order = "-created"

    return [Odd]


@mistake("E031", "a path of the model")
def search_in_a_field_that_is_not_there() -> Any:
    class Odd(Plain):
        search_fields = ["team__slogan"]

    return [Odd]


@mistake("E032", 'Write filters = {"status": ["exact", "in"]}')
def filters_that_are_a_list() -> Any:
    class Odd(Plain):
        filters = ["status"]

    return [Odd]


@mistake("E032", 'Write filters = {"status": ["exact", "in"]}')
def filters_of_a_number() -> Any:
    class Odd(Plain):
        filters = {1: ["exact"]}

    return [Odd]


@mistake("E033", """Write {'status': ["exact"]}""")
def lookups_that_are_a_text() -> Any:
    class Odd(Plain):
        filters = {"status": "exact"}

    return [Odd]


@mistake("E033", """Write {'status': ["exact"]}""")
def lookups_that_are_none() -> Any:
    class Odd(Plain):
        filters = {"status": None}

    return [Odd]


@mistake("E034", "Lookups: contains, endswith")
def unknown_lookup() -> Any:
    class Odd(Plain):
        filters = {"status": ["equals"]}

    return [Odd]


@mistake("E034", "Lookups: contains, endswith")
def pattern_of_a_client() -> Any:
    class Odd(Plain):
        filters = {"title": ["regex"]}

    return [Odd]


@mistake("E034", "where the field has them")
def year_of_a_text() -> Any:
    class Odd(Plain):
        filters = {"title": ["year"]}

    return [Odd]


@mistake("E034", "Lookups: contains, endswith")
def range_of_a_relation() -> Any:
    class Odd(Plain):
        filters = {"labels": ["range"]}

    return [Odd]


@mistake("E034", "Lookups: contains, endswith")
def key_within_json() -> Any:
    class Odd(Binding[Specimen]):
        id: auto
        name: auto
        filters = {"payload": ["colour"]}

    return [Odd]


@mistake("E034", "Lookups: contains, endswith")
def text_within_an_array() -> Any:
    class Odd(Binding[Strange]):
        stream = None
        id: auto
        filters = {"numbers": ["icontains"]}

    return [Odd]


@mistake("E035", "a column of the model or of a foreign key")
def order_by_many() -> Any:
    class Odd(Binding[Person]):
        id: auto
        name: auto
        ordering = ["clubs__name"]

    return [Odd]


@mistake("E036", "Order by a number, a text, a date or a key")
def order_by_json() -> Any:
    class Odd(Binding[Specimen]):
        id: auto
        name: auto
        ordering = ["payload"]

    return [Odd]


@mistake("E037", "use `filters` for the others")
def search_in_a_number() -> Any:
    class Odd(Plain):
        search_fields = ["priority"]

    return [Odd]


@mistake("E037", "use `filters` for the others")
def search_in_a_relation() -> Any:
    class Odd(Plain):
        search_fields = ["team"]

    return [Odd]


@mistake("E038", "who may compare a hash can find it out")
def filter_by_a_password() -> Any:
    class Odd(Binding[User]):
        stream = None
        id: auto
        username: auto
        filters = {"password": ["startswith"]}

    return [Odd]


@mistake("E038", "who may compare a hash can find it out")
def order_by_the_password_of_another() -> Any:
    class Odd(Binding[Comment]):
        stream = None
        id: auto
        ordering = ["author__password"]

    return [Odd]


@mistake("W011", "Leave 'author__email' out")
def filter_by_what_a_nested_binding_hides() -> Any:
    class Agent(Agents):
        pass

    class Odd(Binding[Comment]):
        id: auto
        ticket_id: auto
        author: Agent
        body: auto
        filters = {"author__email": ["exact"]}

    return [Odd, Agent]


@mistake("W011", "Leave 'author__email' out")
def search_in_what_a_nested_binding_hides() -> Any:
    class Agent(Agents):
        pass

    class Odd(Binding[Comment]):
        id: auto
        ticket_id: auto
        author: Agent
        body: auto
        search_fields = ["author__email"]

    return [Odd, Agent]


@mistake("W010", "Declare `name: auto`, set it in perform_create")
def required_column_that_nobody_fills() -> Any:
    class Odd(Binding[Label]):
        id: auto
        color: auto

    return [Odd]
