"""Run inside a project: several users' connections and lines of Python, as the `live` blocks of the documents say.

Standard input is `{"data": code, "blocks": [...]}`. A block is `{"new": bool, "path": path, "steps": [...]}`; a new one begins
with new connections, to its path, and with what the code makes. A step is `{"user", "sent"}`, `{"user", "count"}` for so many
frames that are waited for, `{"user"}` for the end of the connection, or `{"python": code}`. The first line of what is printed is
a list of `{"answers": [...], "more": [...]}`: what came at each step, and what came beyond that, as `[user, frame]`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from typing import Any

# The project instead of this folder, which has a module `markdown` of its own.
sys.path.pop(0)
sys.path.insert(0, "")

import django

django.setup()

from asgiref.sync import sync_to_async  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.test import Client  # noqa: E402
from project.asgi import application  # noqa: E402

from binding_schema.live.hub import started  # noqa: E402
from binding_schema.live.settle import settled  # noqa: E402
from binding_schema.testing import WebSocketClient  # noqa: E402

#: Seconds after which a frame that did not come will not come, once all that was committed was told: answers to requests,
#: and what another package sends.
QUIET = 0.15


class Connection(WebSocketClient):
    """Of a user, by her session's cookie as a browser has it; its frames are any JSON."""

    async def __aenter__(self) -> Connection:
        self.user, user = None, self.user
        cookie = f"sessionid={await sync_to_async(session)(user)}"
        self.scope["headers"] += [(b"cookie", cookie.encode()), (b"origin", b"http://localhost")]
        await super().__aenter__()
        if self.closed is not None:
            raise ConnectionError(f"{self.scope['path']} refused {user} with {self.closed}")
        return self

    async def frame(self) -> Any:
        message = await self._next()
        if message["type"] == "websocket.close":
            raise ConnectionError(f"closed with {message.get('code')}")
        return json.loads(message["text"])


def session(user: Any) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


class Script:
    def __init__(self, data: str) -> None:
        self.data = data
        self.path = ""
        self.clients: dict[str, Connection] = {}
        self.seqs: dict[str, str] = {}
        self.names: dict[str, Any] = {}
        self.late = False
        """Whether a frame of the block did not come: what follows is not tried then."""

    async def block(self, block: dict[str, Any]) -> dict[str, Any]:
        if block["new"]:
            await self.leave()
            self.path = block["path"]
            self.late = False
            await sync_to_async(exec)(self.data, {})
            await told()
        answers = [await self.step(step) for step in block["steps"] if not self.late]
        await told()
        rests = await asyncio.gather(*(self.rest(client) for client in self.clients.values()))
        more = zip(self.clients, rests, strict=True)
        return {"answers": answers, "more": [[user, item] for user, items in more for item in items]}

    async def step(self, step: dict[str, Any]) -> Any:
        if "python" in step:
            await sync_to_async(exec)(step["python"], self.names)
            return None
        client = await self.client(step["user"])
        if "sent" in step:
            await client.send_text(json.dumps(step["sent"]).replace("$seq", self.seqs.get(step["user"], "")))
            return None
        if "count" not in step:
            await self.clients.pop(step["user"]).__aexit__()
            return None
        found: list[Any] = []
        while len(found) < step["count"] and not self.late:
            try:
                frame = await client.frame()
            except TimeoutError:
                self.late = True
            else:
                self.seqs[step["user"]] = frame.get("meta", {}).get("seq") or self.seqs.get(step["user"], "")
                found.append(frame)
        return found

    async def client(self, user: str) -> Connection:
        if user not in self.clients:
            found = await get_user_model().objects.aget(username=user)
            self.clients[user] = await Connection(application, found, path=self.path, timeout=5).__aenter__()
        return self.clients[user]

    async def rest(self, client: Connection) -> list[Any]:
        found = []
        client.timeout = QUIET
        with contextlib.suppress(TimeoutError):
            while True:
                found.append(await client.frame())
        client.timeout = 5
        return found

    async def leave(self) -> None:
        for client in self.clients.values():
            await client.__aexit__()
        self.clients.clear()


async def told() -> None:
    """Wait until all that was committed so far was told."""
    if engine := started():
        await settled(engine, 5)


async def main(data: str, blocks: list[dict[str, Any]]) -> list[Any]:
    script = Script(data)
    found = [await script.block(block) for block in blocks]
    await script.leave()
    return found


sys.stdout.write(json.dumps(asyncio.run(main(**json.load(sys.stdin)))) + "\n")
