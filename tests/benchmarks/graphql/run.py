"""A run: both schemas in turns, over in-process ASGI, a request in flight for each connection."""

import asyncio
import json
import statistics
from argparse import Namespace
from collections.abc import Callable
from copy import copy
from itertools import count
from random import Random
from time import perf_counter
from typing import Any

from asgiref.sync import sync_to_async

from tests.benchmarks.communicator import BenchmarkError, Communicator
from tests.benchmarks.fill import fill

from . import schemas

CONTENDERS: dict[str, tuple[Callable[[], Any], dict[str, str]]] = {
    "binding_schema": (schemas.ours, schemas.OURS),
    "strawberry-django": (schemas.theirs, schemas.THEIRS),
}


class Socket(Communicator):
    def __init__(self, application: Any, user: Any) -> None:
        super().__init__(application, user)
        self._scope["subprotocols"] = ["graphql-transport-ws"]
        self._numbers = count()

    async def start(self) -> None:
        if not await self.open():
            raise BenchmarkError("the handshake was refused")
        if json.loads(await self.ask('{"type":"connection_init"}'))["type"] != "connection_ack":
            raise BenchmarkError("the connection was not acknowledged")

    async def query(self, text: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The data of an operation: its ``next``, and its ``complete`` after it."""
        payload = {"query": text, "variables": variables}
        message = {"id": str(next(self._numbers)), "type": "subscribe", "payload": payload}
        reply = json.loads(await self.ask(json.dumps(message)))
        done = await self._next()
        if reply["type"] != "next" or reply["payload"].get("errors") or '"complete"' not in done["text"]:
            raise BenchmarkError(f"not an answer: {reply} {done}")
        data: dict[str, Any] = reply["payload"]["data"]
        return data


def rows(data: dict[str, Any]) -> list[dict[str, Any]]:
    (found,) = data.values()
    if isinstance(found, dict) and "rows" in found:
        found = found["rows"]
    return found if isinstance(found, list) else [found]


def variables(name: str, what: str, random: Random, total: int) -> dict[str, Any]:
    if what == "one":
        return {"id": str(random.randint(1, total))}
    page = random.randint(1, total // 25)
    return {"page": page} if name == "binding_schema" else {"offset": (page - 1) * 25}


async def measure(name: str, what: str, options: Namespace, user: Any, seed: str) -> float:
    make, documents = CONTENDERS[name]
    application = make()
    sockets = [Socket(application, copy(user)) for _ in range(options.connections)]
    for socket in sockets:
        await socket.start()
    answered, until = 0, perf_counter() + options.seconds

    async def client(socket: Socket, random: Random) -> None:
        nonlocal answered
        while perf_counter() < until:
            found = rows(await socket.query(documents[what], variables(name, what, random, options.rows)))
            if len(found) != (25 if what == "list" else 1) or not found[0]["owner"]["username"]:
                raise BenchmarkError(f"{name} did not answer as it should: {found[:1]}")
            answered += 1

    start = perf_counter()
    async with asyncio.TaskGroup() as group:
        for number, socket in enumerate(sockets):
            group.create_task(client(socket, Random(f"{seed} {number}")))
    rate = answered / (perf_counter() - start)
    for socket in sockets:
        await socket.close()
    return rate


async def main(options: Namespace) -> None:
    user = (await sync_to_async(fill)(options.rows, 1))[0]
    for what in ("list", "one"):
        rates: dict[str, list[float]] = {name: [] for name in CONTENDERS}
        for number in range(options.rounds):
            for name in CONTENDERS:
                rates[name].append(await measure(name, what, options, user, f"{what} {number}"))
        ratios = [ours / theirs for ours, theirs in zip(*rates.values(), strict=True)]
        shown = ", ".join(f"{name} {statistics.median(found):.0f}/s" for name, found in rates.items())
        low, high = min(ratios), max(ratios)
        print(f"{what}: {shown}; ratio {statistics.median(ratios):.2f} [{low:.2f} to {high:.2f}]", flush=True)
