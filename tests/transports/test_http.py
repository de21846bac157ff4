"""What HTTP adds to the frames: CSRF, caching, credentials, rates; under ASGI and under WSGI."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.http import HttpResponse
from django.test import AsyncClient, Client

from binding_schema.resolve.authentication import make_token
from binding_schema.transports import rest
from binding_schema.transports.limits import Buckets
from helpdesk.models import Ticket
from tests.conftest import Demo

TICKET = "/api/helpdesk.Ticket/"


class Browser:
    """Django's test client under ASGI or WSGI, with CSRF checks as a server has them."""

    def __init__(self, wsgi: bool) -> None:
        self.wsgi = wsgi
        self.client: Any = (Client if wsgi else AsyncClient)(enforce_csrf_checks=True)

    async def login(self, user: Any) -> None:
        await self.client.aforce_login(user)

    async def csrf(self) -> dict[str, str]:
        """The header that a page's script sends: the token of the cookie that Django's pages set."""
        await self.ask("GET", "/accounts/login/")
        return {"x-csrftoken": self.client.cookies["csrftoken"].value}

    async def ask(self, method: str, path: str, data: Any = None, **options: Any) -> HttpResponse:
        raw = b"" if data is None else orjson.dumps(data)
        if not self.wsgi:
            return await self.client.generic(method, path, raw, "application/json", **options)

        def work() -> HttpResponse:
            try:
                return self.client.generic(method, path, raw, "application/json", **options)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(1) as thread:
            return await asyncio.get_running_loop().run_in_executor(thread, work)


@pytest.fixture(params=["asgi", "wsgi"])
def browser(request: pytest.FixtureRequest) -> Browser:
    return Browser(request.param == "wsgi")


def token(user: Any) -> dict[str, Any]:
    return {"headers": {"authorization": f"Bearer {make_token(user)}"}}


def writes(demo: Demo) -> list[tuple[str, str, Any]]:
    key = demo.of(demo.network)[0].pk
    return [
        ("POST", "/api/", {"event": "helpdesk.Ticket.save", "data": {"id": key, "title": "Changed"}}),
        ("POST", TICKET, {"title": "Changed", "team": demo.network.pk}),
        ("PATCH", f"{TICKET}{key}/", {"title": "Changed"}),
        ("PUT", f"{TICKET}{key}/", {"title": "Changed"}),
        ("POST", f"{TICKET}{key}/close/", {"reason": "Changed"}),
        ("DELETE", f"{TICKET}{key}/", None),
    ]


async def test_a_session_writes_with_a_csrf_token_only(browser: Browser, demo: Demo) -> None:
    await browser.login(demo.alice)
    good = await browser.csrf()
    for headers in ({}, {"x-csrftoken": "x" * 32}, {"x-csrftoken": ""}):
        for method, path, data in writes(demo):
            response = await browser.ask(method, path, data, headers=headers)
            assert response.status_code == 403, path
            assert response.json()["data"]["code"] == "forbidden"
    assert await Ticket.objects.acount() == 30
    assert not await Ticket.objects.filter(title="Changed").aexists()
    for method, path, data in writes(demo):
        response = await browser.ask(method, path, data, headers=good)
        assert (response.status_code, "error" in response.json()["event"]) == (200, False), response.content


async def test_a_form_of_another_site_writes_nothing(browser: Browser, demo: Demo) -> None:
    """Not even with a token in its body: the body is JSON, and no form."""
    await browser.login(demo.alice)
    good = (await browser.csrf())["x-csrftoken"]
    post = sync_to_async(browser.client.post) if browser.wsgi else browser.client.post
    response = await post("/api/", {"csrfmiddlewaretoken": good, "event": "helpdesk.Ticket.create"})
    assert (response.status_code, response.json()["data"]["code"]) == (403, "forbidden")


async def test_a_session_reads_without_a_csrf_token(browser: Browser, demo: Demo) -> None:
    await browser.login(demo.alice)
    assert (await browser.ask("GET", TICKET)).json()["data"]["count"] == 10
    # The frame endpoint is POST, whatever the verb: it needs the token.
    response = await browser.ask("POST", "/api/", {"event": "helpdesk.Ticket.search"})
    assert response.status_code == 403


async def test_a_token_needs_no_csrf(browser: Browser, demo: Demo) -> None:
    for method, path, data in writes(demo):
        response = await browser.ask(method, path, data, **token(demo.alice))
        assert (response.status_code, "error" in response.json()["event"]) == (200, False), response.content


async def test_a_wrong_token_is_not_made_good_by_a_session(browser: Browser, demo: Demo) -> None:
    await browser.login(demo.alice)
    response = await browser.ask("GET", TICKET, headers={"authorization": "Bearer nonsense"})
    assert (response.status_code, response.json()["data"]["code"]) == (401, "unauthenticated")
    assert response["WWW-Authenticate"] == "Bearer"


async def test_anonymous_requests(browser: Browser, demo: Demo, settings: Any) -> None:
    for method, path, data in (("GET", TICKET, None), ("GET", "/api/", None), *writes(demo)):
        response = await browser.ask(method, path, data)
        assert (response.status_code, response.json()["data"]["code"]) == (401, "unauthenticated"), path
    settings.BINDING_SCHEMA = {"ANONYMOUS_CONNECTION_ALLOWED": True}
    # Let in, but what needs a user still does.
    assert (await browser.ask("GET", TICKET)).status_code == 401
    assert (await browser.ask("GET", "/api/")).status_code == 200


async def test_etags(browser: Browser, demo: Demo) -> None:
    path = f"{TICKET}{demo.of(demo.network)[0].pk}/"
    first = await browser.ask("GET", path, **token(demo.alice))
    etag = first["ETag"]
    headers = token(demo.alice)["headers"]
    for known in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        response = await browser.ask("GET", path, headers={**headers, "if-none-match": known})
        assert (response.status_code, response.content, response["ETag"]) == (304, b"", etag)
        # What a cache must know of an answer, it must know of this one too.
        assert (response["Vary"], response["Cache-Control"]) == (first["Vary"], first["Cache-Control"])
    response = await browser.ask("GET", path, headers={**headers, "if-none-match": '"x"'})
    assert (response.status_code, response.content) == (200, first.content)
    # Staff reads more of the same row.
    response = await browser.ask("GET", path, headers={**token(demo.admin)["headers"], "if-none-match": etag})
    assert response.status_code == 200
    await browser.ask("PATCH", path, {"title": "Changed"}, **token(demo.alice))
    response = await browser.ask("GET", path, headers={**headers, "if-none-match": etag})
    assert (response.status_code, response.json()["data"]["title"]) == (200, "Changed")
    assert "ETag" not in await browser.ask("GET", f"{TICKET}{10**9}/", **token(demo.alice))


async def test_head(browser: Browser, demo: Demo) -> None:
    path = f"{TICKET}{demo.of(demo.network)[0].pk}/"
    got = await browser.ask("GET", path, **token(demo.alice))
    head = await browser.ask("HEAD", path, **token(demo.alice))
    assert (head.status_code, head.content) == (200, b"")
    for name in ("ETag", "Content-Length", "Content-Type", "Vary", "Cache-Control"):
        assert head[name] == got[name]
    assert (await browser.ask("HEAD", f"{TICKET}{10**9}/", **token(demo.alice))).status_code == 404
    assert (await browser.ask("HEAD", TICKET + "take/", **token(demo.alice))).status_code == 405


async def test_what_is_private_is_not_cached_for_others(browser: Browser, demo: Demo) -> None:
    for method, path, data in (("GET", TICKET, None), ("GET", f"{TICKET}{10**9}/", None), *writes(demo)):
        response = await browser.ask(method, path, data, **token(demo.alice))
        assert {"Cookie", "Authorization"} <= {item.strip() for item in response["Vary"].split(",")}
        assert response["Cache-Control"] == "private, no-cache"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Type"] == "application/json"


async def test_statuses_of_the_frame_endpoint(browser: Browser, demo: Demo) -> None:
    key = demo.of(demo.network)[0].pk
    for frame, status in (
        ({"event": "helpdesk.Ticket.retrieve", "data": {"id": key}}, 200),
        ({"event": "helpdesk.Ticket.save", "data": {"id": key, "title": ""}}, 200),
        ({"event": "helpdesk.Ticket.retrieve", "data": {"id": 10**9}}, 404),
        ({"event": "helpdesk.Nothing.retrieve"}, 404),
        ({"event": "helpdesk.Ticket.nothing"}, 404),
        ({"event": "helpdesk.Ticket.retrieve", "data": {}}, 422),
        ({"event": "helpdesk.Ticket.search", "data": {"filters": {"x": 1}}}, 422),
        ({"event": "helpdesk.Label.create", "data": {"name": "x"}}, 403),
        ({"event": "x"}, 400),
        ([], 400),
        ([{"event": "x"}], 200),
        ([{}] * 51, 413),
    ):
        response = await browser.ask("POST", "/api/", frame, **token(demo.alice))
        assert response.status_code == status, (frame, response.content)


async def test_the_root_names_the_streams(browser: Browser, demo: Demo) -> None:
    streams = (await browser.ask("GET", "/api/", **token(demo.alice))).json()["streams"]
    assert {"helpdesk.Ticket", "auth.User", "tests.Clock"} <= set(streams)
    assert streams == sorted(streams)


async def test_a_rate(browser: Browser, demo: Demo, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.BINDING_SCHEMA = {"MAX_REQUESTS_PER_SECOND": 1}
    monkeypatch.setattr(rest, "_buckets", Buckets())
    frame = {"event": "helpdesk.Ticket.search"}
    # A batch counts for as many requests as it has frames.
    response = await browser.ask("POST", "/api/", [frame] * 4, **token(demo.alice))
    assert (response.status_code, [item["data"].get("code") for item in response.json()]) == (
        200,
        [None, None, "rate_limited", "rate_limited"],
    )
    assert response.json()[2]["data"]["event"] == "helpdesk.Ticket.search"
    response = await browser.ask("GET", TICKET, **token(demo.alice))
    assert (response.status_code, response.json()["data"]["code"]) == (429, "rate_limited")
    assert int(response["Retry-After"]) >= 1
    # Each user has her own, and so has who is not known.
    assert (await browser.ask("GET", TICKET, **token(demo.bob))).status_code == 200
    assert [(await browser.ask("GET", TICKET)).status_code for _ in range(3)] == [401, 401, 429]
