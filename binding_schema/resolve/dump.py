"""Values become JSON bytes. What travels how is docs/protocol.md, section 2."""

from __future__ import annotations

import base64
import datetime as dt
from decimal import Decimal
from enum import Enum
from typing import Any

import orjson
from django.utils.duration import duration_iso_string
from django.utils.functional import Promise
from pydantic import BaseModel

from ..compile.typemap import MAX_SAFE_INTEGER
from ..errors import InvalidData

OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_STRICT_INTEGER | orjson.OPT_NAIVE_UTC


def dumps(value: Any) -> bytes:
    """JSON bytes of rows and answers. Integers beyond 2^53 become strings, as JavaScript would round them."""
    try:
        return orjson.dumps(value, default=_default, option=OPTIONS)
    except orjson.JSONEncodeError:
        return orjson.dumps(_safe(value), default=_default, option=OPTIONS)


def canonical(value: Any) -> bytes:
    """Equal bytes for equal JSON from a client. Raises InvalidData for what is nested deeper than the encoder goes."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError:
        raise InvalidData("The data is nested too deeply.") from None


def _default(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dt.timedelta):
        return duration_iso_string(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, BaseModel):
        return value.model_dump(mode="python", by_alias=True)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (set, frozenset, map, filter)):
        return list(value)
    if isinstance(value, (Promise, str)):
        return str(value)
    raise TypeError(f"a {type(value).__name__} cannot travel as JSON")


def _safe(value: Any) -> Any:
    """The same value with large integers as strings; the slow way, taken only when there is one."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER else str(value)
    if isinstance(value, dict):
        return {key: _safe(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_safe(item) for item in value]
    try:
        return _safe(_default(value))
    except TypeError:
        return value
