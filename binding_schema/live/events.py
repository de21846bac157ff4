"""Custom events: from code of the project to connections, through the change log, so that a rollback takes them back."""

from __future__ import annotations

import itertools
import logging
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
from django.db import router
from pydantic import ValidationError

from ..compile import current
from ..compile.ir import Stream
from ..conf import settings
from ..declare.context import Context
from ..declare.outlets import Reach
from ..errors import InvalidData
from ..resolve import threads
from ..resolve.dump import dumps
from ..resolve.failures import invalid_data
from ..types import HASH
from . import deliver, layer, log
from .deliver import Job
from .frames import frame
from .log import Entry, decode_key, encode_key, label_of
from .session import Session

if TYPE_CHECKING:
    from .hub import Hub

logger = logging.getLogger("binding_schema")
_numbers = itertools.count()


def payload(event: str, data: Any) -> str:
    """The event's data as JSON. Raises InvalidData if it is not of the declared type, no object, or too large."""
    name, _, verb = event.rpartition(".")
    stream = current.schema().streams.get(name)
    declared = stream.events.get(verb) if stream is not None else None
    if declared is not None:
        try:
            data = declared.adapter.dump_python(declared.adapter.validate_python(data), mode="python", by_alias=True)
        except ValidationError as error:
            raise invalid_data(error) from None
    text = dumps(data)
    if not text.startswith(b"{"):
        raise InvalidData(f"The data of event {event!r} must be what becomes a JSON object.")
    if len(text) > settings().MAX_EVENT_BYTES:
        raise InvalidData(f"The data of event {event!r} is larger than MAX_EVENT_BYTES.")
    if not name or not all(part.isidentifier() for part in event.split(".")):
        raise InvalidData(f'{event!r} is no event: write "<stream>.<name>".')
    return text.decode()


def emit(ctx: Context, reach: Reach, event: str, data: Any, obj: Any, after_commit: bool) -> None:
    """What ``ctx.reflect``, ``ctx.dispatch`` and ``ctx.broadcast`` do."""
    plain, marked, hash = event.partition("#") if reach == "reflect" else (event, "", "")
    if marked and not HASH.fullmatch(hash):
        raise InvalidData(f'{event!r} is no event: write "<stream>.<name>", with "#<hash>" if wanted.')
    detail = {"reach": reach, "event": event, "data": payload(plain, data)}
    if reach == "reflect":
        if not ctx.connection:
            return
        detail["connection"] = ctx.connection
    if reach == "dispatch":
        detail["stream"] = event.rpartition(".")[0]
    send(detail, obj, after_commit)


def send(detail: dict[str, Any], obj: Any = None, after_commit: bool = True) -> None:
    stream = current.schema().streams.get(detail.get("stream", ""))
    if detail.get("stream") is not None and stream is None:
        raise InvalidData(f"There is no stream {detail['stream']!r}.")
    if obj is not None:
        if stream is None or stream.model is None or not isinstance(obj, stream.model):
            raise InvalidData("The object of an event must be one of its stream's model.")
        detail["object"] = encode_key(obj.pk)
    model = stream.model if stream is not None else None
    using = router.db_for_write(model) if model is not None else "default"
    if after_commit:
        log.write(using, [Entry(_label(stream), "", "e", detail=orjson.dumps(detail).decode())])
        return
    for call in log.immediately:
        call(detail)
    if layer.layer() is not None:
        layer.publisher().send(
            layer.group_of(_label(stream)), {"type": layer.EVENT, "detail": detail, "from": layer.process()}
        )


def _label(stream: Stream | None) -> str:
    if stream is None:
        return "all"
    return label_of(stream.model) if stream.model is not None else f"stream.{stream.name}"


# Telling ----------------------------------------------------------------------------------------------------------------


async def tell(hub: Hub, detail: dict[str, Any]) -> None:
    """Hand an event to those of a hub's connections that it is for."""
    text = frame(detail["event"], detail["data"].encode())
    for session in await _receivers(hub, detail):
        session.push(("event", next(_numbers)), text)


async def _receivers(hub: Hub, detail: dict[str, Any]) -> list[Session]:
    reach = detail["reach"]
    if reach == "reflect":
        return [session for session in hub.sessions if session.id == detail["connection"]]
    if reach == "user":
        return [session for session in hub.sessions if encode_key(session.user_key) == detail["user"]]
    if reach == "broadcast":
        return list(hub.sessions)
    stream = hub.door.schema.streams.get(detail["stream"])
    if stream is None:
        return []
    sessions = list(dict.fromkeys(interest.session for interest in hub.register.of_stream(stream)))
    if stream.model is None or not sessions:
        return sessions
    keys = [decode_key(stream.model, detail["object"])] if "object" in detail else []
    job = Job(hub.door.planner, stream, keys, sessions, [])
    found = await threads.run(partial(deliver.run, job))
    return [item for item, standing in found.standings.items() if all(standing.sees(key) for key in keys)]
