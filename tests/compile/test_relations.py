"""Relations of every kind, in both directions: nested, as bare keys, as lists of ids."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from binding_schema import Binding, ReadOnly, auto, computed, field
from binding_schema.compile import ir
from binding_schema.compile.ir import Kind
from helpdesk.models import Comment, Label, Team, Ticket
from tests.app.models import Category, Club, Membership, Passport, Person

from .helpers import compiled, create_schema, row_schema, stream
from .models import Cafe, Copy, Friend, Isbn, Landmark, Place, Tag, Tagged, Visit


def related(found: ir.Stream, name: str) -> ir.Relation:
    relation = found.fields[name].relation
    assert relation is not None
    return relation


class Nested(Binding[Any]):
    abstract = True
    stream = None

    id: auto


def test_a_foreign_key_nested() -> None:
    class TeamItem(Nested):
        model = Team
        name: auto

    class UserItem(Nested):
        model = User

    class Odd(Nested):
        model = Ticket
        team: TeamItem
        assignee: ReadOnly[UserItem | None]

    found = stream(Odd, TeamItem, UserItem)
    team = found.fields["team"]
    assert (team.kind, team.target, team.required, team.nullable) == (Kind.ONE, "TeamItem", True, False)
    assert related(found, "team") == ir.Relation("team", Team, False, "team_id", "id", joinable=True, key="id")
    assert (found.fields["assignee"].nullable, found.fields["assignee"].writable) == (True, False)
    rows = row_schema(found)
    assert rows["properties"]["team"]["x-nested"] == "TeamItem"
    assert rows["$defs"]["OddTeam"]["properties"].keys() == {"id", "name"}
    assert create_schema(found)["properties"]["team"]["anyOf"][0]["type"] == "integer"


def test_a_foreign_key_bare() -> None:
    class Odd(Nested):
        model = Ticket
        team_id: auto
        agent: int | None = field(source="assignee")

    found = stream(Odd)
    assert [(found.fields[name].kind, found.fields[name].path) for name in ("team_id", "agent")] == [
        (Kind.COLUMN, "team_id"), (Kind.COLUMN, "assignee_id"),
    ]  # fmt: skip
    assert [found.fields[name].attribute for name in ("team_id", "agent")] == ["team", "assignee"]
    assert found.by_attribute == {"id": "id", "team": "team_id", "assignee": "agent"}


def test_a_foreign_key_to_another_column() -> None:
    class IsbnItem(Nested):
        model = Isbn
        copies: list[CopyItem]

    class CopyItem(Nested):
        model = Copy
        book_id: auto

    class Odd(Nested):
        model = Copy
        book: IsbnItem

    schema = compiled(Odd, IsbnItem, CopyItem)
    assert related(schema.by_key["Odd"], "book") == ir.Relation(
        "book", Isbn, False, "book_id", "code", joinable=True, key="code"
    )
    assert related(schema.by_key["IsbnItem"], "copies") == ir.Relation("copies", Copy, True, "code", "book_id")
    assert schema.by_key["CopyItem"].fields["book_id"].type.output is str


def test_many_to_many_nested_and_as_ids() -> None:
    class LabelItem(Nested):
        model = Label

    class Odd(Nested):
        model = Ticket
        labels: list[LabelItem]
        label_ids: ReadOnly[list[int]] = field(source="labels")

    found = stream(Odd, LabelItem)
    through = Ticket.labels.through
    for name, kind in (("labels", Kind.MANY), ("label_ids", Kind.IDS)):
        assert found.fields[name].kind is kind
        assert related(found, name) == ir.Relation("labels", Label, True, "id", "ticket_id", through, "label")
    assert (found.fields["labels"].writable, found.fields["label_ids"].writable) == (True, False)
    assert create_schema(found)["properties"]["labels"]["items"]["anyOf"][0] == {"type": "integer"}
    assert row_schema(found)["properties"]["label_ids"]["items"]["anyOf"][0] == {"type": "integer"}


def test_many_to_many_backwards() -> None:
    class ClubItem(Nested):
        model = Club
        people: auto

    found = stream(ClubItem)
    assert related(found, "people") == ir.Relation("people", Person, True, "id", "club_id", Membership, "person")
    assert found.fields["people"].writable is False


def test_many_to_many_through_a_model_with_more_columns_is_not_written() -> None:
    class Odd(Nested):
        model = Person
        clubs: auto

    assert stream(Odd).fields["clubs"].writable is False


def test_reverse_foreign_keys() -> None:
    class CommentItem(Nested):
        model = Comment

    class Odd(Nested):
        model = Ticket
        comments: list[CommentItem]
        comment_ids: list[int] = field(source="comments")

    found = stream(Odd, CommentItem)
    assert related(found, "comments") == ir.Relation("comments", Comment, True, "id", "ticket_id")
    assert [found.fields[name].writable for name in ("comments", "comment_ids")] == [False, False]


def test_a_reverse_relation_without_a_name_of_its_own() -> None:
    """Its name is that of filters, not of the accessor `visit_set`."""

    class VisitItem(Nested):
        model = Visit

    class Odd(Nested):
        model = Place
        visits: list[VisitItem] = field(source="visit")

    assert related(stream(Odd, VisitItem), "visits") == ir.Relation("visit", Visit, True, "id", "place_id")


def test_one_to_one_in_both_directions() -> None:
    class PassportItem(Nested):
        model = Passport

    class PersonItem(Nested):
        model = Person

    class Forward(Nested):
        model = Passport
        id: ReadOnly[int]
        person: PersonItem

    class Backward(Nested):
        model = Person
        passport: PassportItem | None

    forward = stream(Forward, PersonItem)
    assert related(forward, "person").joinable
    assert (forward.fields["person"].create_only, forward.fields["person"].writable) == (True, True)
    backward = stream(Backward, PassportItem)
    assert related(backward, "passport") == ir.Relation("passport", Passport, False, "id", "person_id", joinable=True)
    assert (backward.fields["passport"].nullable, backward.fields["passport"].writable) == (True, False)


def test_relations_to_itself() -> None:
    class Odd(Nested):
        model = Friend
        friends: list[Odd] = field(depth=1)
        follows: list[int]
        followers: list[int]
        mentor: Odd | None = field(depth=2)
        students: auto

    found = stream(Odd)
    assert [related(found, name).many for name in ("friends", "follows", "followers", "mentor", "students")] == [
        True, True, True, False, True,
    ]  # fmt: skip
    follows, followers = related(found, "follows"), related(found, "followers")
    assert follows.through is followers.through
    assert (follows.link, follows.target) == ("from_friend_id", "to_friend")
    assert (followers.link, followers.target) == ("to_friend_id", "from_friend")


def names(shape: ir.Shape | None) -> Any:
    """A shape as nested dictionaries."""
    assert shape is not None
    return {item.name: names(item.shape) if item.shape else None for item in shape.fields}


def test_depth_makes_nesting_finite() -> None:
    class Odd(Nested):
        model = Category
        parent: Odd | None = field(depth=2)

    assert names(stream(Odd).shape) == {"id": None, "parent": {"id": None, "parent": {"id": None}}}


def test_depth_counts_along_each_way_of_its_own() -> None:
    class TeamItem(Nested):
        model = Team
        tickets: list[TicketItem] = field(depth=1)

    class TicketItem(Nested):
        model = Ticket
        team: TeamItem = field(depth=1)

    schema = compiled(TeamItem, TicketItem)
    assert names(schema.by_key["TeamItem"].shape) == {"id": None, "tickets": {"id": None, "team": {"id": None}}}
    assert names(schema.by_key["TicketItem"].shape) == {"id": None, "team": {"id": None, "tickets": {"id": None}}}


# Proxies, parents and generic keys --------------------------------------------------------------------------------------


def test_a_proxy_is_a_model_of_its_own() -> None:
    class Odd(Binding[Landmark]):
        fields = "__all__"

    found = stream(Odd)
    assert (found.name, list(found.fields)) == ("app.Landmark", ["id", "name", "kind"])


def test_a_binding_of_a_proxy_may_be_nested_for_its_model() -> None:
    class LandmarkItem(Nested):
        model = Landmark
        name: auto

    class Odd(Nested):
        model = Visit
        place: LandmarkItem

    assert stream(Odd, LandmarkItem).fields["place"].target == "LandmarkItem"


def test_a_child_table() -> None:
    """The link to the parent's row is made along with it, and so written by nobody."""

    class Odd(Binding[Cafe]):
        fields = "__all__"

    found = stream(Odd)
    assert list(found.fields) == ["id", "name", "kind", "seats"]
    assert found.fields["id"].writable is False
    assert set(create_schema(found)["required"]) == {"name"}
    assert found.fields["name"].attribute == "name"


def test_a_binding_of_the_parent_may_be_nested_for_a_child() -> None:
    class PlaceItem(Nested):
        model = Place
        name: auto

    class Odd(Nested):
        model = Visit
        cafe: PlaceItem | None

    assert stream(Odd, PlaceItem).fields["cafe"].target == "PlaceItem"


def test_a_parent_shows_its_child() -> None:
    class CafeItem(Nested):
        model = Cafe
        seats: auto

    class Odd(Nested):
        model = Place
        cafe: CafeItem | None

    assert stream(Odd, CafeItem).fields["cafe"].nullable


def test_the_columns_of_a_generic_key() -> None:
    class Odd(Binding[Tag]):
        fields = "__all__"

    assert list(stream(Odd).fields) == ["id", "content_type_id", "object_id"]


def test_a_generic_relation_can_be_computed_from() -> None:
    class Odd(Binding[Tagged]):
        id: auto
        name: auto

        @computed(needs=["tags"])
        def tag_count(self, obj: Tagged) -> int:
            return len(obj.tags.all())

    assert stream(Odd).fields["tag_count"].needs == ("tags",)
