"""GraphQL over HTTP, under ASGI and WSGI: methods, authentication, limits of the transport, and what an answer looks like."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
import strawberry
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.test import AsyncRequestFactory, RequestFactory
from strawberry.file_uploads import Upload

from binding_schema.resolve.authentication import make_token
from binding_schema.transports import rest
from binding_schema.transports.graphql import GraphQLView, build_schema
from binding_schema.transports.limits import Buckets
from helpdesk.models import Ticket
from tests.conftest import Demo

from .wires import Http, code, codes

COUNT = "{ tickets { count } }"
CREATE = 'mutation { createTicket(input: {title: "New", team: %d}) { success id errors { field code } } }'


async def test_post(http: Http, demo: Demo) -> None:
    response = await http.post(
        "query Page($n: Int) { tickets(limit: $n) { limit rows { title } } }", {"n": 2}, user=demo.alice
    )
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "private, no-store"
    assert {"Accept", "Cookie", "Authorization"} <= {item.strip() for item in response["Vary"].split(",")}
    found = response.json()["data"]["tickets"]
    assert (found["limit"], len(found["rows"])) == (2, 2)


async def test_operation_name(http: Http, demo: Demo) -> None:
    body = {"query": f"query A {COUNT} query B {{ tickets {{ limit }} }}", "operationName": "B"}
    assert (await http.ask("POST", body=body, user=demo.alice)).json() == {"data": {"tickets": {"limit": 25}}}
    for wrong in ("C", ""):
        response = await http.ask("POST", body={**body, "operationName": wrong}, user=demo.alice)
        assert code(response) == (200, "invalid_data")
    assert code(await http.ask("POST", body={**body, "operationName": 5}, user=demo.alice)) == (400, "invalid_frame")


async def test_get_is_for_queries_only(http: Http, demo: Demo) -> None:
    query = "query A($n: Int) { tickets(limit: $n) { limit } }"
    path = "/graphql/?" + urlencode({"query": query, "variables": '{"n": 3}', "operationName": "A"})
    assert (await http.ask("GET", path, user=demo.alice)).json() == {"data": {"tickets": {"limit": 3}}}
    path = "/graphql/?" + urlencode({"query": query, "variables": "null"})
    assert (await http.ask("GET", path, user=demo.alice)).json() == {"data": {"tickets": {"limit": 25}}}
    path = "/graphql/?" + urlencode({"query": CREATE % demo.network.pk})
    response = await http.ask("GET", path, user=demo.alice)
    assert code(response) == (405, "unsupported")
    assert response["Allow"] == "POST"
    assert await Ticket.objects.acount() == 30
    for wrong in ("variables={", "variables=[]", "variables=5", "extensions=x", "query="):
        response = await http.ask("GET", f"/graphql/?query=%7Ba%7D&{wrong}", user=demo.alice)
        assert code(response) == (400, "invalid_frame"), wrong


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "BREW"])
async def test_other_methods(method: str, http: Http, demo: Demo) -> None:
    response = await http.ask(method, body={"query": COUNT}, user=demo.alice)
    assert code(response) == (405, "unsupported")
    assert response["Allow"] == "GET, POST"


async def test_a_mutation(http: Http, demo: Demo) -> None:
    found = await http.run(CREATE % demo.network.pk, user=demo.alice)
    payload = found["data"]["createTicket"]
    assert (payload["success"], payload["errors"]) == (True, [])
    assert (await Ticket.objects.aget(pk=payload["id"])).title == "New"


async def test_anonymous_is_refused(http: Http, demo: Demo, settings: Any) -> None:
    response = await http.post(COUNT)
    assert code(response) == (401, "unauthenticated")
    assert response["WWW-Authenticate"] == "Bearer"
    response = await http.post(COUNT, authorization="Bearer nonsense")
    assert code(response) == (401, "unauthenticated")
    settings.BINDING_SCHEMA = {"ANONYMOUS_CONNECTION_ALLOWED": True}
    # The connection is allowed then; the stream's own permissions still hold.
    found = await http.run(COUNT)
    assert (codes(found), found["data"]) == (["unauthenticated"], None)


async def test_a_session_needs_the_csrf_token_for_a_post(http: Http, demo: Demo) -> None:
    await http.login(demo.alice)
    good = await http.csrf()
    for headers in ({}, {"x_csrftoken": "x" * 32}):
        response = await http.post(CREATE % demo.network.pk, **headers)
        assert code(response) == (403, "forbidden")
    assert await Ticket.objects.acount() == 30
    response = await http.ask("POST", body={"query": CREATE % demo.network.pk}, **good)
    assert response.json()["data"]["createTicket"]["success"] is True
    path = "/graphql/?" + urlencode({"query": COUNT})
    assert (await http.ask("GET", path)).json() == {"data": {"tickets": {"count": 11}}}


async def test_a_deactivated_user(http: Http, demo: Demo) -> None:
    await http.login(demo.alice)
    await User.objects.filter(pk=demo.alice.pk).aupdate(is_active=False)
    assert code(await http.ask("GET", "/graphql/?" + urlencode({"query": COUNT}))) == (401, "unauthenticated")
    assert code(await http.post(COUNT, user=demo.alice)) == (401, "unauthenticated")


async def test_rates(http: Http, demo: Demo, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "_buckets", Buckets())
    settings.BINDING_SCHEMA = {"MAX_REQUESTS_PER_SECOND": 1}
    answers = [await http.post(COUNT, user=demo.alice) for _ in range(8)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert {code(answer) for answer in refused} == {(429, "rate_limited")}
    assert int(refused[0]["Retry-After"]) >= 1
    assert refused[0].json()["errors"][0]["extensions"]["retry_after"] > 0
    assert [answer for answer in answers if answer.status_code == 200]


async def test_sizes(http: Http, demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"MAX_FRAME_BYTES": 1000}
    variables = {"input": {"title": "x" * 1000, "team": demo.network.pk}}
    query = "mutation($input: TicketCreateInput!) { createTicket(input: $input) { id } }"
    response = await http.post(query, variables, user=demo.alice)
    assert code(response) == (413, "too_large")
    assert await Ticket.objects.acount() == 30
    assert (await http.post(COUNT, user=demo.alice)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"5", b'"x"', b"\xff", b'{"query": NaN}', b'{"query": 5}', b'{"query": null}', b'{"query": ""}', b"{}",
     b'{"query": "{a}", "variables": []}', b'{"query": "{a}", "variables": "x"}', b'{"query": "{a}", "extensions": 5}',
     b'{"query": "{a}", "variables": {"n": 99999999999999999999}}', b'{"query": "\\ud800"}', b"[" * 5000, b"[]", b"[5]",
     b'[{"query": "{a}"}]'],
)  # fmt: skip
async def test_broken_bodies(body: bytes, http: Http, demo: Demo) -> None:
    response = await http.ask("POST", body=body, user=demo.alice)
    assert code(response) == (400, "invalid_frame")


async def test_batches_are_refused_by_name(http: Http, demo: Demo) -> None:
    response = await http.ask("POST", body=[{"query": CREATE % demo.network.pk}] * 2, user=demo.alice)
    assert code(response) == (400, "invalid_frame")
    assert "Batches are not supported" in response.json()["errors"][0]["message"]
    assert await Ticket.objects.acount() == 30


@pytest.mark.parametrize("kind", ["text/plain", "application/graphql", "", "multipart/form-data; boundary=x"])
async def test_other_kinds_of_bodies(kind: str, http: Http, demo: Demo) -> None:
    response = await http.ask("POST", body={"query": COUNT}, user=demo.alice, kind=kind)
    assert code(response) == (400, "invalid_frame")


async def test_status_of_a_refused_operation(http: Http, demo: Demo) -> None:
    """200, as clients of GraphQL expect; those that ask for its own media type are told by the status too."""
    new = "application/graphql-response+json"
    for query, status, name in (
        ("{ nothing }", 422, "invalid_data"),
        ("{", 400, "invalid_frame"),
        ("{ tickets(limit: 100000) { rows { id title status } } }", 413, "too_large"),
    ):
        assert code(await http.post(query, user=demo.alice)) == (200, name)
        response = await http.post(query, user=demo.alice, accept=new)
        assert code(response) == (status, name)
        assert response["Content-Type"] == new
    response = await http.post("{ ticket(id: 1000000) { id } tickets { count } }", user=demo.alice, accept=new)
    assert (response.status_code, codes(response.json())) == (200, ["not_found"])


# Persisted queries ------------------------------------------------------------------------------------------------------


def persisted(query: str, digest: str = "") -> dict[str, Any]:
    digest = digest or hashlib.sha256(query.encode()).hexdigest()
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}}}


async def test_persisted_queries(http: Http, demo: Demo, settings: Any) -> None:
    query = "query Q { tickets { limit } }"
    response = await http.ask("POST", body=persisted(query), user=demo.alice)
    assert code(response) == (200, "not_found")
    assert response.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    response = await http.ask("POST", body={"query": query, **persisted(query)}, user=demo.alice)
    assert response.json() == {"data": {"tickets": {"limit": 25}}}
    assert (await http.ask("POST", body=persisted(query), user=demo.alice)).json() == response.json()
    path = "/graphql/?" + urlencode({"extensions": orjson.dumps(persisted(query)["extensions"])})
    assert (await http.ask("GET", path, user=demo.alice, accept="*/*")).json() == response.json()
    # Who may not ask is not answered from it.
    assert code(await http.ask("GET", path)) == (401, "unauthenticated")
    settings.BINDING_SCHEMA = {"GRAPHQL_PERSISTED_QUERIES": False}
    response = await http.ask("POST", body=persisted(query), user=demo.alice)
    assert code(response) == (200, "unsupported")
    assert response.json()["errors"][0]["message"] == "PersistedQueryNotSupported"


async def test_only_what_is_valid_is_kept(http: Http, demo: Demo) -> None:
    for query in ("{ nothing }", "{", '{ ticket(id: "%s") { id } }' % ("1" * 40_000)):
        await http.ask("POST", body={"query": query, **persisted(query)}, user=demo.alice)
        response = await http.ask("POST", body=persisted(query), user=demo.alice)
        assert response.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    for digest in ("x" * 64, "ab", 5, None, "a" * 64 + "\n"):
        body = {"query": COUNT, "extensions": {"persistedQuery": {"sha256Hash": digest}}}
        assert code(await http.ask("POST", body=body, user=demo.alice)) == (400, "invalid_frame")
    assert code(await http.ask("POST", body={"query": COUNT, **persisted("{ other }")}, user=demo.alice))[0] == 400
    assert await cache.aget("binding_schema.persisted." + hashlib.sha256(COUNT.encode()).hexdigest()) is None


async def test_a_persisted_mutation_is_no_get(http: Http, demo: Demo) -> None:
    query = CREATE % demo.network.pk
    await http.ask("POST", body={"query": query, **persisted(query)}, user=demo.alice)
    path = "/graphql/?" + urlencode({"extensions": orjson.dumps(persisted(query)["extensions"])})
    assert code(await http.ask("GET", path, user=demo.alice)) == (405, "unsupported")
    assert await Ticket.objects.acount() == 31


# Uploads ----------------------------------------------------------------------------------------------------------------


@strawberry.type
class Files:
    @strawberry.mutation
    async def size_of(self, info: strawberry.Info, file: Upload) -> int:
        assert info.context["user"].is_authenticated
        return len(file.read())  # type: ignore[attr-defined]


def form(query: str, mapping: Any = None) -> dict[str, Any]:
    operations = {"query": query, "variables": {"file": None}}
    return {
        "operations": orjson.dumps(operations).decode(),
        "map": orjson.dumps({"0": ["variables.file"]} if mapping is None else mapping).decode(),
        "0": ContentFile(b"12345", "five.txt"),
    }


SIZE = "mutation($file: Upload!) { sizeOf(file: $file) }"


async def upload(is_async: bool, user: Any, data: Any, on: bool = True) -> Any:
    view = GraphQLView.as_view(schema=build_schema(mutation=Files), multipart_uploads_enabled=on)
    headers = {"authorization": f"Bearer {make_token(user)}"} if user is not None else {}
    factory: Any = AsyncRequestFactory() if is_async else RequestFactory()
    response = await view(factory.post("/graphql/", data, headers=headers))
    return response.status_code, orjson.loads(response.content)


@pytest.mark.parametrize("is_async", [True, False], ids=["asgi", "wsgi"])
async def test_uploads_where_they_are_switched_on(is_async: bool, demo: Demo) -> None:
    assert await upload(is_async, demo.alice, form(SIZE)) == (200, {"data": {"sizeOf": 5}})
    status, found = await upload(is_async, demo.alice, form(SIZE), on=False)
    assert (status, codes(found)) == (400, ["invalid_frame"])
    status, found = await upload(is_async, None, form(SIZE))
    assert (status, codes(found)) == (401, ["unauthenticated"])
    for mapping in (
        {"1": ["variables.file"]},
        {"0": "x"},
        {"0": ["variables"]},
        {"0": ["a.b.c"]},
        {"0": 5},
        {"0": ["query"]},
        [],
    ):
        status, found = await upload(is_async, demo.alice, form(SIZE, mapping))
        assert (status, codes(found)) in ((400, ["invalid_frame"]), (200, ["invalid_data"])), mapping


async def test_an_upload_by_a_session_needs_the_csrf_token(asgi: Http, demo: Demo) -> None:
    await asgi.login(demo.alice)
    factory = AsyncRequestFactory()
    request = factory.post("/graphql/", form(SIZE))
    request.COOKIES.update({name: morsel.value for name, morsel in asgi.client.cookies.items()})
    response = await GraphQLView.as_view(schema=build_schema(mutation=Files), multipart_uploads_enabled=True)(request)
    assert (response.status_code, codes(orjson.loads(response.content))) == (403, ["forbidden"])


# What is not foreseen -------------------------------------------------------------------------------------------------


@strawberry.type
class Broken:
    @strawberry.field
    def secret(self) -> str:
        raise ValueError("SELECT secrets FROM table")


async def test_what_nobody_foresaw_is_an_incident(demo: Demo, caplog: pytest.LogCaptureFixture) -> None:
    request = AsyncRequestFactory().post(
        "/",
        {"query": "{ secret }"},
        "application/json",
        headers={"authorization": f"Bearer {await sync_to_async(make_token)(demo.alice)}"},
    )
    response = await GraphQLView.as_view(schema=build_schema(query=Broken))(request)
    (error,) = orjson.loads(response.content)["errors"]
    assert (response.status_code, error["extensions"]["code"], "SELECT" in response.content.decode()) == (
        200,
        "internal",
        False,
    )
    assert error["extensions"]["incident"] in caplog.text


async def test_a_mistake_of_a_client_is_not_logged(asgi: Http, demo: Demo, caplog: pytest.LogCaptureFixture) -> None:
    for query in ("{ nothing }", "{", "{ ticket(id: 1000000) { id } }", "{ tickets(limit: -1) { count } }"):
        assert codes(await asgi.run(query, user=demo.alice))
    assert [record for record in caplog.records if record.name.startswith(("strawberry", "binding_schema"))] == []
