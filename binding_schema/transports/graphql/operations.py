"""One operation of a WebSocket connection: what it sends, and how it ends."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import orjson
from strawberry.types import ExecutionResult

from ...conf import settings
from ...errors import CLOSE_UNAUTHENTICATED, InvalidFrame, Unsupported
from ...resolve.dispatch import internal
from .door import graphql_error
from .errors import formatted, is_request_error

if TYPE_CHECKING:
    from .ws import GraphQLConsumer

#: Characters of an operation's id.
ID_LENGTH = 200


def envelope_of(message: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """(id, payload) of a ``subscribe``. Raises InvalidFrame."""
    identity, payload = message.get("id"), message.get("payload")
    if not isinstance(identity, str) or not 0 < len(identity) <= ID_LENGTH:
        raise InvalidFrame(f"`id` must be a text of at most {ID_LENGTH} characters")
    if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
        raise InvalidFrame("`payload` must be an object with a `query`")
    for name, kind in (("variables", dict), ("operationName", str), ("extensions", dict)):
        if not isinstance(payload.get(name), (kind, type(None))):
            raise InvalidFrame(f"`{name}` is of the wrong type")
    return identity, payload


def identity_of(text: str) -> str | None:
    """The operation that a message is about which is too large to be taken."""
    try:
        return envelope_of(orjson.loads(text))[0]
    except (orjson.JSONDecodeError, AttributeError, InvalidFrame):
        return None


def dumps(message: dict[str, Any]) -> str:
    return orjson.dumps(message, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


class Operation:
    """``is_stream``: a subscription, which ends when its client leaves. A query or a mutation runs on to its end."""

    def __init__(self, connection: GraphQLConsumer, identity: str, payload: dict[str, Any], is_stream: bool) -> None:
        self.connection = connection
        self.id = identity
        self.payload = payload
        self.is_stream = is_stream
        self.task: asyncio.Task[None] | None = None
        self._left = False

    def leave(self) -> None:
        """Nobody hears of it any more."""
        self._left = True
        if self.is_stream and self.task is not None:
            self.task.cancel()

    async def run(self) -> None:
        try:
            await self._run()
        except Exception as error:  # noqa: BLE001 - logged under an incident; the connection lives on
            await self._last("error", [graphql_error(internal(error, "operation")).formatted])
        finally:
            self.connection.forget(self)

    async def _run(self) -> None:
        results: Any = await self.connection.schema.stream(
            self.payload["query"] or None,
            variable_values=self.payload.get("variables"),
            context_value=self.connection.context,
            operation_name=self.payload.get("operationName"),
            operation_extensions=self.payload.get("extensions"),
        )
        async with aclosing(results):
            async for result in results:
                if not isinstance(result, ExecutionResult):
                    error = Unsupported("@defer and @stream are not supported over WebSocket.")
                    await self._last("error", [graphql_error(error).formatted])
                    return
                if is_request_error(result):
                    errors = formatted(result.errors or [])
                    await self._last("error", errors)
                    await self._check_user(errors)
                    return
                await self._next(result)
        await self._last("complete")

    async def _next(self, result: ExecutionResult) -> None:
        payload: dict[str, Any] = {"data": result.data}
        if result.errors:
            payload["errors"] = formatted(result.errors)
        if result.extensions:
            payload["extensions"] = result.extensions
        if not self._left:
            await self.connection.send({"id": self.id, "type": "next", "payload": payload})
        await self._check_user(payload.get("errors", ()))

    async def _check_user(self, errors: Any) -> None:
        """The user was logged out, deactivated, or the token ran out, since the connection began."""
        codes = [item.get("extensions", {}).get("code") for item in errors]
        if "unauthenticated" in codes and not settings().ANONYMOUS_CONNECTION_ALLOWED:
            await self.connection.end(CLOSE_UNAUTHENTICATED, "Unauthorized")

    async def _last(self, kind: str, payload: Any = None) -> None:
        self.connection.forget(self)
        if not self._left:
            message = {"id": self.id, "type": kind}
            await self.connection.send(message if payload is None else {**message, "payload": payload})
