"""The bytes of live frames (docs/protocol.md, section 4)."""

from __future__ import annotations

from typing import Any

import orjson

from ..compile.ir import Stream
from ..resolve.dump import dumps


def event(stream: Stream, verb: str, hash: str) -> str:
    return f"{stream.name}.{verb}#{hash}" if hash else f"{stream.name}.{verb}"


def frame(name: str, data: bytes, **meta: str) -> bytes:
    """``meta`` without what is empty."""
    shown = {key: value for key, value in meta.items() if value}
    tail = b',"meta":' + orjson.dumps(shown) if shown else b""
    return b'{"event":"' + name.encode() + b'","data":' + data + tail + b"}"


def key_data(stream: Stream, key: Any) -> bytes:
    """``{"id": ...}`` as it travels."""
    dump = stream.fields["id"].type.dump
    return dumps({"id": key if dump is None else dump(key)})
