"""`lookup_field`: a unique field in place of the id, by the same rights as the id."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q
from django.test import Client, RequestFactory

from binding_schema import AllowAny, Binding, Context, IsAuthenticated, action, auto, field
from binding_schema.consumers import AsyncConsumer
from binding_schema.declare import registry
from binding_schema.errors import BindingError, InvalidData, NotFound, Unauthenticated
from binding_schema.resolve.authentication import make_token
from binding_schema.testing import RestClient, WebSocketClient
from binding_schema.transports.resources import subscription_of
from tests.app.models import Booking, Club

from .local import Local

BOOKING = "app.Booking"


@pytest.fixture
def booking(transactional_db: None) -> Booking:
    times = {"day": dt.date(2026, 1, 31), "slot": 1, "starts": dt.time(10), "ends": dt.time(11)}
    Booking.objects.create(room="2", reference="other", **times)
    return Booking.objects.create(room="1", reference="first", **times)


@pytest.fixture
async def socket(alice: User) -> AsyncIterator[WebSocketClient]:
    async with WebSocketClient(AsyncConsumer.as_asgi(), alice) as client:
        yield client


async def test_reads_and_writes_by_another_field(socket: WebSocketClient, booking: Booking) -> None:
    assert (await socket.send(f"{BOOKING}.retrieve", reference="first")).data["id"] == booking.pk
    reply = await socket.send(f"{BOOKING}.update", reference="first", room="3")
    assert reply.data == {"success": True, "id": booking.pk}
    await booking.arefresh_from_db()
    assert (booking.room, booking.reference) == ("3", "first")
    assert (await socket.send(f"{BOOKING}.delete", reference="first")).data == {"success": True, "id": booking.pk}
    assert [item.reference async for item in Booking.objects.all()] == ["other"]


async def test_with_an_id_it_is_a_value(socket: WebSocketClient, booking: Booking) -> None:
    assert (await socket.send(f"{BOOKING}.update", id=booking.pk, reference="renamed")).ok
    await booking.arefresh_from_db()
    assert booking.reference == "renamed"
    reply = await socket.send(f"{BOOKING}.retrieve", id=booking.pk, reference="renamed")
    assert (reply.code, set(reply.data["errors"])) == ("invalid_data", {"reference"})


async def test_save_creates_without_an_id(socket: WebSocketClient, booking: Booking) -> None:
    reply = await socket.send(f"{BOOKING}.save", reference="first", room="9")
    assert {"day", "slot"} <= set(reply.data["errors"])
    assert await Booking.objects.acount() == 2


async def test_what_is_not_there_or_no_value(socket: WebSocketClient, booking: Booking) -> None:
    for verb in ("retrieve", "update", "delete", "subscribe"):
        assert (await socket.send(f"{BOOKING}.{verb}", reference="nothing")).code == "not_found"
        for wrong in (None, 5, ["first"], "x\x00"):
            assert (await socket.send(f"{BOOKING}.{verb}", reference=wrong)).code == "invalid_data"
    assert (await socket.send(f"{BOOKING}.search", reference="first")).code == "invalid_data"


async def test_a_subscription(socket: WebSocketClient, booking: Booking) -> None:
    assert (await socket.send(f"{BOOKING}.subscribe", reference="first")).ok
    booking.room = "7"
    await booking.asave()
    (frame,) = await socket.settled()
    assert (frame.event.partition("#")[0], frame.data["id"], frame.data["room"]) == (
        f"{BOOKING}.retrieve",
        booking.pk,
        "7",
    )
    booking.room = "8"
    await booking.asave()
    assert [item.data["room"] for item in await socket.settled()] == ["8"]


async def test_the_end_of_a_subscription(alice: User, booking: Booking) -> None:
    async with WebSocketClient(AsyncConsumer.as_asgi(), alice) as client:
        await client.send_frame({"event": f"{BOOKING}.subscribe", "data": {"reference": "first"}})
        assert (await client.receive()).ok
        await client.send_frame({"event": f"{BOOKING}.unsubscribe", "data": {"reference": "first"}})
        assert (await client.receive()).data == {"success": True}
        await booking.asave()
        assert await client.settled() == []


async def test_routes(api: RestClient, booking: Booking) -> None:
    route = f"{BOOKING}/first/"
    assert (await api.request("GET", route)).json["data"]["id"] == booking.pk
    assert (await api.request("GET", f"{BOOKING}/{booking.pk}/")).json["data"]["reference"] == "first"
    assert (await api.request("PATCH", route, {"room": "5"})).json["data"] == {"success": True, "id": booking.pk}
    refused = await api.request("PATCH", route, {"reference": "renamed"})
    assert (refused.status, refused.reply.code) == (422, "invalid_data")
    assert "name the object by its id" in refused.reply.data["message"]
    assert (await api.request("GET", f"{BOOKING}/nothing/")).status == 404
    assert (await api.request("DELETE", route)).json["data"] == {"success": True, "id": booking.pk}
    assert not await Booking.objects.filter(pk=booking.pk).aexists()


def test_server_sent_events() -> None:
    request = RequestFactory().get("/", {"reference": "first", "snapshot": "true"})
    assert subscription_of(request, BOOKING).data == {"reference": "first", "snapshot": True}


def test_under_wsgi(alice: User, booking: Booking) -> None:
    client = Client(headers={"authorization": f"Bearer {make_token(alice)}"})
    assert client.get(f"/api/{BOOKING}/first/").json()["data"]["id"] == booking.pk


# Rights -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def local() -> Iterator[Local]:
    before = list(registry._declared)

    class Ruled(Binding[Club]):
        stream = "own.Club"
        lookup_field = "title"
        permissions = [IsAuthenticated]

        id: auto
        title: auto = field(source="name")

        def visible_to(self, user: Any) -> Q:
            return Q(name="Chess")

        @action
        def close(self, ctx: Context, club: Club, **data: Any) -> dict[str, Any]:
            return {"closed": club.name, **data}

        @action(permissions=[AllowAny], read=True)
        def called(self, ctx: Context, club: Club, title: str) -> dict[str, Any]:
            return {"club": club.name, "title": title}

    yield Local(Ruled)
    registry._declared[:] = before


async def outcome(local: Local, user: Any, event: str, **data: Any) -> Any:
    try:
        return await local.send(user, event, **data)
    except BindingError as error:
        return type(error)


async def test_a_row_out_of_sight_is_as_one_that_is_not_there(local: Local, alice: User) -> None:
    chess = await Club.objects.acreate(name="Chess")
    await Club.objects.acreate(name="Secret")
    assert await local.send(alice, "own.Club.retrieve", title="Chess") == {"id": chess.pk, "title": "Chess"}
    assert await local.send(alice, "own.Club.close", title="Chess", why=1) == {"closed": "Chess", "why": 1}
    for verb, data in (("retrieve", {}), ("update", {"wrong": 1}), ("delete", {}), ("close", {})):
        for title in ("Secret", "Nothing"):
            assert await outcome(local, alice, f"own.Club.{verb}", title=title, **data) is NotFound, verb


async def test_who_may_not_ask_learns_nothing(local: Local, alice: User) -> None:
    await Club.objects.acreate(name="Chess")
    for title in ("Chess", "Nothing"):
        assert await outcome(local, AnonymousUser(), "own.Club.retrieve", title=title) is Unauthenticated


async def test_an_actions_own_parameter_goes_first(local: Local, alice: User) -> None:
    chess = await Club.objects.acreate(name="Chess")
    answer = await local.send(alice, "own.Club.called", id=chess.pk, title="x")
    assert answer == {"club": "Chess", "title": "x"}
    assert await outcome(local, alice, "own.Club.called", title="Chess") is InvalidData
