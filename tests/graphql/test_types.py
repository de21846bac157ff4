"""The types of the schema: what each kind of field becomes, and that every value comes back as it was sent."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from binding_schema import Binding, Context, ReadOnly, WriteOnly, action, auto, computed, field, is_staff
from helpdesk.models import Label, Team, Ticket
from tests.app.models import Category, Specimen
from tests.compile.helpers import compiled
from tests.graphql_schema import schema

from .own import ask, block, codes, parts, run, sdl, serve

SDL = str(schema)

SPECIMEN = {
    "id": "ID!", "name": "String!", "nickname": "String", "notes": "String!", "code": "String!", "slug": "String!",
    "email": "String!", "link": "String!", "address": "String", "kind": "SpecimenKind!", "grade": "SpecimenGrade",
    "shelf": "SpecimenShelf!", "flag": "Boolean!", "answer": "Boolean", "small": "Int!", "count": "Int!",
    "big": "BigInt", "ratio": "Float", "amount": "Decimal", "length": "Duration", "raw": "Base64", "payload": "JSON!",
    "day": "Date", "at": "Time", "moment": "DateTime", "document": "String", "doubled": "BigInt!",
}  # fmt: skip


def members(text: str, name: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in block(text, name))


# Fields -----------------------------------------------------------------------------------------------------------------


def test_every_kind_of_column() -> None:
    assert members(SDL, "type Specimen") == SPECIMEN


def test_what_is_written() -> None:
    create = members(SDL, "input SpecimenCreateInput")
    read_only = {"id", "document", "doubled"}
    assert create == {
        name: kind if name == "name" else kind.rstrip("!") for name, kind in SPECIMEN.items() if name not in read_only
    }
    update = members(SDL, "input SpecimenUpdateInput")
    assert update == {**create, "name": "String"}
    assert members(SDL, "input SpecimenSaveInput") == {"id": "ID", **update}
    # A key that the client chooses is written once.
    assert members(SDL, "input CountryCreateInput") == {"id": "ID!", "name": "String!"}
    assert members(SDL, "input CountryUpdateInput") == {"name": "String"}


def test_choices_are_enums() -> None:
    assert block(SDL, "enum TicketStatus") == ["OPEN", "PENDING", "CLOSED"]
    assert block(SDL, "enum TicketPriority") == ["LOW", "NORMAL", "HIGH", "URGENT"]
    assert block(SDL, "enum SpecimenGrade") == ["POOR", "FINE"]
    assert block(SDL, "enum SpecimenShelf") == ["L1", "L2", "X"]
    # A blank text is a value too, where the model allows one.
    assert block(SDL, "enum SpecimenKind") == ["MINERAL", "PLANT", "EMPTY"]


def test_nesting_and_who_may_see_what() -> None:
    ticket = members(SDL, "type Ticket")
    # Nested rows under a row rule, and fields for some, may be null; what everyone sees is never.
    assert (ticket["team"], ticket["assignee"], ticket["labels"]) == ("Team", "Agent", "[Label!]!")
    assert (ticket["cost"], ticket["title"], ticket["ageDays"]) == ("Decimal", "String!", "Int!")
    assert members(SDL, "type User")["email"] == "String"
    person = members(SDL, "type Person")
    assert (person["country"], person["passport"]) == ("NestedCountry", "NestedPassport")
    assert (person["clubs"], person["clubIds"], person["roles"]) == ("[NestedClub!]!", "[ID!]!", "[String!]!")
    assert members(SDL, "input TicketCreateInput")["labels"] == "[ID!]"
    assert members(SDL, "input TicketCreateInput")["team"] == "ID!"
    assert members(SDL, "type Comment")["ticketId"] == "ID!"


def test_descriptions() -> None:
    assert '"""Parts and outside labour, in euros. For staff only."""\n  cost: Decimal\n' in SDL
    assert '"""Whole days since the ticket was created."""\n  ageDays: Int!\n' in SDL
    assert '"""Close the ticket, and say why in a comment."""\n  ticketClose(' in SDL
    assert (
        '"""\nAgents add, change and delete the tickets of their teams; nobody else sees them.\n"""\ntype Ticket {'
        in SDL
    )
    # A label that only repeats the name is left out; one that says more stays.
    assert '"""created at"""' not in SDL

    class Odd(Binding[Ticket]):
        id: auto
        title: auto = field(label="What it is about")

    assert '"""What it is about"""\n  title: String!' in sdl(parts(Odd))


def test_deprecations() -> None:
    class Odd(Binding[Ticket]):
        id: auto
        title: auto = field(deprecated="Read `summary`.")
        body: auto = field(deprecated="Not read by anyone.")
        team_id: auto

        @computed(needs=["title"], deprecated="Ask for the title.")
        def shout(self, ticket: Ticket) -> str:
            return ticket.title.upper()

    text = sdl(parts(Odd))
    assert block(text, "type Odd")[1:] == [
        'title: String! @deprecated(reason: "Read `summary`.")',
        'body: String! @deprecated(reason: "Not read by anyone.")',
        "teamId: ID!",
        'shout: String! @deprecated(reason: "Ask for the title.")',
    ]
    # GraphQL knows no required input that is deprecated.
    assert block(text, "input OddCreateInput")[:2] == [
        "title: String!", 'body: String @deprecated(reason: "Not read by anyone.")',
    ]  # fmt: skip
    found = compiled(Odd).by_key["Odd"].types
    assert found is not None
    row = found.row.model_json_schema(mode="serialization")["properties"]
    assert [name for name, item in row.items() if item.get("deprecated")] == ["title", "body", "shout"]


async def test_every_value_comes_back_as_it_was_sent(demo: Any) -> None:
    sent = {
        "name": "Quartz \u2603", "nickname": "Q", "notes": "two\nlines", "code": "AB-12", "slug": "quartz",
        "email": "a@example.org", "link": "https://example.org/", "address": "::1", "kind": "MINERAL", "grade": "FINE",
        "shelf": "L2", "flag": True, "answer": False, "small": -5, "count": 2**30 - 1, "big": str(2**62),
        "ratio": 0.5, "amount": "12345678901.2345", "length": "P1DT02H00M00.500000S", "raw": "AAH/",
        "payload": {"a": [1, None, {"b": "c"}]}, "day": "2024-02-29", "at": "23:59:59", "moment": "2024-02-29T12:00:00+00:00",
    }  # fmt: skip
    fields = " ".join(SPECIMEN)
    query = f"mutation($input: SpecimenCreateInput!) {{ createSpecimen(input: $input) {{ id object {{ {fields} }} }} }}"
    made = (await run(demo.alice, query, input=sent))["createSpecimen"]
    assert made["id"] == made["object"]["id"] == str(uuid.UUID(made["id"]))
    expected = {**sent, "id": made["id"], "document": None, "doubled": 2 * sent["count"]}
    assert made["object"] == expected
    stored = await Specimen.objects.aget(pk=made["id"])
    assert (stored.kind, stored.grade, stored.big) == ("mineral", 5, 2**62)
    assert (stored.amount, stored.raw) == (Decimal("12345678901.2345"), b"\x00\x01\xff")
    found = await run(demo.alice, f"query($id: ID!) {{ specimen(id: $id) {{ {fields} }} }}", id=made["id"])
    assert found["specimen"] == expected
    await Specimen.objects.filter(pk=made["id"]).aupdate(kind="", big=5, document="specimens/a.txt")
    found = await run(demo.alice, "{ specimens { rows { kind big document } } }")
    assert found["specimens"]["rows"] == [{"kind": "EMPTY", "big": 5, "document": "/specimens/a.txt"}]


async def test_what_is_left_out_differs_from_null(demo: Any) -> None:
    made = await Specimen.objects.acreate(name="One", nickname="First", grade=1, big=7)
    query = """mutation($id: ID!, $input: SpecimenUpdateInput!) {
        updateSpecimen(id: $id, input: $input) { success errors { field code } object { name nickname grade big } } }"""
    found = (await run(demo.alice, query, id=str(made.pk), input={"nickname": None}))["updateSpecimen"]
    assert found["object"] == {"name": "One", "nickname": None, "grade": "POOR", "big": 7}
    found = (await run(demo.alice, query, id=str(made.pk), input={"grade": None}))["updateSpecimen"]
    assert found["object"] == {"name": "One", "nickname": None, "grade": None, "big": 7}
    # What may not be null is told by its field.
    found = (await run(demo.alice, query, id=str(made.pk), input={"name": None}))["updateSpecimen"]
    assert found == {"success": False, "errors": [{"field": "name", "code": "invalid"}], "object": None}
    # Nor does a variable that is not sent count as null.
    one = "mutation($id: ID!, $big: BigInt) { updateSpecimen(id: $id, input: {big: $big}) { object { big } } }"
    assert (await run(demo.alice, one, id=str(made.pk)))["updateSpecimen"]["object"] == {"big": 7}
    assert (await run(demo.alice, one, id=str(made.pk), big=None))["updateSpecimen"]["object"] == {"big": None}


@pytest.mark.parametrize(
    "kind, value",
    [
        ("big", "two"), ("big", 1.5), ("big", True), ("big", 2**64), ("amount", "NaN"), ("amount", True), ("day", 5),
        ("day", "2024-02-30"), ("moment", 1700000000), ("at", "25:00"), ("length", "yesterday"), ("raw", "*"), ("raw", 5),
        ("ratio", "0.5"), ("flag", "yes"), ("kind", "STONE"), ("kind", 1), ("grade", "5"), ("small", 2**40), ("code", "x"),
        ("payload", "\x00"),
    ],
)  # fmt: skip
async def test_a_wrong_value_is_refused_by_its_field(demo: Any, kind: str, value: Any) -> None:
    query = "mutation($input: SpecimenCreateInput!) { createSpecimen(input: $input) { success errors { field code } } }"
    found = await ask(demo.alice, query, input={"name": "One", kind: value})
    if found.errors:
        assert codes(found) == ["invalid_data"]
        assert f".{kind}" in found.errors[0].message
    else:
        assert found.data is not None
        answer = found.data["createSpecimen"]
        assert not answer["success"]
        assert [item["field"] for item in answer["errors"]] == [kind]
    assert not await Specimen.objects.aexists()


async def test_nesting_goes_as_deep_as_the_binding_says(demo: Any) -> None:
    key, parent = None, None
    for name in "abcd":
        parent = await Category.objects.acreate(name=name, parent=parent)
        key = parent.pk
    query = "query($id: ID!) { category(id: $id) { name parent { name parent { name } } } }"
    found = (await run(demo.alice, query, id=key))["category"]
    assert found == {"name": "d", "parent": {"name": "c", "parent": {"name": "b"}}}
    deeper = query.replace("{ name } } }", "{ name parent { name } } } }")
    refused = await ask(demo.alice, deeper, id=key)
    assert codes(refused) == ["invalid_data"]
    assert refused.errors is not None
    assert "nested deeper" in refused.errors[0].message
    # In a fragment, too, and in what a mutation shows.
    fragment = (
        "query($id: ID!) { category(id: $id) { ...A } } fragment A on Category { parent { parent { parent { id } } } }"
    )
    assert codes(await ask(demo.alice, fragment, id=key)) == ["invalid_data"]


async def test_what_the_user_may_not_read_is_null(demo: Any) -> None:
    ticket = next(item for item in demo.of(demo.network) if item.cost is not None)
    query = "query($id: ID!, $other: ID!) { ticket(id: $id) { cost } me: user(id: $id) { id } }".replace(
        "me: user(id: $id) { id }", "user(id: $other) { email }"
    )
    for user, cost, email in ((demo.alice, None, None), (demo.admin, f"{ticket.cost:.2f}", "bob@example.org")):
        found = await run(user, query, id=ticket.pk, other=demo.bob.pk)
        assert found == {"ticket": {"cost": cost}, "user": {"email": email}}
    found = await run(demo.alice, "query($id: ID!) { user(id: $id) { email } }", id=demo.alice.pk)
    assert found == {"user": {"email": "alice@example.org"}}


# Filters and orders -----------------------------------------------------------------------------------------------------


def test_the_types_of_filters_and_orders() -> None:
    found = members(SDL, "input SpecimenFilters")
    assert {name: found[name] for name in ("name", "nameIn", "nameIcontains", "kind", "kindIn", "gradeGte")} == {
        "name": "String", "nameIn": "[String!]", "nameIcontains": "String", "kind": "SpecimenKind",
        "kindIn": "[SpecimenKind!]", "gradeGte": "Int",
    }  # fmt: skip
    assert (found["bigGte"], found["smallRange"], found["dayRange"]) == ("BigInt", "[Int!]", "[Date!]")
    assert (found["dayYear"], found["momentDate"], found["nicknameIsnull"]) == ("Int", "Date", "Boolean")
    assert (found["and"], found["or"], found["not"]) == (
        "[SpecimenFilters!]", "[SpecimenFilters!]", "SpecimenFilters",
    )  # fmt: skip
    # What compares keys takes ids, whether the field is shown or not.
    assert members(SDL, "input CommentFilters")["ticket"] == "ID"
    assert members(SDL, "input PersonFilters")["clubsIn"] == "[ID!]"
    assert {"COUNT", "COUNT_DESC", "ID", "ID_DESC", "DAY"} <= set(block(SDL, "enum SpecimenOrder"))


FILTERS: list[tuple[str, Any]] = [
    ("{status: OPEN}", lambda t: t.status == "open"),
    ("{statusIn: [OPEN, CLOSED], priorityGte: 3}", lambda t: t.status in ("open", "closed") and t.priority >= 3),
    ("{priority: URGENT}", lambda t: t.priority == 4),
    ("{assignee: null}", lambda t: t.assignee_id is None),
    ("{not: {assignee: null}}", lambda t: t.assignee_id is not None),
    ("{or: [{status: OPEN}, {priorityIn: [LOW]}]}", lambda t: t.status == "open" or t.priority == 1),
    ("{and: [{priorityGte: 2}, {priorityLte: 3}]}", lambda t: t.priority in (2, 3)),
    ("{not: {or: [{status: OPEN}, {status: CLOSED}]}}", lambda t: t.status == "pending"),
    ("{titleIcontains: \"TICKET 1\"}", lambda t: t.title.startswith("Ticket 1")),
    ('{teamName: "Network", dueOnIsnull: true}', lambda t: t.due_on is None),
    ("{statusIn: []}", lambda t: False),
]  # fmt: skip


@pytest.mark.parametrize("filters, condition", FILTERS, ids=lambda item: item if isinstance(item, str) else "")
async def test_filters(demo: Any, filters: str, condition: Any) -> None:
    expected = [str(ticket.pk) for ticket in demo.of(demo.network) if condition(ticket)]
    query = f"{{ ticketList(filters: {filters}, order: ID) {{ count rows {{ id }} }} }}"
    found = (await run(demo.alice, query))["ticketList"]
    assert ([row["id"] for row in found["rows"]], found["count"]) == (expected, len(expected))


async def test_orders_pages_and_text(demo: Any) -> None:
    own = sorted(demo.of(demo.network), key=lambda ticket: (-ticket.priority, ticket.pk))
    query = "{ tickets(order: [PRIORITY_DESC, ID], page: 2, limit: 3) { page limit count rows { id } } }"
    assert (await run(demo.alice, query))["tickets"] == {
        "page": 2, "limit": 3, "count": 10, "rows": [{"id": str(ticket.pk)} for ticket in own[3:6]],
    }  # fmt: skip
    found = await run(demo.alice, '{ ticketList(query: "ticket 27") { count truncated } }')
    assert found["ticketList"] == {"count": 1, "truncated": False}
    refused = await ask(demo.alice, "{ tickets(limit: 101) { count } }")
    assert codes(refused) == ["invalid_data"]
    assert refused.errors is not None
    assert list(refused.errors[0].extensions["errors"]) == ["limit"]  # type: ignore[index]


# Names ------------------------------------------------------------------------------------------------------------------


class Small(Binding[Ticket]):
    abstract = True

    id: auto
    title: auto


def test_names_are_those_of_the_classes_or_ones_own() -> None:
    class CaseBinding(Small):
        stream = "desk.Case"
        status: auto

    class OtherBinding(Small):
        stream = "desk.Other"
        graphql_name = "Matter"
        status: auto

    text = sdl(parts(CaseBinding, OtherBinding))
    query = members(text.replace("(", ": ("), "type Query")
    assert set(query) == {"case", "cases", "casesConnection", "caseList"} | {
        "matter", "matters", "mattersConnection", "matterList",
    }  # fmt: skip
    # The choices of one field are one enum, whoever shows it.
    assert members(text, "type Case")["status"] == members(text, "type Matter")["status"] == "TicketStatus!"


def one() -> Any:
    class TicketBinding(Small):
        stream = "desk.One"

    return TicketBinding


def two() -> Any:
    class TicketBinding(Small):
        stream = "desk.Two"

        @action
        def bulk(self, ctx: Context) -> None: ...

    return TicketBinding


def named(name: str, **namespace: Any) -> Any:
    return type(
        "OddBinding", (Small,), {"stream": f"desk.{name}", "graphql_name": name, "__module__": __name__, **namespace}
    )


@pytest.mark.parametrize(
    "bindings, told",
    [
        (lambda: [one(), named("Ticket")], "'Ticket' belongs to tests.graphql.test_types.one.<locals>.TicketBinding"),
        (lambda: [one(), named("TicketPage")], "'TicketPage' belongs to"),
        (lambda: [named("TicketFilters"), named("PageInfo")], "'PageInfo' belongs to the library"),
        (lambda: [named("Query")], "'Query' belongs to the library"),
        (lambda: [named("DateTime")], "'DateTime' belongs to the library"),
        (lambda: [named("Box"), named("Boxe")], "Query has a field 'boxes' already"),
        (lambda: [two()], "'TicketBulkPayload' belongs to"),
    ],
)
def test_names_that_collide_are_refused(bindings: Any, told: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="graphql_name = ") as error:
        parts(*bindings())
    assert told in str(error.value), error.value


def test_fields_that_are_one_in_camel_case_are_refused() -> None:
    class Odd(Small):
        stream = "desk.Odd"
        due_on: auto
        dueOn: ReadOnly[Any] = field(source="due_on")  # noqa: N815

    with pytest.raises(ImproperlyConfigured, match=r"'due_on' and 'dueOn' are both 'dueOn'"):
        parts(Odd)


def test_a_name_beyond_ascii_is_refused() -> None:
    class Odd(Small):
        stream = "desk.Odd"
        größe: auto = field(source="cost")

    with pytest.raises(ImproperlyConfigured, match=r"'größe' is no GraphQL name: rename it"):
        parts(Odd)

    class ÄrgerBinding(Small):
        stream = "desk.Odd"

    with pytest.raises(ImproperlyConfigured, match=r"'Ärger' is no name of a GraphQL type: write graphql_name"):
        parts(ÄrgerBinding)


def test_what_is_not_served_is_not_there() -> None:
    class ReaderBinding(Small):
        stream = "desk.Reader"
        verbs = ["retrieve", "list"]
        secret: WriteOnly[str] = field(source="body")
        cost: auto = field(readable=False)
        status: auto = field(readable=is_staff)
        created: ReadOnly[Any] = field(source="created_at")

        @computed(needs=["title"], readable=is_staff)
        def length(self, ticket: Ticket) -> int:
            return len(ticket.title)

    text = sdl(parts(ReaderBinding))
    assert "type Mutation" not in text
    assert block(text.replace("(", " ("), "type Query") == [
        "reader (id: ID!): Reader",
        "readerList (order: [ReaderOrder!]): ReaderList!",
    ]
    assert members(text, "type Reader") == {
        "id": "ID!", "title": "String!", "status": "TicketStatus", "created": "DateTime!", "length": "Int",
    }  # fmt: skip


async def test_only_what_is_named_is_built(monkeypatch: pytest.MonkeyPatch, demo: Any) -> None:
    class TeamBinding(Binding[Team]):
        stream = None
        id: auto
        name: auto

    class TicketBinding(Small):
        stream = "desk.Ticket"
        team: TeamBinding

    class LabelBinding(Binding[Label]):
        stream = "desk.Label"
        verbs = ["list"]
        id: auto

    own = serve(monkeypatch, TicketBinding, TeamBinding, LabelBinding)
    text = str(own)
    assert "type Team {" in text
    assert "teams(" not in text
    found = await run(demo.admin, "{ ticketList(order: ID) { rows { team { name } } } labelList { count } }", own)
    assert found["ticketList"]["rows"][0] == {"team": {"name": "Network"}}
    assert found["labelList"] == {"count": 3}
