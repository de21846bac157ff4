"""The parts of OpenAPI's operations: answers, errors, who may ask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from ..types import Json
from . import common
from .components import record
from .parameters import UNLESS
from .site import Site

_HEADERS: Final[dict[int, Json]] = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}}},
    405: {"Allow": {"schema": {"type": "string"}}},
    429: {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}},
}
_ETAG: Final[Json] = {"ETag": {"schema": {"type": "string"}, "description": "Of the answer, for `If-None-Match`."}}


def error_responses() -> dict[str, Json]:
    """A component for each status."""
    by_status: dict[int, list[str]] = {}
    for code, status in common.codes().items():
        by_status.setdefault(status, []).append(code)
    return {f"Error{status}": _error(status, codes) for status, codes in by_status.items()}


def _error(status: int, codes: list[str]) -> Json:
    data = {"allOf": [common.ERROR, {"properties": {"code": {"enum": codes}}}]}
    schema = record({"event": {"const": "error"}, "data": data}, True)
    found = {"description": ", ".join(f"`{code}`" for code in codes), "content": json_content(schema)}
    return {**found, "headers": _HEADERS[status]} if status in _HEADERS else found


def json_content(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def operation(
    name: str,
    summary: str,
    answer: Json,
    *,
    site: Site,
    tag: str = "",
    parameters: Iterable[Json] = (),
    body: Json | None = None,
    write: bool = False,
    kept: bool = True,
    description: str = "",
) -> Json:
    """``answer`` is the schema of what a 200 holds, or a whole response; ``kept``: of a GET, a client may keep the answer, and
    ask whether it is still so."""
    asks_again = kept and not write
    found: dict[str, Any] = {"operationId": name, "summary": summary}
    if description:
        found["description"] = description
    if tag:
        found["tags"] = [tag]
    given = [*parameters, *([UNLESS] if asks_again else ())]
    if given:
        found["parameters"] = given
    if body is not None:
        found["requestBody"] = {"required": True, "content": json_content(body)}
    found["responses"] = _responses(answer, asks_again)
    found["security"] = _security(site, write)
    return found


def _responses(answer: Json, asks_again: bool) -> Json:
    found = answer if "content" in answer else {"description": "Answered.", "content": json_content(answer)}
    statuses = sorted({*common.codes().values()})
    errors = {str(status): {"$ref": f"#/components/responses/Error{status}"} for status in statuses}
    if asks_again:
        return {"200": {**found, "headers": _ETAG}, "304": {"description": "Nothing changed."}, **errors}
    return {"200": found, **errors}


def _security(site: Site, needs_csrf: bool) -> list[Json]:
    session: Json = {"session": [], "csrf": []} if needs_csrf else {"session": []}
    return [{"bearer": []}, session, *([{}] if site.allows_anonymous else [])]
