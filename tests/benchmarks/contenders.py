"""The consumers that are measured, and how each one is talked to.

A contender turns (verb, key, nonce) into a frame. The nonce is a number that no other request of the run has; it comes
back in the reply. `key` is an id for "retrieve" and "save", a page number for "search".
"""

from dataclasses import dataclass
from typing import Any

import orjson
from django.apps import apps
from django.db.models import Model
from django.utils.module_loading import import_string

from .communicator import Application

VERBS = ("retrieve", "search", "save")
PAGE_SIZE = 25


def title(nonce: int) -> str:
    """The title that a "save" writes: never the same twice, so that no contender can skip the write."""
    return f"Title {nonce}"


@dataclass(frozen=True)
class Contender:
    """A consumer, with frames of our protocol."""

    name: str
    consumer: str
    model_name: str = "PlainItem"

    @property
    def model(self) -> type[Model]:
        return apps.get_model("benchapp", self.model_name)

    def application(self) -> Application:
        application: Application = import_string(self.consumer).as_asgi()
        return application

    def frame(self, verb: str, key: int, nonce: int, value: str | None = None) -> str:
        """The request as a client would send it; `value` is what "save" writes, by default `title(nonce)`."""
        data: dict[str, Any] = {"id": key}
        if verb == "search":
            data = {"page": key, "limit": PAGE_SIZE}
        elif verb == "save":
            data = {"id": key, "title": value or title(nonce)}
        event = f"benchapp.Item.{verb}#{nonce}"
        return orjson.dumps({"event": event, "data": data, "meta": {"subscribe": False}}).decode()

    def marks(self, verb: str, key: int, nonce: int, rows: int) -> tuple[str, ...]:
        """What stands in the reply to that frame when it succeeded, and in no error; `rows` are in the table."""
        event = f'"event":"benchapp.Item.{verb}#{nonce}"'
        if verb == "search":
            return event, f'"page":{key},', f'"count":{rows},'
        if verb == "save":
            return event, '"success":true', f'"id":{key}'
        return event, f'"id":{key},'

    def row(self, reply: str) -> dict[str, Any]:
        """The object in the reply to a "retrieve"."""
        row: dict[str, Any] = orjson.loads(reply)["data"]
        return row

    def page(self, reply: str) -> tuple[int, list[dict[str, Any]]]:
        """The count and the rows in the reply to a "search"."""
        data = orjson.loads(reply)["data"]
        return data["count"], data["rows"]


class RestFrameworkContender(Contender):
    """djangochannelsrestframework: its own frames, Python's own JSON with its spaces."""

    def frame(self, verb: str, key: int, nonce: int, value: str | None = None) -> str:
        request: dict[str, Any] = {"action": "retrieve", "request_id": nonce, "pk": key}
        if verb == "search":
            offset = (key - 1) * PAGE_SIZE
            request = {"action": "list", "request_id": nonce, "limit": PAGE_SIZE, "offset": offset}
        elif verb == "save":
            request = {"action": "patch", "request_id": nonce, "pk": key, "data": {"title": value or title(nonce)}}
        return orjson.dumps(request).decode()

    def marks(self, verb: str, key: int, nonce: int, rows: int) -> tuple[str, ...]:
        status = f'"response_status": 200, "request_id": {nonce}}}'
        if verb == "search":
            return status, f'"offset": {(key - 1) * PAGE_SIZE}}}', f'"count": {rows},'
        if verb == "save":
            return status, f'"id": {key},', title(nonce)
        return status, f'"id": {key},'

    def page(self, reply: str) -> tuple[int, list[dict[str, Any]]]:
        data = orjson.loads(reply)["data"]
        return data["count"], data["results"]


OURS = Contender("binding_schema", "binding_schema.consumers.AsyncConsumer", "Item")
HANDWRITTEN = Contender("handwritten", "tests.benchmarks.handwritten.ItemConsumer")
THREADED = Contender("handwritten-threaded", "tests.benchmarks.handwritten.ThreadedItemConsumer")
DCRF = RestFrameworkContender("dcrf", "tests.benchmarks.dcrf.ItemConsumer")

CONTENDERS = {contender.name: contender for contender in (OURS, HANDWRITTEN, DCRF, THREADED)}
DEFAULT_CONTENDERS = (OURS.name, HANDWRITTEN.name, DCRF.name)
