"""Whatever arrives, each frame gets its code, the connection lives on, nothing is written and nothing private is told."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import quote, urlencode

import orjson
import pytest
from django.db import connection
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from binding_schema.compile import current
from binding_schema.consumers import SyncConsumer
from binding_schema.types import VERBS
from tests import generated
from tests.app.models import Category, Country, Seat, Specimen
from tests.asgi import application
from tests.conftest import Demo

from . import corpus
from .guard import STATUSES, Tables, answered, expected, plant, verify, wrote
from .wires import Http, Response, Socket

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(600),  # thousands of messages
    *generated.marks,
]
Run = Callable[[Awaitable[Any]], Any]


@pytest.fixture
def secrets(demo: Demo, settings: Any) -> Demo:
    settings.BINDING_SCHEMA = {"MAX_REQUESTS_PER_SECOND": None, "MAX_VIOLATIONS": None}
    plant(demo)
    Specimen.objects.create(name="quartz", amount="1.5", ratio=0.5, big=2**60, count=3, day="2024-01-01")
    Country.objects.create(code="fr", name="France")
    Seat.objects.create(row="A", number=1)
    Category.objects.create(name="leaf", parent=Category.objects.create(name="root"))
    return demo


@pytest.fixture
def tables(request: pytest.FixtureRequest, secrets: Demo) -> Iterator[Tables]:
    if "http" in request.fixturenames:
        request.getfixturevalue("http")  # a login writes
    tables = Tables()
    with tables.saved():
        yield tables


@pytest.fixture
def run() -> Iterator[Run]:
    """Runs coroutines on one event loop, on which connections outlive an example."""
    with asyncio.Runner() as runner:
        yield runner.run


def ids_of(demo: Demo) -> list[Any]:
    """Ids that are in sight, and ids that are not."""
    seen, unseen = demo.of(demo.network)[:3], demo.of(demo.billing, demo.hardware)[:3]
    specimen = str(Specimen.objects.get().pk)
    return [*(item.pk for item in [*seen, *unseen]), demo.alice.pk, demo.bob.pk, specimen, "fr", "A,1", 10**9]


def internal_errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("served", [application, SyncConsumer.as_asgi()], ids=["async", "sync"])
def test_websocket(served: Any, secrets: Demo, tables: Tables, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    client = Socket(served, secrets.alice, timeout=30)
    own, sent = secrets.of(secrets.network)[0].pk, Counter[str]()

    async def exchange(messages: list[str]) -> list[dict[str, Any]]:
        events = sorted(event for message in messages for event in expected(message))
        for message in messages:
            await client.send_text(message)
        replies = [await client.message() for _ in events]
        await client.send_frame({"event": "helpdesk.Ticket.retrieve#alive", "data": {"id": own}})
        alive, _ = await client.message()
        # The row may be gone, if a message deleted it with right: what matters is that there is an answer.
        assert answered(alive) == "helpdesk.Ticket.retrieve#alive", alive
        assert sorted(answered(frame) for frame, _ in replies) == events
        for frame, raw in replies:
            verify(frame, raw)
            sent[kind_of(frame)] += 1
        return [frame for frame, _ in replies]

    @settings(generated.profile, max_examples=300)
    @given(corpus.conversations(current.schema(), ids_of(secrets)))
    def check(messages: list[str]) -> None:
        tables.check(any(map(wrote, run(exchange(messages)))))

    run(client.__aenter__())
    assert client.closed is None
    try:
        check()
        for broken in corpus.BROKEN:
            run(exchange([broken]))
        run(client.send_bytes(b"\x00\xff"))
        frame, _ = run(client.message())
        assert frame["data"]["code"] == "invalid_frame"
        tables.check(may_differ=False)
        assert client.closed is None
        assert internal_errors(caplog) == []
        varied(sent)
    finally:
        run(client.__aexit__())


def kind_of(frame: dict[str, Any]) -> str:
    return frame["data"]["code"] if frame["event"] == "error" else "answered"


def varied(sent: Counter[str], least: int = 1800) -> None:
    """The messages were many, and of every kind: else this would test less than it says."""
    assert sent.total() >= least, sent
    wanted = ("answered", "invalid_frame", "invalid_data", "invalid_filter", "not_found")
    assert min(sent[kind] for kind in wanted) >= 3, sent


def read(response: Response) -> tuple[Any, str]:
    if response.headers["content-type"] == "text/event-stream":
        (line,) = [item for item in response.body.decode().splitlines() if item.startswith("data: ")]
        return orjson.loads(line.removeprefix("data: ")), line
    assert response.headers["content-type"] == "application/json", (response.status, response.body[:300])
    return orjson.loads(response.body), response.body.decode()


def verify_http(response: Response, head: bool = False) -> list[dict[str, Any]]:
    """The frames of a response, each of which has its status."""
    if response.status == 304:
        assert response.body == b""
        return []
    value, raw = read(response)
    frames = value if isinstance(value, list) else [value]
    for frame in frames:
        verify(frame, raw)
    if not isinstance(value, list):
        assert response.status == (STATUSES[value["data"]["code"]] if value["event"] == "error" else 200)
    return frames


def test_frame_endpoint(secrets: Demo, tables: Tables, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    http, sent = Http(secrets.alice), Counter[str]()

    async def exchange(messages: list[str | bytes]) -> list[dict[str, Any]]:
        replies = []
        for message in messages:
            body = message if isinstance(message, bytes) else message.encode("utf-8", "surrogatepass")
            frames = verify_http(await http.request("POST", "/api/", body=body))
            if isinstance(message, str):
                assert [answered(frame) for frame in frames] == expected(message)
            replies.extend(frames)
        sent.update(kind_of(frame) for frame in replies)
        return replies

    @settings(generated.profile, max_examples=260)
    @given(corpus.conversations(current.schema(), ids_of(secrets)), st.binary(max_size=20))
    def check(messages: list[str], noise: bytes) -> None:
        tables.check(any(map(wrote, run(exchange([*messages, noise])))))

    check()
    run(exchange(list(corpus.BROKEN)))
    tables.check(may_differ=False)
    assert internal_errors(caplog) == []
    varied(sent)


Call = tuple[str, str, bytes, bytes, bool, dict[str, str]]


@st.composite
def calls(draw: st.DrawFn, ids: list[Any]) -> Call:
    """(method, path, query, body, whether its length is told, headers) of a resource route."""
    streams = {name: item for name, item in current.schema().streams.items() if name not in corpus.TALKATIVE}
    name = draw(st.sampled_from([*streams, *streams, "helpdesk.Nothing", "é\x00"]))
    stream = streams.get(name, streams["helpdesk.Ticket"])
    verb = draw(st.sampled_from([*VERBS, *stream.actions]))
    strings = corpus.values.map(lambda value: value if isinstance(value, str) else corpus.text(value)[:2000])
    key = st.sampled_from(ids).map(str)
    first = draw(st.sampled_from(("", verb, "list", "schema", "events")) | key | strings)
    second = draw(st.sampled_from(("", "", *stream.actions, "x")) | strings) if first else ""
    parts = [quote(part, safe="", errors="replace")[:3000] for part in (name, first, second) if part]
    names = (
        st.sampled_from(["page", "limit", "after", "order", "query", "count", *stream.filters, *corpus.PRIVATE_PATHS])
        | corpus.keys
    )
    pairs = draw(st.lists(st.tuples(names, strings), max_size=3))
    query = urlencode([(key, value[:4000]) for key, value in pairs], errors="surrogatepass").encode()
    data = draw(corpus.data_of(stream, verb, ids))
    body = draw(
        st.just(corpus.text(data).encode())
        | st.binary(max_size=10)
        | st.sampled_from((b"", b"[]", b"null", b'"\\ud800"'))
    )
    headers = draw(
        st.dictionaries(st.sampled_from(("idempotency-key", "if-none-match", "x", "cookie")), key | strings, max_size=1)
    )
    method = draw(st.sampled_from(("GET", "GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW")))
    return (
        method,
        "/api/" + "/".join(parts) + "/",
        query,
        body,
        draw(st.booleans()),
        {key: value[:500] for key, value in headers.items()},
    )


def test_resource_routes(secrets: Demo, tables: Tables, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    http, sent = Http(secrets.alice), Counter[str]()

    async def exchange(call: Call) -> list[dict[str, Any]]:
        method, path, query, body, length, headers = call
        response = await http.request(method, path, query, body, length, **headers)
        if response.headers["content-type"].startswith("text/html"):
            # No route: Django's own page, for a path with an encoded slash in it.
            assert response.status == 404
            assert "%2F" in path or "%0A" in path
            return []
        if method == "HEAD":
            assert response.status in {200, 304, *STATUSES.values()}
            return []
        frames = verify_http(response)
        sent.update(map(kind_of, frames))
        assert method != "GET" or not any(map(wrote, frames))
        return frames

    # How a route is read asks nothing of the database, and PostgreSQL takes its time: there are the first of them.
    count = 2000 if connection.vendor == "sqlite" else 700

    @settings(generated.profile, max_examples=count)
    @given(calls(ids_of(secrets)))
    def check(call: Call) -> None:
        tables.check(any(map(wrote, run(exchange(call)))))

    check()
    assert internal_errors(caplog) == []
    varied(sent, count * 9 // 10)


CONTENT_TYPES = (
    "application/json",
    "text/plain",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "application/x-www-form-urlencoded; charset=nonsense",
    "é/\x01",
)


@pytest.fixture(params=["token", "session"])
def http(request: pytest.FixtureRequest, secrets: Demo) -> Http:
    """Alice, by token or by the cookie of a session, without a CSRF token."""
    if request.param == "token":
        return Http(secrets.alice)
    browser = Client()
    browser.force_login(secrets.alice)
    http = Http()
    http.headers = {"cookie": f"sessionid={browser.cookies['sessionid'].value}"}
    return http


BODIES = (
    b"", b"{", b"--x\r\n\r\n", b"--x--", b"a=1&" * 2000, b"\xff\xfe", b'{"event":"' + b"x" * 3_000_000, b"{}" * 700_000,
)  # fmt: skip
ROUTES = (("POST", "/api/"), ("POST", "/api/helpdesk.Ticket/"), ("PATCH", "/api/helpdesk.Ticket/999999999/"))
QUERIES = (b"a=1&" * 2000, b"%ff=%00&page=%", b"=&=&=", b"page=1&page=2", b"&&&;;;")


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_broken_http(content_type: str, http: Http, tables: Tables, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    """Bodies and queries that Django's own parsers give up on, with a token and with a session cookie."""
    for body in BODIES:
        for length in (True, False):
            for method, path in ROUTES:
                response = run(http.request(method, path, b"", body, length, content_type=content_type))
                assert not any(map(wrote, verify_http(response)))
                # No body at all are no fields: a write that fails on those that are required.
                assert response.status in ({400, 403, 404, 413, 422} if body else {200, 400, 403, 404})
    for query in QUERIES:
        verify_http(run(http.request("GET", "/api/helpdesk.Ticket/", query)))
    tables.check(may_differ=False)
    assert internal_errors(caplog) == []
