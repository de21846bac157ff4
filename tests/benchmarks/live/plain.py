"""What people write with Channels alone: a consumer in a group, and the row's JSON by hand.

Nothing here asks who may see the row: every member of the group is sent it.
"""

from typing import Any, ClassVar

import orjson
from channels.generic.websocket import AsyncJsonWebsocketConsumer, AsyncWebsocketConsumer

from .liveapp.models import FIELDS, Row

BARE = "bare"


class PlainConsumer(AsyncWebsocketConsumer):
    """The fastest way: the text is made once, by whoever changes the row, and sent to all as it is."""

    groups = ["texts"]

    async def connect(self) -> None:
        user = self.scope.get("user")
        if user is not None and user.is_authenticated:
            await self.accept()
        else:
            await self.close(4401)

    async def row_changed(self, message: dict[str, Any]) -> None:
        await self.send(text_data=message["text"])


class PlainJsonConsumer(AsyncJsonWebsocketConsumer):
    """The usual way, which Channels' own documentation shows: every consumer makes its own JSON."""

    groups = ["frames"]

    async def connect(self) -> None:
        user = self.scope.get("user")
        if user is not None and user.is_authenticated:
            await self.accept()
        else:
            await self.close(4401)

    async def row_changed(self, message: dict[str, Any]) -> None:
        await self.send_json(message["frame"])


class BareConsumer:
    """No channel layer, no groups: a set of connections, to each of which the text is handed. The floor under all others."""

    open: ClassVar[set["BareConsumer"]] = set()

    def __init__(self, receive: Any, send: Any) -> None:
        self.receive = receive
        self.send = send

    @classmethod
    def as_asgi(cls) -> Any:
        async def application(scope: Any, receive: Any, send: Any) -> None:
            await cls(receive, send).run()

        return application

    async def run(self) -> None:
        await self.receive()
        await self.send({"type": "websocket.accept"})
        self.open.add(self)
        while (await self.receive())["type"] != "websocket.disconnect":
            pass
        self.open.discard(self)

    @classmethod
    async def tell(cls, message: dict[str, Any]) -> None:
        for consumer in tuple(cls.open):
            await consumer.send({"type": "websocket.send", "text": message["text"]})


def frame(row: Row) -> dict[str, Any]:
    """The frame that ours sends, without a resume point."""
    data = {name: _plain(getattr(row, name)) for name in FIELDS}
    return {"event": "liveapp.Item.retrieve", "data": data, "meta": {"cause": "update"}}


def text_message(row: Row) -> tuple[str, dict[str, Any]]:
    """(group, message) for PlainConsumer."""
    return "texts", {"type": "row.changed", "text": orjson.dumps(frame(row)).decode()}


def bare_message(row: Row) -> tuple[str, dict[str, Any]]:
    """The same for BareConsumer."""
    return BARE, text_message(row)[1]


def json_message(row: Row) -> tuple[str, dict[str, Any]]:
    """(group, message) for PlainJsonConsumer."""
    return "frames", {"type": "row.changed", "frame": frame(row)}


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | str | None) else str(value)
