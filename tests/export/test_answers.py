"""JSON Schema: its documents are valid, and what the server really takes and answers is what they say."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from asgiref.sync import sync_to_async
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from binding_schema.compile import current
from binding_schema.compile.ir import Schema
from binding_schema.consumers import AsyncConsumer
from binding_schema.export.document import Document
from binding_schema.export.json_schema import json_schema
from binding_schema.resolve.dump import dumps
from binding_schema.testing import Reply, RestClient, WebSocketClient
from tests.conftest import Demo
from tests.export import world

Check = Callable[[Any, Any], None]


@pytest.fixture(scope="session")
def strict(project_json: Any) -> Any:
    """The document, where an object has no other members than those it names."""
    found = copy.deepcopy(project_json)
    for schema in found["$defs"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return found


@pytest.fixture(scope="session")
def check(strict: Any) -> Check:
    definitions = strict["$defs"]

    def check(value: Any, schema: Any) -> None:
        Draft202012Validator({**schema, "$defs": definitions}).validate(value)

    return check


@pytest.fixture
def filled(demo: Demo, settings: Any) -> Demo:
    settings.BINDING_SCHEMA = {"MAX_REQUESTS_PER_SECOND": None}
    world.fill()
    return demo


def parts(document: Any) -> list[tuple[str, Any]]:
    """(stream.verb, its schemas) of all verbs and actions."""
    streams = document["streams"].items()
    return [
        (f"{name}.{verb}", part)
        for name, item in streams
        for kind in ("verbs", "actions")
        for verb, part in item[kind].items()
    ]


# The documents ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["project", "odd"])
def test_the_document_and_each_of_its_parts_are_valid(name: str, request: pytest.FixtureRequest) -> None:
    document = json_schema(request.getfixturevalue(name))
    assert document["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(document)
    known = {f"#/$defs/{name}" for name in document["$defs"]}
    referred = set(references(document))
    assert referred <= known
    assert len(referred) > len(known) // 2


def references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [found for item in value for found in references(item)]
    if not isinstance(value, dict):
        return []
    own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
    return [*own, *(found for item in value.values() for found in references(item))]


# What is answered -------------------------------------------------------------------------------------------------------


READS: list[dict[str, Any]] = [{}, {"limit": 1, "count": False}, {"limit": 1, "after": None}, {"order": ["-id"]}]


@pytest.mark.django_db(transaction=True)
async def test_reads_of_every_stream(filled: Demo, strict: Any, check: Check) -> None:
    known = await sync_to_async(world.keys)()
    asked = set()
    async with RestClient(filled.admin) as client:
        for name, item in strict["streams"].items():
            requests = [("schema", {})] if "schema" in item["verbs"] else []
            if name in known:
                one, some = known[name][0], {"ids": known[name]}
                requests += [("retrieve", {"id": one}), ("retrieve", some), ("list", {"order": "-id"})]
                requests += [("search", data) for data in READS]
            for verb, data in requests:
                check(data, item["verbs"][verb]["data"])
                reply = await client.send(f"{name}.{verb}", **data)
                assert reply.ok, (name, verb, reply)
                check(reply.data, item["verbs"][verb]["answer"])
                asked.add(f"{name}.{verb}")
    reads = {"retrieve", "list", "search", "schema"}
    assert asked == {event for event, _ in parts(strict) if event.rpartition(".")[2] in reads}


@pytest.mark.django_db(transaction=True)
async def test_what_is_not_there(filled: Demo, strict: Any, check: Check) -> None:
    verbs = strict["streams"]["app.Specimen"]["verbs"]
    async with RestClient(filled.admin) as client:
        reply = await client.send("app.Specimen.retrieve", ids=[str(uuid.uuid4())])
        check(reply.data, verbs["retrieve"]["answer"])
        assert reply.data["missing"]
        for event in ("app.Specimen.retrieve", "app.Specimen.nothing", "app.Nothing.search"):
            refused = await client.send(event, id=str(uuid.uuid4()))
            check({"event": refused.event, "data": refused.data}, {"$ref": "#/$defs/ErrorFrame"})
    async with RestClient() as client:
        refused = await client.send("app.Specimen.list")
        check(refused.data, {"$ref": "#/$defs/Error"})


TICKET: dict[str, Any] = {
    "title": "Printer",
    "status": "pending",
    "cost": "1.50",
    "due_on": "2099-01-31",
    "assignee": None,
}
SPECIMEN: dict[str, Any] = {
    "name": "Agate", "big": "9007199254740993", "amount": 1.25, "length": "P1DT2H", "raw": "AP8=", "day": "2026-01-31",
    "at": "12:30:00", "moment": "2026-01-31T12:00:00+01:00", "payload": [1], "kind": "plant", "grade": 1, "shelf": "l1",
}  # fmt: skip


@pytest.mark.django_db(transaction=True)
async def test_writes(filled: Demo, strict: Any, check: Check) -> None:
    team = filled.network.pk

    async with RestClient(filled.admin) as client:

        async def ask(event: str, data: dict[str, Any], ok: bool = True) -> Reply:
            name, _, verb = event.rpartition(".")
            item = strict["streams"][name]
            part = item["verbs"].get(verb) or item["actions"][verb]
            if ok:
                check(data, part["data"])
            reply = await client.send(event, **data)
            assert reply.ok is ok, (event, reply)
            failed = ("RowsFailed" if "rows" in data else "WriteFailed") if not ok else ""
            check(reply.data, part["answer"] if ok else {"$ref": f"#/$defs/{failed}"})
            return reply

        made = await ask(
            "helpdesk.Ticket.create", {**TICKET, "team": team, "labels": [item.pk for item in filled.labels]}
        )
        key = made.data["id"]
        await ask("helpdesk.Ticket.update", {"id": key, "cost": None})
        await ask("helpdesk.Ticket.save", {"id": key, "title": "Scanner"})
        await ask("helpdesk.Ticket.save", {"rows": [{"id": key, "priority": 4}, {**TICKET, "team": team}]})
        await ask("helpdesk.Ticket.close", {"id": key, "reason": "Done"})
        await ask("helpdesk.Ticket.close", {"id": key, "reason": "Again"}, ok=False)
        await ask("helpdesk.Ticket.take", {"team": None})
        await ask("helpdesk.Ticket.stats", {})
        await ask("helpdesk.Ticket.create", {**TICKET, "title": ""}, ok=False)
        await ask("helpdesk.Ticket.save", {"rows": [{"id": key, "status": "done"}]}, ok=False)
        await ask("helpdesk.Ticket.delete", {"id": key})
        await ask("helpdesk.Team.delete", {"id": team}, ok=False)
        made = await ask("app.Specimen.create", SPECIMEN)
        await ask("app.Specimen.delete", {"ids": [made.data["id"]]})
        await ask("app.Country.create", {"id": "NO", "name": "Norway"})
        await ask("tests.Clock.now", {})
        await ask("tests.Clock.add", {"left": 1})


@pytest.mark.django_db(transaction=True)
async def test_filters_that_are_allowed_are_taken(filled: Demo, strict: Any, check: Check) -> None:
    cases: dict[str, list[dict[str, Any]]] = {
        "helpdesk.Ticket": [
            {"status": "open"}, {"status": ["open", "closed"]}, {"assignee": None}, {"status__in": ["open"]},
            {"or": [{"priority__gte": 3}, {"not": {"team__name": "Billing"}}]}, {"due_on__isnull": True},
        ],
        "app.Specimen": [
            {"small__range": [-5, 5]}, {"moment__date": "2026-01-31"}, {"day__year": 2026}, {"grade": 5}, {"big__in": ["1", 2]},
            {"amount__gte": "1.5"}, {"length__gte": "P1D"}, {"nickname": None},
        ],
    }  # fmt: skip
    async with RestClient(filled.admin) as client:
        for name, filters in cases.items():
            for item in filters:
                check(item, strict["streams"][name]["filters"])
                assert (await client.send(f"{name}.list", filters=item)).ok, item
            for wrong in ({"nothing": 1}, {"or": []}, {"not": {"nothing": 1}}):
                with pytest.raises(ValidationError):
                    check(wrong, strict["streams"][name]["filters"])
                assert (await client.send(f"{name}.list", filters=wrong)).code == "invalid_filter"


@pytest.mark.django_db(transaction=True)
async def test_live_frames(filled: Demo, project_json: Any) -> None:
    item, definitions = project_json["streams"]["helpdesk.Ticket"], project_json["$defs"]
    ticket = filled.of(filled.network)[0]
    seen = set()
    async with WebSocketClient(AsyncConsumer.as_asgi(), filled.alice) as client:
        reply = await client.send("helpdesk.Ticket.subscribe", filters={"priority__gte": 1}, snapshot=True)
        answer = {"$ref": item["verbs"]["subscribe"]["answer"]["$ref"], "$defs": definitions}
        Draft202012Validator(answer).validate(reply.data)
        await client.send("helpdesk.Ticket.update#own", id=ticket.pk, title="Told")
        frames = await client.settled()  # else the two changes may be told as one
        await client.send("helpdesk.Ticket.delete#own", id=ticket.pk)
        for told in [*frames, *await client.settled()]:
            verb = told.event.partition("#")[0].rpartition(".")[2]
            frame = {"event": told.event, "data": told.data, **({"meta": told.meta} if told.meta else {})}
            Draft202012Validator({**item["live"][verb], "$defs": definitions}).validate(frame)
            seen.add(verb)
    assert seen == {"retrieve", "delete"}


def test_events_and_results_as_they_are_sent(odd_schema: Schema, odd: Document) -> None:
    document = json_schema(odd)
    stream = odd_schema.streams["odd.Person"]
    place = {"city": "Oslo", "within": {"city": "Norway"}}
    sent = {
        "moved": {"place": place, "at": "2026-01-31T12:00:00Z", "after": "P1D"},
        "noted": {"a": 1},
    }
    for name, data in sent.items():
        adapter = stream.events[name].adapter
        travels = orjson.loads(dumps(adapter.dump_python(adapter.validate_python(data), mode="python", by_alias=True)))
        frame = {"event": f"odd.Person.{name}", "data": travels}
        schema = {**document["streams"]["odd.Person"]["live"][name], "$defs": document["$defs"]}
        Draft202012Validator(schema).validate(frame)
        with pytest.raises(ValidationError):
            Draft202012Validator(schema).validate({**frame, "data": {"a": "b"}})


def test_current_is_what_is_described(strict: Any) -> None:
    assert set(strict["streams"]) == set(current.schema().streams)
