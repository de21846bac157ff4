"""Run inside a project: sends frames to its ASGI application, and prints the answers.

Standard input is a list of `{"user": name, "steps": [{"sent": frame, "answers": how many}]}`, standard output for each of them,
in their order, a list of lists.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

# The project instead of this folder, which has a module `markdown` of its own.
sys.path.pop(0)
sys.path.insert(0, "")

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from project.asgi import application  # noqa: E402

from binding_schema.testing import Reply, WebSocketClient  # noqa: E402


async def exchange(request: dict[str, Any]) -> list[list[Any]]:
    user = await get_user_model().objects.aget(username=request["user"])
    found = []
    async with WebSocketClient(application, user) as client:
        for step in request["steps"]:
            await client.send_frame(step["sent"])
            replies: list[Reply] = []
            while len(replies) < step["answers"]:
                reply = await client.receive()
                if "cause" not in reply.meta:  # a live frame comes when it comes: docs/live.md shows them
                    replies.append(reply)
            found.append([frame(reply) for reply in replies])
    return found


def frame(reply: Reply) -> dict[str, Any]:
    return {"event": reply.event, "data": reply.data, **({"meta": reply.meta} if reply.meta else {})}


async def exchange_all(requests: list[dict[str, Any]]) -> list[Any]:
    return [await exchange(request) for request in requests]


sys.stdout.write(json.dumps(asyncio.run(exchange_all(json.load(sys.stdin)))))
