"""Resource routes as requests: which verb a path and a method mean, and what the query parameters say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, QueryDict
from pydantic import ValidationError as TypeFault

from ..compile.ir import Stream, Types
from ..errors import InvalidData, UnknownStream, Unsupported
from ..resolve.dispatch import dispatcher
from ..types import Request

#: (place in the path, method) -> verb. The place is the collection ``X/`` or one object ``X/<id>/``.
COLLECTION = {"GET": "search", "POST": "create"}
OBJECT = {"GET": "retrieve", "PATCH": "update", "PUT": "update", "DELETE": "delete"}
#: ``GET X/<name>/`` that are verbs of the collection and no ids.
NAMED = frozenset({"list", "schema"})

_INTEGERS = frozenset({"page", "limit"})
_OWN = frozenset({"page", "limit", "after", "order", "query", "count"})


def request_of_route(request: HttpRequest, name: str, first: str, second: str, body: dict[str, Any] | None) -> Request:
    """Raises UnknownStream, Unsupported for a method that the route has not, InvalidData for wrong parameters."""
    stream = dispatcher().schema.streams.get(name)
    if stream is None:
        raise UnknownStream(f"There is no stream {name[:100]!r}.")
    method = "GET" if request.method == "HEAD" else str(request.method)
    verb, data = _verb_and_data(stream, method, first, second, request.GET, body)
    meta = {}
    if "Idempotency-Key" in request.headers:
        meta["idempotency_key"] = request.headers["Idempotency-Key"]
    return Request(stream.name, verb, "", data, meta)


def _verb_and_data(
    stream: Stream, method: str, first: str, second: str, query: QueryDict, body: dict[str, Any] | None
) -> tuple[str, dict[str, Any]]:
    if not first:
        verb = _pick(COLLECTION, method)
        return verb, (_search(stream, query) if verb == "search" else body or {})
    if second:
        data = _parameters(query, body)
        return _action(stream, second, method, {**data, **_named(stream, first, data)})
    if first in stream.actions:
        return _action(stream, first, method, _parameters(query, body))
    if first in NAMED and method == "GET":
        return first, ({} if first == "schema" else _search(stream, query))
    verb = _pick(OBJECT, method)
    if body is not None and "id" in body and str(body["id"]) != first:
        raise InvalidData("`id` in the body is not the one in the path.")
    return verb, {**(body or {}), **_named(stream, first, body or {})}


def _named(stream: Stream, place: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """What the place of an object in a path says: its id, or, if it cannot be one, the field that may stand for it."""
    naming = stream.naming
    if naming is None or stream.types is None or "id" in data or _is_key(stream.types, place):
        return {"id": place}
    if naming.name in data:
        raise InvalidData(f"`{naming.name}` names the object in the path: to write it, name the object by its id.")
    return {naming.name: place}


def _is_key(types: Types, place: str) -> bool:
    try:
        types.args["retrieve"].model_validate({"id": place})
    except TypeFault:
        return False
    return True


def _pick(table: Mapping[str, str], method: str) -> str:
    if method not in table:
        raise Unsupported(f"{method} is not supported here, but {', '.join(table)}.", allowed=list(table))
    return table[method]


def _action(stream: Stream, name: str, method: str, data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    action = stream.actions.get(name)
    allowed = ["GET", "POST"] if action is not None and action.read else ["POST"]
    if method not in allowed:
        raise Unsupported(f"{method} is not supported here, but {', '.join(allowed)}.", allowed=allowed)
    return name, data


def _parameters(query: QueryDict, body: dict[str, Any] | None) -> dict[str, Any]:
    """An action's parameters: the body, or the query of a GET. A repeated parameter is a list."""
    if body is not None:
        return dict(body)
    return {name: values if len(values) > 1 else values[0] for name, values in query.lists()}


def _search(stream: Stream, query: QueryDict) -> dict[str, Any]:
    """``page=2&order=-priority&priority__gte=3&status=open&status=pending``: what is not a key of the verb is a filter."""
    data: dict[str, Any] = {}
    filters: dict[str, Any] = {}
    for name, values in query.lists():
        value: Any = values[0] if len(values) == 1 else list(values)
        if name == "order":
            data["order"] = [part for item in values for part in item.split(",") if part]
        elif name in _OWN:
            data[name] = _integer(value) if name in _INTEGERS else value
        elif stream.own_filter and name not in stream.filters:
            data[name] = value
        else:
            spec = stream.filters.get(name)
            filters[name] = list(values) if spec is not None and spec.takes_list else value
    if "after" in data and data["after"] == "":
        data["after"] = None
    if filters:
        data["filters"] = filters
    return data


def subscription_of(request: HttpRequest, name: str) -> Request:
    """``X/events/?status=open&order=-id&limit=50&snapshot=true``, or ``?id=5``. ``Last-Event-ID`` is ``since``."""
    stream = dispatcher().schema.streams.get(name)
    if stream is None:
        raise UnknownStream(f"There is no stream {name[:100]!r}.")
    query = request.GET.copy()
    special = {key: query.pop(key) for key in ("id", "since", "have", "snapshot") if key in query}
    if stream.naming is not None and stream.naming.name not in stream.filters and stream.naming.name in query:
        special[stream.naming.name] = query.pop(stream.naming.name)
    data = _search(stream, query)
    if stream.naming is not None and stream.naming.name in special:
        data[stream.naming.name] = special[stream.naming.name][-1]
    if "id" in special:
        data["id"] = special["id"][-1]
    if "snapshot" in special:
        value = special["snapshot"][-1]
        data["snapshot"] = {"true": True, "1": True, "": True, "false": False, "0": False}.get(value, value)
    since = request.headers.get("Last-Event-ID") or special.get("since", [None])[-1]
    if since:
        data["since"] = since
    if "have" in special:
        data["have"] = [part for item in special["have"] for part in item.split(",") if part]
    return Request(name, "subscribe", "", data, {})


def _integer(value: Any) -> Any:
    """The number, or the text as it is, which the verb's own type refuses in its words."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19 else value
