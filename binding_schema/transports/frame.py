"""The codec of the flat protocol: bytes to requests, answers to bytes. Pure; docs/protocol.md, section 1."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import orjson

from ..conf import settings
from ..errors import BindingError, InvalidFrame, TooLarge
from ..types import HASH, Request, Result

EVENT = re.compile(rf"^(?P<stream>\w+(?:\.\w+)*)\.(?P<verb>\w+)(?:#(?P<hash>{HASH.pattern}))?\Z", re.ASCII)
#: Only a text with so many digits in a row can hold an integer beyond 64 bits, which the parser would round.
_LONG = re.compile(rb"\d{19}")


def parse(raw: bytes | str) -> list[Any] | Any:
    """The JSON value of a text frame. Raises TooLarge and InvalidFrame."""
    limit = settings().MAX_FRAME_BYTES
    if isinstance(raw, str):
        try:
            raw = raw.encode()
        except UnicodeEncodeError:
            raise InvalidFrame("The frame is not Unicode text.") from None
    if len(raw) > limit:
        raise TooLarge(f"A frame may have {limit} bytes at most.")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise InvalidFrame("The frame is not JSON.") from None
    if _LONG.search(raw):
        _refuse_long(raw)
    return value


def _refuse_long(raw: bytes) -> None:
    def integer(text: str) -> int:
        number = int(text) if len(text) < 25 else 2**70
        if not -(2**63) <= number < 2**64:
            raise InvalidFrame("A number is beyond 64 bits.")
        return number

    try:
        json.loads(raw, parse_int=integer)
    except RecursionError:
        raise InvalidFrame("The frame is nested too deeply.") from None


def frames(value: Any) -> tuple[list[Any], bool]:
    """(frames, whether they are a batch). Raises InvalidFrame and TooLarge."""
    if not isinstance(value, list):
        return [value], False
    if not value:
        raise InvalidFrame("A batch must hold at least one frame.")
    if len(value) > settings().MAX_BATCH:
        raise TooLarge(f"A batch may hold {settings().MAX_BATCH} frames at most.")
    return value, True


def request_of(value: Any) -> Request:
    """The request of one frame. Raises InvalidFrame."""
    if not isinstance(value, dict):
        raise InvalidFrame("A frame must be a JSON object.")
    unknown = value.keys() - {"event", "data", "meta"}
    if unknown:
        raise InvalidFrame(f"A frame has no key {sorted(unknown)[0][:100]!r}: it has `event`, `data` and `meta`.")
    event, data, meta = value.get("event"), value.get("data", {}), value.get("meta", {})
    match = EVENT.match(event) if isinstance(event, str) and len(event) <= 300 else None
    if match is None:
        raise InvalidFrame('`event` must be "<stream>.<verb>", with "#<hash>" of 1 to 64 characters if wanted.')
    if not isinstance(data, dict):
        raise InvalidFrame("`data` must be an object.")
    if not isinstance(meta, dict):
        raise InvalidFrame("`meta` must be an object.")
    return Request(match["stream"], match["verb"], match["hash"] or "", data, meta)


def event_of(value: Any) -> str:
    """The event that a frame names, as far as it can be told: an error answers to it."""
    event = value.get("event") if isinstance(value, dict) else None
    return event[:300] if isinstance(event, str) else ""


def render(request: Request, result: Result) -> bytes:
    meta = b',"meta":{"seq":"' + result.seq.encode() + b'"}' if result.seq else b""
    return b'{"event":' + orjson.dumps(request.event) + b',"data":' + result.data + meta + b"}"


def render_error(error: BindingError, event: str = "") -> bytes:
    return orjson.dumps({"event": "error", "data": error.data(event)})


def render_batch(rendered: Iterable[bytes]) -> bytes:
    return b"[" + b",".join(rendered) + b"]"
