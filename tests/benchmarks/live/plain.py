"""What people write with Channels alone: a consumer in a group, and the row's JSON by hand.

Nothing here asks who may see the row: every member of the group is sent it.
"""

from typing import Any

import orjson
from channels.generic.websocket import AsyncJsonWebsocketConsumer, AsyncWebsocketConsumer

from .liveapp.models import FIELDS, Row


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


def frame(row: Row) -> dict[str, Any]:
    """The frame that ours sends, without a resume point."""
    data = {name: _plain(getattr(row, name)) for name in FIELDS}
    return {"event": "liveapp.Item.retrieve", "data": data, "meta": {"cause": "update"}}


def text_message(row: Row) -> tuple[str, dict[str, Any]]:
    """(group, message) for PlainConsumer."""
    return "texts", {"type": "row.changed", "text": orjson.dumps(frame(row)).decode()}


def json_message(row: Row) -> tuple[str, dict[str, Any]]:
    """(group, message) for PlainJsonConsumer."""
    return "frames", {"type": "row.changed", "frame": frame(row)}


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | str | None) else str(value)
