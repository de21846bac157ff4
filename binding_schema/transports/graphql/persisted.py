"""Automatic persisted queries: a client sends a query's hash, and the query itself only if it is not known yet."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from django.core.cache import cache
from strawberry.http import GraphQLRequestData

from ...conf import settings
from ...errors import BindingError, InvalidFrame, NotFound, Unsupported
from .documents import CHARACTERS

#: Seconds for which a query is kept after its last use.
KEPT = 24 * 3600
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
#: Messages that clients know: they send the query again, the first time or for ever. Not answered with a status of an error.
NOT_FOUND, NOT_SUPPORTED = "PersistedQueryNotFound", "PersistedQueryNotSupported"


async def find(data: GraphQLRequestData) -> str:
    """Puts the query in that a request means. Returns the key under which it is to be kept once it proved valid, if it is.

    Raises NotFound, Unsupported, and InvalidFrame for a hash that is another query's.
    """
    wanted: Any = (data.extensions or {}).get("persistedQuery")
    if not isinstance(wanted, Mapping):
        return ""
    if not settings().GRAPHQL_PERSISTED_QUERIES:
        if data.query is None:
            raise Unsupported(NOT_SUPPORTED, allowed=["POST"])
        return ""
    digest = wanted.get("sha256Hash")
    if not isinstance(digest, str) or not _DIGEST.match(digest := digest.lower()):
        raise InvalidFrame("`persistedQuery` needs the query's `sha256Hash`, 64 hexadecimal digits.")
    key = f"binding_schema.persisted.{digest}"
    if data.query is None:
        data.query = await cache.aget(key)
        if data.query is None:
            raise NotFound(NOT_FOUND)
        await cache.atouch(key, KEPT)
        return ""
    if hashlib.sha256(data.query.encode("utf-8", "surrogatepass")).hexdigest() != digest:
        raise InvalidFrame("`sha256Hash` is not the hash of the query.")
    return key


async def keep(key: str, query: str | None) -> None:
    """Keeps a query that was executed: what is not valid, or is too long, takes no place."""
    if key and query is not None and len(query) <= CHARACTERS:
        await cache.aset(key, query, KEPT)


def is_told(error: BindingError) -> bool:
    """Whether an error is part of the exchange, and not the request's failure."""
    return error.message in (NOT_FOUND, NOT_SUPPORTED)
