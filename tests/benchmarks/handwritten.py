"""What somebody writes who knows Channels, wants speed, and has one model: the fastest honest consumer by hand.

It speaks the same frames as ours, so that both read and write the same amount of JSON.
"""

from typing import Any

import orjson
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.core.exceptions import ValidationError

from .benchapp.models import FIELDS
from .benchapp.models import PlainItem as Item

PAGE_SIZE = 25
WRITABLE = set(FIELDS) - {"id"}


class ItemConsumer(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        if self.is_allowed():
            await self.accept()
        else:
            await self.close(4401)

    def is_allowed(self) -> bool:
        user = self.scope.get("user")
        return user is not None and user.is_authenticated

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        frame = orjson.loads(text_data or bytes_data or b"")
        await self.send(text_data=await self.answer(frame))

    @database_sync_to_async
    def answer(self, frame: dict[str, Any]) -> str:
        """Everything that a request needs from the database, and its JSON, in one hop to the worker thread."""
        return self.render(frame)

    def render(self, frame: dict[str, Any]) -> str:
        reply = {"event": frame["event"], "data": self.resolve(frame)}
        # orjson knows dates, but not Decimal.
        return orjson.dumps(reply, default=str).decode()

    def resolve(self, frame: dict[str, Any]) -> dict[str, Any]:
        if not self.is_allowed():
            return {"error": "forbidden"}
        name = frame["event"].partition("#")[0].rpartition(".")[2]
        verb = {"retrieve": retrieve, "search": search, "save": save}[name]
        try:
            return verb(frame["data"])
        except Item.DoesNotExist:
            return {"error": "not_found"}


class ThreadedItemConsumer(ItemConsumer):
    """The same on the event loop's thread pool, as many threads at a time as there are."""

    async def answer(self, frame: dict[str, Any]) -> str:
        return str(await database_sync_to_async(self.render, thread_sensitive=False)(frame))


def retrieve(data: dict[str, Any]) -> dict[str, Any]:
    return dict(Item.objects.values(*FIELDS).get(pk=data["id"]))


def search(data: dict[str, Any]) -> dict[str, Any]:
    page, limit = max(int(data["page"]), 1), min(int(data.get("limit", PAGE_SIZE)), 100)
    items = Item.objects.order_by("pk").values(*FIELDS)
    start = (page - 1) * limit
    return {"page": page, "limit": limit, "count": items.count(), "rows": list(items[start : start + limit])}


def save(data: dict[str, Any]) -> dict[str, Any]:
    item = Item.objects.get(pk=data["id"])
    changed = WRITABLE & data.keys()
    for name in changed:
        setattr(item, name, data[name])
    try:
        # Only what was changed, as a ModelForm does it: a bare full_clean() costs a query more, for the owner.
        item.full_clean(exclude={field.name for field in item._meta.fields if field.attname not in changed})
    except ValidationError as error:
        return {"success": False, "errors": error.message_dict}
    item.save(update_fields=changed)
    return {"success": True, "id": item.pk}
