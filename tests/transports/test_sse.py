"""``GET X/events/`` on a real server: subscribe for clients that have HTTP only."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from binding_schema.resolve.authentication import make_token
from helpdesk.models import Ticket
from tests.conftest import Demo, StartServer, served

pytestmark = pytest.mark.django_db(transaction=True)
TICKET = "helpdesk.Ticket"


@dataclass
class Event:
    id: str
    frame: dict[str, Any]

    @property
    def name(self) -> str:
        return self.frame["event"].removeprefix(f"{TICKET}.")


class Stream:
    """What an EventSource would make of a response."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.comments = 0
        self._lines = response.aiter_lines()

    async def next(self) -> Event:
        found = {"id": ""}
        async with asyncio.timeout(15):
            async for line in self._lines:
                if line.startswith(":"):
                    self.comments += 1
                elif line:
                    name, _, value = line.partition(": ")
                    found[name] = value
                elif "data" in found:
                    return Event(found["id"], json.loads(found["data"]))
        raise ConnectionError(f"the stream ended: {self.response.status_code}")


@asynccontextmanager
async def events(url: str, user: Any, query: str = "", **headers: str) -> AsyncIterator[Stream]:
    if user is not None:
        headers["authorization"] = f"Bearer {make_token(user)}"
    async with (
        httpx.AsyncClient(timeout=15) as client,
        client.stream("GET", f"{url}/api/{TICKET}/events/{query}", headers=headers) as response,
    ):
        if response.status_code != 200:
            await response.aread()
        yield Stream(response)


def serve(start: StartServer, **settings: Any) -> str:
    """The test writes in its own process, which this one hears of by looking."""
    return start(BINDING_SCHEMA_TEST_SETTINGS=json.dumps({"LIVE_POLL_INTERVAL": 0.1, **settings})).url


@pytest.fixture(scope="module")
def url(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of one server for most of these tests, each of which has rows of its own."""
    log, settings = tmp_path_factory.mktemp("sse") / "uvicorn.log", json.dumps({"LIVE_POLL_INTERVAL": 0.1})
    with served(log, "tests.asgi:application", BINDING_SCHEMA_TEST_SETTINGS=settings) as server:
        yield server.url


async def write(ticket: Ticket, **values: Any) -> None:
    def work() -> None:
        for name, value in values.items():
            setattr(ticket, name, value)
        ticket.save()

    await sync_to_async(work)()


async def test_a_list(demo: Demo, url: str) -> None:
    ticket = demo.of(demo.network)[0]
    async with events(url, demo.alice, "?snapshot=true&order=id") as stream:
        assert stream.response.headers["content-type"].startswith("text/event-stream")
        assert stream.response.headers["cache-control"] == "no-store"
        first = await stream.next()
        assert first.name == "subscribe"
        assert first.id == first.frame["meta"]["seq"]
        assert [row["id"] for row in first.frame["data"]["rows"]] == [item.pk for item in demo.of(demo.network)]
        await write(ticket, title='"meta":{"seq":"0000000000000000"}}')
        told = await stream.next()
        assert (told.name, told.frame["data"]["title"]) == ("retrieve", ticket.title)
        assert told.id == told.frame["meta"]["seq"] > first.id
        await write(ticket, team=demo.billing)
        left = await stream.next()
        assert (left.name, left.frame["data"], left.frame["meta"]["cause"]) == ("delete", {"id": ticket.pk}, "leave")


async def test_filters_and_what_a_browser_resumes_with(demo: Demo, url: str) -> None:
    tickets = demo.of(demo.network)
    await sync_to_async(Ticket.objects.update)(status="open")
    async with events(url, demo.alice, "?status=open&priority__gte=1") as stream:
        seq = (await stream.next()).id
    await write(tickets[0], status="closed")
    await write(tickets[1], status="open", title="Changed meanwhile")
    have = ",".join(str(item.pk) for item in tickets)
    async with events(url, demo.alice, f"?status=open&priority__gte=1&have={have}", **{"last-event-id": seq}) as stream:
        assert (await stream.next()).name == "subscribe"
        told = [await stream.next(), await stream.next()]
        assert {(item.name, item.frame["data"]["id"]) for item in told} == {
            ("delete", tickets[0].pk),
            ("retrieve", tickets[1].pk),
        }
    # An EventSource repeats its address as it was, without the ids that it holds by now.
    async with events(url, demo.alice, "?status=open", **{"last-event-id": seq}) as stream:
        names = [(await stream.next()).name for _ in range(3)]
        assert names == ["subscribe", "resync", "list"]


async def test_one_object(demo: Demo, url: str) -> None:
    ticket = demo.of(demo.network)[0]
    async with events(url, demo.alice, f"?id={ticket.pk}&snapshot=1") as stream:
        first = await stream.next()
        assert first.frame["data"]["title"] == ticket.title
        await sync_to_async(ticket.delete)()
        gone = await stream.next()
        assert (gone.name, gone.frame["meta"]["cause"]) == ("delete", "delete")


REFUSED = {
    "?id={billing}": (404, "not_found"),
    "?id=x": (422, "invalid_data"),
    "?cost=1": (422, "invalid_filter"),
    "?order=cost": (422, "invalid_data"),
    "?limit=0": (422, "invalid_data"),
    "?snapshot=perhaps": (422, "invalid_data"),
    "?id=1&status=open": (422, "invalid_data"),
    "?since=yesterday": (422, "invalid_data"),
    "?have=1,x&since=0000000000000000": (422, "invalid_data"),
}


async def test_what_is_refused_before_it_begins(demo: Demo, url: str) -> None:
    for query, expected in REFUSED.items():
        async with events(url, demo.alice, query.format(billing=demo.of(demo.billing)[0].pk)) as stream:
            assert (stream.response.status_code, stream.response.json()["data"]["code"]) == expected, query


async def test_anonymous_and_other_methods(demo: Demo, url: str) -> None:
    async with events(url, None) as stream:
        assert stream.response.status_code == 401
    async with httpx.AsyncClient() as client:
        headers = {"authorization": f"Bearer {make_token(demo.alice)}"}
        response = await client.post(f"{url}/api/{TICKET}/events/", headers=headers)
        assert (response.status_code, response.headers["allow"]) == (405, "GET")
        assert (await client.get(f"{url}/api/no.Stream/events/", headers=headers)).status_code == 404


def test_wsgi_cannot(demo: Demo) -> None:
    headers = {"authorization": f"Bearer {make_token(demo.alice)}"}
    response = Client().get(f"/api/{TICKET}/events/", headers=headers)
    assert (response.status_code, response.json()["data"]["code"]) == (405, "unsupported")


async def test_a_deactivated_user_is_told_and_left(demo: Demo, url: str) -> None:
    async with events(url, demo.alice) as stream:
        await stream.next()
        demo.alice.is_active = False
        await sync_to_async(demo.alice.save)()
        last = await stream.next()
        assert last.frame["data"]["code"] == "unauthenticated"
        with pytest.raises(ConnectionError):
            await stream.next()


async def test_pings_keep_an_idle_connection(demo: Demo, uvicorn_server: StartServer) -> None:
    url = serve(uvicorn_server, SSE_PING_INTERVAL=0.2)
    async with events(url, demo.alice) as stream:
        await stream.next()
        await asyncio.sleep(1)
        await write(demo.of(demo.network)[0], title="After a while")
        assert (await stream.next()).frame["data"]["title"] == "After a while"
        assert stream.comments >= 2
