"""All of the IR is in each file, the same in every process."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from binding_schema import errors
from binding_schema.compile import current
from binding_schema.compile.ir import Schema
from binding_schema.export import formats
from binding_schema.export.asyncapi import asyncapi
from binding_schema.export.components import Components
from binding_schema.export.document import Document, document_of
from binding_schema.export.json_schema import json_schema
from binding_schema.export.names import pascal
from binding_schema.export.openapi import openapi
from binding_schema.export.openapi_paths import ROUTES
from binding_schema.export.site import Site, site
from binding_schema.export.typescript import print_typescript, version_of
from binding_schema.types import VERBS

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(params=["project", "odd"])
def both(request: pytest.FixtureRequest, odd_schema: Schema) -> tuple[Schema, Document]:
    schema = odd_schema if request.param == "odd" else current.schema()
    return schema, request.getfixturevalue(request.param)


def test_json_schema_has_all_of_it(both: tuple[Schema, Document]) -> None:
    schema, document = both
    found = json_schema(document)
    definitions = found["$defs"]
    assert list(found["streams"]) == sorted(schema.streams)
    for name, stream in schema.streams.items():
        item = found["streams"][name]
        verbs = {*stream.verbs, "subscribe", "unsubscribe", *(["schema"] if stream.actions else [])}
        assert set(item["verbs"]) == verbs
        assert set(item["actions"]) == set(stream.actions)
        assert set(item["events"]) == set(stream.events)
        if stream.model is None:
            continue
        members = {
            part: definitions[item[part]["$ref"][8:]]
            for part in ("row", "filters", "order", "create", "update")
            if part in item
        }
        assert set(members["row"]["properties"]) == {part.name for part in stream.shape.fields}
        assert set(members["filters"]["properties"]) == {*stream.filters, "and", "or", "not"}
        assert set(members["order"]["enum"]) == {f"{sign}{key}" for key in {"id", *stream.orders} for sign in ("", "-")}
        if "create" in members:
            writable = {key for key, part in stream.fields.items() if part.writable is not False}
            assert set(members["create"]["properties"]) == writable


def test_the_other_formats_have_all_of_it(both: tuple[Schema, Document]) -> None:
    schema, document = both
    text, rest, events = print_typescript(document), openapi(document, site()), asyncapi(document, site())
    named = {
        operation["operationId"]
        for path in rest["paths"].values()
        for key, operation in path.items()
        if key != "parameters"
    }
    for name, stream in schema.streams.items():
        assert f'  "{name}": {{\n' in text
        wanted = {
            f"{name}.{verb}" for verb in (*stream.verbs, *stream.actions) if verb in stream.actions or verb in ROUTES
        }
        assert wanted | {f"{name}.events"} <= named
        for action in (*stream.actions, *stream.events):
            assert f"      {action}: " in text
        assert {f"{name}.{verb}" for verb in (*stream.verbs, *stream.actions)} <= events["operations"].keys()
        for part in stream.shape.fields:
            assert f'"{part.name}": ' in text
        for key in stream.filters:
            assert f"  {key}?: " in text
    # `save` has no route of its own: it is a frame.
    assert set(VERBS) - set(ROUTES) == {"save"}
    assert (
        rest["paths"]["/"]["post"]["requestBody"]["content"]["application/json"]["schema"]["anyOf"][1]["type"]
        == "array"
    )


def test_codes_and_statuses(project: Document) -> None:
    found = openapi(project, site())
    codes = set(found["components"]["schemas"]["Error"]["properties"]["code"]["enum"])
    classes = [
        item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, errors.BindingError)
    ]
    assert codes == {item.code for item in classes}
    search = found["paths"]["/helpdesk.Ticket/"]["get"]["responses"]
    assert {str(item.status) for item in classes} <= search.keys()


# What is said of fields ----------------------------------------------------------------------------------------------------


def test_notes_on_fields(project: Document, odd: Document) -> None:
    ticket = project.components.schemas["HelpdeskTicket"]
    assert "cost" not in ticket["required"]  # not everyone may read it
    assert "title" in ticket["required"]
    assert ticket["properties"]["created_at"]["readOnly"] is True
    assert "readOnly" not in ticket["properties"]["title"]
    assert ticket["properties"]["body"]["description"] == "What happened, in the words of whoever asked."
    status = project.components.schemas["HelpdeskTicketStatus"]
    assert status["x-choices"][0] == {"value": "open", "label": "Open"}
    article = odd.components.schemas
    assert article["OddArticle"]["properties"]["slug"]["deprecated"] is True
    assert article["OddArticleCreate"]["properties"]["title"]["writeOnly"] is True
    assert "title" not in article["OddArticle"]["properties"]
    assert article["OddPerson"]["properties"]["name"]["title"] == "Full name"
    assert "clubs" not in article["OddPerson"]["required"]
    text = print_typescript(odd)
    assert "  /** @deprecated Use `id`. */\n  slug: string;" in text
    assert "*/ passport" not in text


def test_security(project: Document) -> None:
    where = Site("Shop", "/v1/", "wss://live.example.org/socket/", "sid", "X-Token", allows_anonymous=True)
    found = openapi(project, where)
    assert found["info"]["title"] == "Shop"
    assert found["servers"] == [{"url": "/v1"}]
    read, write = (found["paths"]["/helpdesk.Ticket/"][method]["security"] for method in ("get", "post"))
    assert read == [{"bearer": []}, {"session": []}, {}]
    assert write == [{"bearer": []}, {"session": [], "csrf": []}, {}]
    schemes = found["components"]["securitySchemes"]
    assert (schemes["session"]["name"], schemes["csrf"]["name"]) == ("sid", "X-Token")
    server = asyncapi(project, where)["servers"]["websocket"]
    assert (server["protocol"], server["host"], server["pathname"]) == ("wss", "live.example.org", "/socket/")


def test_idempotency_keys(project: Document) -> None:
    paths = openapi(project, site())["paths"]

    def headers(path: str, method: str) -> set[str]:
        return {item["name"] for item in paths[path][method].get("parameters", ()) if item["in"] == "header"}

    assert headers("/helpdesk.Ticket/", "post") == {"Idempotency-Key"}
    assert headers("/helpdesk.Ticket/{id}/close/", "post") == {"Idempotency-Key"}
    assert headers("/helpdesk.Ticket/stats/", "get") == {"If-None-Match"}
    assert headers("/tests.Clock/add/", "post") == set()


def test_without_live(settings: Any, project: Document) -> None:
    settings.BINDING_SCHEMA = {"LIVE": False}
    quiet = document_of(current.schema())
    assert not {"subscribe", "unsubscribe"} & set(quiet.streams["helpdesk.Ticket"].verbs)
    assert not quiet.streams["helpdesk.Ticket"].live
    assert "/helpdesk.Ticket/events/" not in openapi(quiet, site())["paths"]
    assert version_of(quiet) != version_of(project)


# Names --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, name",
    [("helpdesk.Ticket", "HelpdeskTicket"), ("due_on", "DueOn"), ("a.b_c9", "ABC9"), ("9lives", "_9lives")],
)
def test_pascal(text: str, name: str) -> None:
    assert pascal(text) == name


def test_names_that_are_taken_get_a_number() -> None:
    components = Components()
    assert [components.names.claim(name) for name in ("Date", "A", "A", "A")] == ["Date2", "A", "A2", "A3"]


# The same each time ---------------------------------------------------------------------------------------------------------


def test_the_same_in_every_process() -> None:
    program = (
        "import hashlib, django; django.setup()\n"
        "from binding_schema.export.formats import FORMATS, export\n"
        "print(*(hashlib.sha256(export(name).encode()).hexdigest() for name in FORMATS))"
    )
    environment = {
        **os.environ, "PYTHONHASHSEED": "1", "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "example")]),
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    # Sets have another order there than here.
    here = [hashlib.sha256(formats.export(name).encode()).hexdigest() for name in formats.FORMATS]
    assert done.stdout.split() == here


def test_the_examples_module_is_up_to_date() -> None:
    """`manage.py binding_schema export --format typescript --out board/src/schema.ts` renews it."""
    command = "binding_schema export --format typescript --out board/src/schema.ts --check"
    environment = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [sys.executable, "manage.py", *command.split()], cwd=ROOT / "example", env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "is up to date" in done.stdout


def test_files_are_json_that_can_be_read_again(project: Document) -> None:
    for name in ("jsonschema", "openapi", "asyncapi"):
        text = formats.export(name)
        assert text.endswith("}\n")
        assert json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n" == text
        assert version_of(project) in text


def test_rows_and_lists_that_other_code_makes(project: Document) -> None:
    """Rows of an own `serialize`, and the data of lists that a binding narrows itself, may have further keys."""
    found = json_schema(project)
    definitions, streams = found["$defs"], found["streams"]
    badge, circle = (definitions[streams[name]["row"]["$ref"][8:]] for name in ("app.Badge", "app.Circle"))
    assert (badge["additionalProperties"], badge["required"]) == (True, ["id"])
    assert "additionalProperties" not in circle
    assert circle["required"] == ["id", "members", "name", "size"]
    assert circle["properties"]["members"]["items"]["$ref"][8:] in definitions
    assert "founder" in definitions[streams["app.Circle"]["create"]["$ref"][8:]]["properties"]
    for name, is_open in (("app.Badge", True), ("app.Circle", False)):
        for verb in ("list", "search", "subscribe"):
            data = definitions[streams[name]["verbs"][verb]["data"]["$ref"][8:]]
            assert data.get("additionalProperties", True) is is_open
    text = print_typescript(project)
    members = ["  id: number;", "  country_id?: string | null;", "  name?: string;", "  [key: string]: unknown;", "}"]
    assert "\n".join(["export interface AppBadge {", *members]) in text


def test_an_action_that_takes_further_keys(odd: Document) -> None:
    found = json_schema(odd)["$defs"]
    assert found["OddPersonDescribeParams"]["additionalProperties"] is True
    assert found["OddPersonDescribeData"]["additionalProperties"] is True
    assert found["OddPersonMoveParams"]["additionalProperties"] is False
    text = print_typescript(odd)
    assert "export interface OddPersonDescribeParams {\n  word?: string;\n  [key: string]: unknown;\n}" in text
    assert "export type OddPersonSayParams = { [key: string]: unknown; };" in text
