"""Whether a stated type fits the model: ``title: int`` on a CharField does not."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, get_args, get_origin

from .ir import Scalar
from .typemap import BYTES, DECIMAL_OUT

#: What an annotation may say for each output type.
AGREE: dict[Any, tuple[type, ...]] = {
    int: (int,), bool: (bool,), str: (str,), float: (float,), dt.datetime: (dt.datetime,), dt.date: (dt.date,),
    dt.time: (dt.time,), dt.timedelta: (dt.timedelta,), uuid.UUID: (uuid.UUID,), DECIMAL_OUT: (Decimal,), BYTES: (bytes,),
}  # fmt: skip


def agrees(kind: Any, scalar: Scalar, values: frozenset[Any] = frozenset()) -> bool:
    """``values`` are the model's choices: a Literal or an Enum has to name exactly these."""
    if kind is Any:
        return True
    if get_origin(kind) is Literal:
        return bool(values) and frozenset(get_args(kind)) - {""} == values - {""}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return bool(values) and frozenset(item.value for item in kind) - {""} == values - {""}
    return _same(kind, scalar.output)


def _same(kind: Any, output: Any) -> bool:
    if get_origin(kind) is Annotated:
        return _same(kind.__origin__, output)
    base = output.__origin__ if get_origin(output) is Annotated and output not in AGREE else output
    if get_origin(base) is list:
        return get_origin(kind) is list and _same(get_args(kind)[0], get_args(base)[0])
    return base is Any or kind in AGREE.get(base, (base,))


def spelled(kind: Any) -> str:
    """A type as one would write it."""
    return str(kind).replace("typing.", "") if get_origin(kind) else str(getattr(kind, "__name__", kind))
