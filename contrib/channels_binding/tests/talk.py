"""What the tests talk to: a server of the page's project, the page's script in Node, and connections in process."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async
from channels.sessions import SessionMiddlewareStack
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore

import channels_binding
from binding_schema.testing import Reply, WebSocketClient
from channels_binding.consumers import AsyncConsumer

TESTS = Path(__file__).resolve().parent
PAGE = TESTS / "page" / "page.js"


def make_user(name: str, **more: Any) -> User:
    return User.objects.create_user(name, f"{name.lower()}@{name.lower()}.com", "secret", **more)


def cookie_of(user: User) -> str:
    """A session cookie as Django's login makes it."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


# A server ------------------------------------------------------------------------------------------------------------


def environment() -> dict[str, str]:
    """Of a process of the same project, on the same database."""
    places = [str(TESTS)]
    if "site-packages" not in Path(channels_binding.__file__).parts:
        places.append(str(Path(channels_binding.__file__).resolve().parent.parent))
    name = str(settings.DATABASES["default"]["TEST"]["NAME"])
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "page.settings",
        "BINDING_SCHEMA_TEST_DATABASE_NAME": name,
        "PYTHONPATH": os.pathsep.join(places),
    }


def wait_for_address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Where uvicorn says that it listens. Raises TimeoutError with its log."""
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        found = re.search(r"running on http://(\S+)", log.read_text())
        if found:
            return found[1]
        time.sleep(0.02)
    raise TimeoutError(log.read_text())


def started(application: str, log: Path) -> tuple[subprocess.Popen[bytes], str]:
    """uvicorn with an application of the project, and where it listens."""
    command = [sys.executable, "-m", "uvicorn", application, "--port", "0"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=TESTS, env=environment(), stdout=output, stderr=subprocess.STDOUT)
    try:
        return process, wait_for_address(process, log)
    except TimeoutError:
        process.kill()
        raise


# The page's script ------------------------------------------------------------------------------------------------------


class Page:
    """A browser that has the page open. ``told`` is all that its script has printed and nobody has asked for yet."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def send(self, frame: str) -> None:
        """``ws.send(JSON.stringify(...))`` with a frame as JavaScript writes it, on one line."""
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(frame.split()).encode() + b"\n")
        await self.process.stdin.drain()

    async def next(self) -> Any:
        """What the script prints next."""
        assert self.process.stdout is not None
        async with asyncio.timeout(30):
            line = await self.process.stdout.readline()
        assert line, "the script has ended"
        return json.loads(line)

    async def told(self, event: str, **values: Any) -> Any:
        """The next frame of an event whose data has these values; others are passed over, as a change may be told twice."""
        while True:
            frame = await self.next()
            if frame.get("event") == event and values.items() <= frame["data"].items():
                return frame


@functools.cache
def flags_of(node: str) -> tuple[str, ...]:
    """Node 20 has a WebSocket only where it is asked for."""
    version = subprocess.check_output([node, "--version"], text=True).removeprefix("v")
    return ("--experimental-websocket", "--no-warnings") if int(version.split(".")[0]) < 22 else ()


@asynccontextmanager
async def opened(node: str, host: str, user: User | None, over: str = "ws") -> AsyncIterator[Page]:
    """The page as a user has it open who is logged in there. ``over="http"``: its script's frames go by POST."""
    cookie = await sync_to_async(cookie_of)(user) if user is not None else ""
    process = await asyncio.create_subprocess_exec(
        node, *flags_of(node), str(TESTS / "page" / "browser.mjs"),
        env={**os.environ, "HOST": host, "COOKIE": cookie, "CSRF": "c" * 32, "SCRIPT": str(PAGE), "OVER": over},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Page(process)
    finally:
        process.kill()
        await process.communicate()


# In process -----------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def connected(user: User, consumer: Any = AsyncConsumer) -> AsyncIterator[WebSocketClient]:
    """A connection through the page's middleware, with the session's cookie."""
    headers = {"cookie": await sync_to_async(cookie_of)(user)}
    async with WebSocketClient(SessionMiddlewareStack(consumer), headers=headers) as client:
        # A connection is accepted before its user is known: with an answer the handshake is over.
        assert (await client.send("desk.Echo.quiet")).ok
        yield client


async def frames(client: WebSocketClient, event: str, answers: int = 1, **data: Any) -> dict[str, list[Any]]:
    """All frames that follow a frame, by their events: as many of its own name, or an error, and what was sent besides."""
    await client.send_frame({"event": event, "data": data})
    got: list[Reply] = []
    while sum(item.event == event or item.data.get("event") == event for item in got) < answers:
        got.append(await client.receive())
    return by_event([*got, *await client.settled()])


def by_event(got: list[Reply]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for frame in got:
        found.setdefault(frame.event, []).append(frame.data)
    return found
