"""What is measured: how its receivers begin to listen, and how a change is written and told."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from channels.layers import get_channel_layer
from django.db import connections, transaction
from django.utils.module_loading import import_string

from tests.benchmarks.communicator import Application

from . import plain
from .fill import ROWS
from .liveapp.models import Item, PlainItem, Row, Ticket

Message = tuple[str, dict[str, Any]]
Tell = Callable[[Row], Message]


@dataclass(frozen=True)
class Contender:
    """`tell` makes the group and the message that are sent through the channel layer; ours needs none. `many`: each
    receiver is another user."""

    name: str
    consumer: str
    model: type[Row]
    requests: tuple[str, ...] = ()
    tell: Tell | None = None
    many: bool = False

    def application(self) -> Application:
        application: Application = import_string(self.consumer).as_asgi()
        return application


def _request(verb: str, stream: str = "liveapp.Item", **data: Any) -> str:
    return orjson.dumps({"event": f"{stream}.{verb}", "data": data}).decode()


_OURS = "binding_schema.consumers.AsyncConsumer"
_HERE = "tests.benchmarks.live.plain"

ONE_USER = Contender("ours, one user", _OURS, Item, (_request("subscribe"),))
MANY_USERS = Contender("ours, many users", _OURS, Ticket, (_request("subscribe", "liveapp.Ticket"),), many=True)
PLAIN = Contender("plain", f"{_HERE}.PlainConsumer", PlainItem, tell=plain.text_message)
PLAIN_JSON = Contender("plain, send_json", f"{_HERE}.PlainJsonConsumer", PlainItem, tell=plain.json_message)
#: The text goes from the writer's thread to each connection, and nothing else is done: what the machine itself takes.
BARE = Contender("bare", f"{_HERE}.BareConsumer", PlainItem, tell=plain.bare_message)
CONTENDERS = (ONE_USER, MANY_USERS, PLAIN, PLAIN_JSON)

#: What an idle connection of ours may be following.
IDLE = {
    "ours, connected": (),
    "ours, subscribed to a stream": (_request("subscribe"),),
    "ours, after a retrieve": (_request("retrieve", id=1),),
    "ours, after a search (25 rows)": (_request("search", page=1, limit=25),),
}


class Writer:
    """Changes rows on a thread of its own, with its own database connection, as another request would."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="writer")

    async def change(self, contender: Contender, nonce: int, rows: Sequence[int] = (1,)) -> None:
        """Give rows a new title that begins with ``Title <nonce>.``, in one transaction."""
        await self.run(partial(change, asyncio.get_running_loop(), contender, nonce, rows))

    async def run(self, work: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def close(self) -> None:
        await self.run(connections.close_all)
        self._pool.shutdown()


def change(
    loop: asyncio.AbstractEventLoop,
    contender: Contender,
    nonce: int,
    rows: Sequence[int],
    committed: Callable[[], None] | None = None,
) -> None:
    """On a writer's thread; `loop` is the receivers'. `committed` is called right after the commit."""
    changed = list(contender.model._default_manager.filter(pk__in=rows))
    with transaction.atomic():
        if committed is not None:
            transaction.on_commit(committed)  # the first: it runs before anything is told
        for row in changed:
            row.title = title(nonce, row.pk)
            row.save(update_fields=["title"])
        if contender.tell is not None:
            transaction.on_commit(partial(_told, loop, [contender.tell(row) for row in changed]))


def _told(loop: asyncio.AbstractEventLoop, messages: list[Message]) -> None:
    async def send() -> None:
        layer = get_channel_layer()
        assert layer is not None
        for group, message in messages:
            if group == plain.BARE:
                await plain.BareConsumer.tell(message)
            else:
                await layer.group_send(group, message)

    asyncio.run_coroutine_threadsafe(send(), loop)


def title(nonce: int, row: int) -> str:
    """Never the same twice."""
    return f"Title {nonce}.{row}"


def rows_from(nonce: int, number: int) -> list[int]:
    """Which rows are changed: others each time, as far as there are any."""
    return [(nonce * number + offset) % ROWS + 1 for offset in range(number)]
