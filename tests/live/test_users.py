"""A connection ends with its user's rights to have one: code 4401, also where the client asks nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.test import Client, RequestFactory

from binding_schema.consumers import AsyncConsumer
from binding_schema.resolve.authentication import make_token
from binding_schema.testing import WebSocketClient
from helpdesk.models import Comment, Ticket
from tests.conftest import Demo

from .talk import TICKET, ask, done, told, ws

pytestmark = pytest.mark.django_db(transaction=True)


def deactivate(user: Any) -> None:
    current = User.objects.get(pk=user.pk)
    current.is_active = False
    current.save()


def change_password(user: Any) -> None:
    current = User.objects.get(pk=user.pk)
    current.set_password("other")
    current.save()


def delete(user: Any) -> None:
    Comment.objects.filter(author=user).delete()
    User.objects.get(pk=user.pk).delete()


@pytest.mark.parametrize("work", [deactivate, change_password, delete])
@pytest.mark.parametrize("subscribed", [True, False])
async def test_the_end(demo: Demo, work: Callable[[Any], None], subscribed: bool) -> None:
    ticket = demo.of(demo.network)[0]
    async with ws(demo.alice) as alice, ws(demo.carol) as carol:
        for client in (alice, carol):
            await ask(client, "auth.User.unsubscribe#none")
            if subscribed:
                await ask(client, f"{TICKET}.subscribe#l", snapshot=True)
        await done(lambda: work(demo.alice))
        await alice.settled()
        assert (alice.closed, carol.closed) == (4401, None)
        await carol.settled()
        await done(lambda: save(ticket))
        assert [item[1] for item in await told(carol)] == ([ticket.pk] if subscribed else [])


def save(ticket: Ticket) -> None:
    Ticket.objects.get(pk=ticket.pk).save()


async def test_a_user_who_changes_otherwise_stays(demo: Demo) -> None:
    async with ws(demo.alice) as alice:
        await ask(alice, "auth.User.unsubscribe#none")
        await done(lambda: touch(demo.alice))
        assert await alice.settled() == []
        assert alice.closed is None


def touch(user: Any) -> None:
    User.objects.get(pk=user.pk).save()


@pytest.mark.parametrize("earlier", [True, False], ids=["the hub runs", "the first connection"])
@pytest.mark.parametrize("work", [deactivate, change_password])
async def test_amid_the_handshake(demo: Demo, earlier: bool, work: Callable[[Any], None]) -> None:
    """After the user was read, and before the connection is one that the hub knows."""

    class Slow(AsyncConsumer):
        async def connected(self, user: Any) -> None:
            if user.pk == demo.alice.pk:
                await sync_to_async(work)(demo.alice)
                for client in others:
                    await client.settled()

    others: list[WebSocketClient] = []
    async with ws(demo.carol) as carol:
        if earlier:
            await ask(carol, "auth.User.unsubscribe#none")
            others.append(carol)
        async with WebSocketClient(Slow.as_asgi(), demo.alice) as alice:
            with pytest.raises(ConnectionError):
                await alice.receive()
            assert alice.closed == 4401


async def test_logout(demo: Demo) -> None:
    """Whose session has ended, is told nothing more; other sessions of the same user live on."""
    browsers = [Client(), Client()]
    for browser in browsers:
        await sync_to_async(browser.force_login)(demo.alice)
    async with ws(None, headers=headers(browsers[0])) as first, ws(None, headers=headers(browsers[1])) as second:
        for one in (first, second):
            assert (await ask(one, f"{TICKET}.subscribe#l", snapshot=True)).ok
        await done(lambda: log_out(browsers[0], demo.alice))
        with pytest.raises(ConnectionError):
            await first.receive()
        assert await second.settled() == [], "a logout changes nothing that others see"
        assert (first.closed, second.closed) == (4401, None)


async def test_logout_that_takes_its_time(demo: Demo) -> None:
    """Django tells of a logout before the session is deleted: who looks at once still finds it."""
    browser, told = Client(), threading.Event()
    await sync_to_async(browser.force_login)(demo.alice)

    async with ws(None, headers=headers(browser)) as alice:
        assert (await ask(alice, f"{TICKET}.subscribe#l", snapshot=True)).ok
        leaving = asyncio.ensure_future(done(lambda: log_out(browser, demo.alice, wait=told)))
        await asyncio.sleep(0.1)
        assert await alice.settled() == []
        assert alice.closed is None
        told.set()
        await leaving
        with pytest.raises(ConnectionError):
            await alice.receive()
        assert alice.closed == 4401


def headers(browser: Client) -> dict[str, str]:
    return {"cookie": f"sessionid={browser.cookies['sessionid'].value}", "origin": "http://testserver"}


def log_out(browser: Client, user: Any, wait: threading.Event | None = None) -> None:
    """As a view does; ``wait`` comes between Django's signal and the end of the session."""
    request: Any = RequestFactory().post("/")
    request.user, request.session = user, browser.session
    flush = request.session.flush

    def late() -> None:
        if wait is not None:
            assert wait.wait(10)
        flush()

    request.session.flush = late
    logout(request)


async def test_a_token_that_runs_out(demo: Demo, settings: Any) -> None:
    """Nobody tells of that, and a client that only listens asks nothing."""
    settings.BINDING_SCHEMA = {"LIVE_POLL_INTERVAL": 0.2}
    sent = {"authorization": f"Bearer {make_token(demo.alice, max_age=2)}"}
    async with ws(None, headers=sent) as short, ws(demo.alice) as long:
        assert (await ask(short, f"{TICKET}.subscribe#l", snapshot=True)).ok
        assert short.closed is None
        with pytest.raises(ConnectionError):
            await short.receive()
        assert (short.closed, long.closed) == (4401, None)
