"""What every stream has: answers of writes, pages, errors. They are components of their own names."""

from __future__ import annotations

from typing import Final

from .. import errors
from ..errors import BindingError
from ..types import Json
from .components import Components, array, record, ref

COUNT: Final[Json] = {"type": "integer", "minimum": 0}
FLAG: Final[Json] = {"type": "boolean"}
TEXT: Final[Json] = {"type": "string"}
#: What may follow an event's name.
HASH: Final = r"(#[A-Za-z0-9_.:-]{1,64})?"
EVENT: Final = rf"^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)+{HASH}$"

HELP: Final = {
    "retrieve": "One object by its `id`, or several by their `ids`.",
    "list": "All rows that match, up to the stream's limit.",
    "search": "A page of the rows that match.",
    "create": "Create an object.",
    "update": "Change some fields of an object.",
    "save": "Update what has an `id`, create what has none; of `rows` all or nothing.",
    "delete": "Delete an object by its `id`, or several by their `ids`: all or nothing.",
    "schema": "What the user may read and write of the stream.",
    "subscribe": "Be told of changes of an object or of a list.",
    "unsubscribe": "End a subscription.",
}

DONE, FAILED, FAILED_ROWS = ref("Done"), ref("WriteFailed"), ref("RowsFailed")
FRAME, ANSWER, ERROR_FRAME = ref("Frame"), ref("AnswerFrame"), ref("ErrorFrame")
DESCRIPTION, ERROR, META = ref("StreamDescription"), ref("Error"), ref("RequestMeta")


def install(components: Components) -> None:
    for name, schema in _COMMON.items():
        components.add(name, schema)


def codes() -> dict[str, int]:
    """The protocol's codes with the HTTP statuses that REST uses, by status."""
    found = [item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, BindingError)]
    return {item.code: item.status for item in sorted(found, key=lambda item: (item.status, item.code))}


def written(key: Json) -> Json:
    return record({"success": {"const": True}, "id": key}, True)


def written_many(key: Json) -> Json:
    return record({"success": {"const": True}, "ids": array(key)}, True)


def page(rows: Json) -> Json:
    count = {"anyOf": [COUNT, {"type": "null"}], "description": "Null with `count: false`."}
    return record({"page": COUNT, "limit": COUNT, "count": count, "rows": rows}, True)


def cursor_page(rows: Json) -> Json:
    cursor = {"anyOf": [TEXT, {"type": "null"}]}
    return record({"limit": COUNT, "rows": rows, "next": cursor, "previous": cursor}, True)


def _failed(errors_of: Json) -> Json:
    return record({"success": {"const": False}, "errors": errors_of}, True, description="Nothing was written.")


def _objects(values: Json, text: str) -> Json:
    return {"type": "object", "additionalProperties": values, "description": text}


_BY_FIELD = "Complaints by field; those about none in particular under `__all__`."
_COMMON: Final[dict[str, Json]] = {
    "Done": record({"success": {"const": True}}, True),
    "ErrorItem": record(
        {"code": TEXT, "message": TEXT}, True, description="One complaint: a code, and words for people."
    ),
    "FieldErrors": _objects(array(ref("ErrorItem")), _BY_FIELD),
    "WriteFailed": _failed(ref("FieldErrors")),
    "RowsFailed": _failed(_objects(ref("FieldErrors"), "Complaints by the number of the row, from 0.")),
    "Error": record(
        {
            "code": {"type": "string", "enum": list(codes())},
            "message": TEXT,
            "event": {"type": "string", "description": "The request's event, with its hash."},
            "errors": {
                "type": "object",
                "description": "Complaints by field, where fields are to blame; of `rows`, those by the number of the row.",
            },
            "retry_after": {"type": "number", "description": "Seconds to wait, of `rate_limited`."},
            "allowed": array(TEXT, description="HTTP methods, of `unsupported`."),
            "incident": {"type": "string", "description": "Of `internal`: the id under which the server's log has it."},
        },
        ["code", "message"],
        description="A request that could not be answered.",
    ),
    "RequestMeta": record(
        {
            "subscribe": {"type": "boolean", "description": "False: do not follow what is answered."},
            "idempotency_key": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": r"^[^\x00]*$"},
        },
        description="Options of a request.",
    ),
    "Frame": record(
        {"event": {"type": "string", "pattern": EVENT, "maxLength": 300}, "data": {"type": "object"}, "meta": META},
        ["event"],
        closed=True,
        description="A request: `<stream>.<verb>`, with `#<hash>` if wanted, which the answer then has too.",
    ),
    "AnswerFrame": record({"event": TEXT, "data": {"type": "object"}, "meta": {"type": "object"}}, ["event", "data"]),
    "ErrorFrame": record({"event": {"const": "error"}, "data": ERROR}, True),
    "StreamDescription": record(
        {
            "stream": TEXT,
            "verbs": array(TEXT),
            "actions": _objects({"type": "object"}, "By name: `read`, `object`, `help` and `params`, a JSON Schema."),
            "events": _objects({"type": "object"}, "By name: `help` and `data`, a JSON Schema."),
            "fields": {"type": "object", "description": "JSON Schema of a row."},
            "create": {"type": "object", "description": "JSON Schema of what `create` takes."},
            "update": {"type": "object", "description": "JSON Schema of what `update` takes."},
            "filters": _objects({"type": "object"}, "JSON Schemas by filter."),
            "orders": array(TEXT),
            "search": FLAG,
            "page_size": COUNT,
            "max_page_size": COUNT,
            "list_limit": COUNT,
        },
        ["stream", "verbs", "actions"],
        description="What the user may read and write of a stream. One without a model has no fields.",
    ),
}
