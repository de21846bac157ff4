"""Run inside a project: several users' connections and lines of Python, as the blocks of docs/live.md say.

Standard input is `{"data": code, "blocks": [...]}`. A block is `{"new": bool, "steps": [...]}`; a new one begins with new
connections and with what the code makes. A step is `{"user", "sent"}`, `{"user", "count"}` for so many frames that are waited
for, `{"user"}` for the end of the connection, or `{"python": code}`. The first line of what is printed is a list of
`{"answers": [...], "more": [...]}`: what came at each step, and what came beyond that, as `[user, frame]`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from typing import Any

sys.path.insert(0, "")

import django

django.setup()

from asgiref.sync import sync_to_async  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from project.asgi import application  # noqa: E402

from binding_schema.testing import Reply, WebSocketClient  # noqa: E402

#: Seconds after which a frame that did not come will not come.
QUIET = 0.4


class Script:
    def __init__(self, data: str) -> None:
        self.data = data
        self.clients: dict[str, WebSocketClient] = {}
        self.seqs: dict[str, str] = {}
        self.names: dict[str, Any] = {}

    async def block(self, block: dict[str, Any]) -> dict[str, Any]:
        if block["new"]:
            await self.leave()
            await sync_to_async(exec)(self.data, {})
        answers = [await self.step(step) for step in block["steps"]]
        return {"answers": answers, "more": [[user, item] for user in self.clients for item in await self.rest(user)]}

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
        with contextlib.suppress(TimeoutError):
            while len(found) < step["count"]:
                reply = await client.receive()
                self.seqs[step["user"]] = reply.meta.get("seq") or self.seqs.get(step["user"], "")
                found.append(frame(reply))
        return found

    async def client(self, user: str) -> WebSocketClient:
        if user not in self.clients:
            found = await get_user_model().objects.aget(username=user)
            self.clients[user] = await WebSocketClient(application, found, timeout=5).__aenter__()
        return self.clients[user]

    async def rest(self, user: str) -> list[Any]:
        client, found = self.clients[user], []
        client.timeout = QUIET
        with contextlib.suppress(TimeoutError):
            while True:
                found.append(frame(await client.receive()))
        client.timeout = 5
        return found

    async def leave(self) -> None:
        for client in self.clients.values():
            await client.__aexit__()
        self.clients.clear()


def frame(reply: Reply) -> dict[str, Any]:
    return {"event": reply.event, "data": reply.data, **({"meta": reply.meta} if reply.meta else {})}


async def main(data: str, blocks: list[dict[str, Any]]) -> list[Any]:
    script = Script(data)
    found = [await script.block(block) for block in blocks]
    await script.leave()
    return found


sys.stdout.write(json.dumps(asyncio.run(main(**json.load(sys.stdin)))) + "\n")
