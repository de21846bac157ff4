"""GraphQL over WebSocket: ``path("graphql/", GraphQLConsumer.as_asgi(schema=schema))``, by ``graphql-transport-ws``.

strawberry's own consumer is not built upon: it takes in messages without bound while a client does not read, closes the
connection for a mistake in one operation, and ends writes with their connection.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from ...conf import settings
from ...errors import (
    CLOSE_POLICY,
    CLOSE_TIMEOUT,
    CLOSE_TOO_LARGE,
    CLOSE_UNAUTHENTICATED,
    CLOSE_VIOLATIONS,
    BindingError,
    InvalidFrame,
    RateLimited,
    TooLarge,
    Unauthenticated,
)
from ...resolve import threads
from ...resolve.authentication import Client, bearer
from ...resolve.dispatch import dispatcher, internal
from ..frame import parse
from ..handshake import of_scope, origin_allowed
from ..limits import Bucket, Violations
from ..ws import Message, Receive, Send
from .documents import kind_of
from .door import GraphQLContext, graphql_error
from .operations import Operation, dumps, envelope_of, identity_of

PROTOCOL = "graphql-transport-ws"
CLOSE_INVALID, CLOSE_NO_PROTOCOL, CLOSE_SAME_ID, CLOSE_SECOND_INIT = 4400, 4406, 4409, 4429


class Closed(Exception):
    """The connection is to be closed with ``code``."""

    def __init__(self, code: int, reason: str = "") -> None:
        self.code = code
        self.reason = reason


class GraphQLConsumer:
    """One connection. Subclasses may override ``connected`` and ``disconnected``.

    Up to MAX_IN_FLIGHT queries and mutations run at once; beyond that the socket is not read. There may be
    GRAPHQL_MAX_SUBSCRIPTIONS subscriptions beside them.
    """

    def __init__(self, schema: Any, scope: Message, receive: Receive, send: Send) -> None:
        self.schema = schema
        self.scope = scope
        self.context = GraphQLContext(Client(of_scope(scope)), scope)
        self._receive = receive
        self._send = send
        self._bucket = Bucket()
        self._violations = Violations()
        self._operations: dict[str, Operation] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(settings().MAX_IN_FLIGHT)
        self._initialised = False
        self._welcome = False
        self._over: int | None = None

    @classmethod
    def as_asgi(cls, schema: Any) -> Callable[[Message, Receive, Send], Awaitable[None]]:
        """The ASGI application. Raises ImproperlyConfigured for mistakes in the bindings, at start-up."""
        dispatcher()

        async def application(scope: Message, receive: Receive, send: Send) -> None:
            if scope["type"] != "websocket":
                raise ValueError(f"{cls.__name__} serves WebSocket, not {scope['type']}.")
            await cls(schema, scope, receive, send).run()

        application.consumer_class = cls  # type: ignore[attr-defined]
        return application

    # For subclasses ---------------------------------------------------------------------------------------------------

    async def connected(self, user: Any, payload: dict[str, Any]) -> dict[str, Any] | None:
        """``connection_init`` with its payload came from an accepted user; what is returned is the payload of the answer.
        Raise a BindingError to refuse the client."""
        return None

    async def disconnected(self, code: int) -> None:
        """The connection is over: called once for each ``connected`` that did not refuse."""

    # The connection's life --------------------------------------------------------------------------------------------

    async def run(self) -> None:
        message = await self._receive()
        if message["type"] != "websocket.connect":
            return
        code = 1006
        try:
            await self._accept()
            code = await self._serve()
        except Closed as closed:
            code = closed.code
            await self.end(code, closed.reason)
        except Exception as error:  # noqa: BLE001 - logged under an incident, which the close code cannot carry
            internal(error, "connection")
            code = 1011
            await self.end(code)
        finally:
            ended, self._over = self._over, self._over or code
            for operation in self._operations.values():
                operation.leave()
            # A write that has begun is finished, though nobody hears of it.
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=settings().REQUEST_TIMEOUT)
            if self._welcome:
                await self.disconnected(ended or code)

    async def _accept(self) -> None:
        # Accepted first in any case: a browser is told the close code only of a connection that was open, under one of the
        # names that it offered.
        offered = [item for item in self.scope.get("subprotocols", ()) if not item.startswith("bearer.")]
        chosen = PROTOCOL if PROTOCOL in offered else next(iter(offered), None)
        await self.deliver({"type": "websocket.accept", "subprotocol": chosen})
        if not origin_allowed(of_scope(self.scope)):
            raise Closed(CLOSE_POLICY, "Forbidden")
        if chosen != PROTOCOL:
            raise Closed(CLOSE_NO_PROTOCOL, f"Subprotocol not acceptable: {PROTOCOL} is spoken here")

    async def _serve(self) -> int:
        loop = asyncio.get_running_loop()
        started = loop.time()
        while True:
            idle = settings().IDLE_TIMEOUT
            until = started + settings().HANDSHAKE_TIMEOUT if not self._welcome else idle and loop.time() + idle
            try:
                async with asyncio.timeout_at(until):
                    message = await self._receive()
                    if message["type"] == "websocket.disconnect":
                        return int(message.get("code") or 1005)
                    if not self._welcome and self._over is None:
                        await self._handle(message)
                        continue
            except TimeoutError:
                reason = "Idle" if self._welcome else "Connection initialisation timeout"
                raise Closed(CLOSE_TIMEOUT, reason) from None
            if self._over is None:
                await self._handle(message)

    async def _handle(self, message: Message) -> None:
        """One message of the client's. Raises Closed for what the protocol has no answer to."""
        text = message.get("text")
        if text is None:
            raise Closed(CLOSE_INVALID, "Send text messages")
        try:
            found: Any = parse(text)
        except TooLarge as error:
            await self._too_large(text, error)
            return
        except InvalidFrame:
            raise Closed(CLOSE_INVALID, "A message must be valid JSON") from None
        kind = found.get("type") if isinstance(found, dict) else None
        if kind == "connection_init":
            await self._init(found.get("payload"))
        elif kind == "ping":
            await self.send({key: found[key] for key in ("payload",) if key in found} | {"type": "pong"})
        elif kind == "subscribe":
            await self._subscribe(found)
        elif kind == "complete" and isinstance(found.get("id"), str):
            operation = self._operations.pop(found["id"], None)
            if operation is not None:
                operation.leave()
        elif kind != "pong":
            raise Closed(CLOSE_INVALID, "Not a message of this protocol")

    async def _init(self, payload: Any) -> None:
        """The credentials are the handshake's, or ``{"authorization": "Bearer ..."}`` in the payload."""
        if self._initialised:
            raise Closed(CLOSE_SECOND_INIT, "Too many initialisation requests")
        self._initialised = True
        if not isinstance(payload, (dict, type(None))):
            raise Closed(CLOSE_INVALID, "The payload must be an object")
        payload = payload or {}
        sent = payload.get("authorization", payload.get("Authorization"))
        if isinstance(sent, str):
            handshake = of_scope(self.scope)
            headers = {**handshake.headers, "authorization": sent}
            self.context.client = Client(replace(handshake, headers=headers, token=bearer(sent)))
        self.context.connection_params = payload
        client = self.context.client
        try:
            user = await threads.run(lambda: client.user)
            if not user.is_authenticated and not settings().ANONYMOUS_CONNECTION_ALLOWED:
                raise Closed(CLOSE_UNAUTHENTICATED, "Unauthorized")
            answer = await self.connected(user, payload)
        except Unauthenticated:
            raise Closed(CLOSE_UNAUTHENTICATED, "Unauthorized") from None
        except BindingError:
            raise Closed(CLOSE_POLICY, "Forbidden") from None
        self._welcome = True
        await self.send({"type": "connection_ack"} if answer is None else {"type": "connection_ack", "payload": answer})

    # Operations -------------------------------------------------------------------------------------------------------

    async def _subscribe(self, message: dict[str, Any]) -> None:
        if not self._welcome:
            raise Closed(CLOSE_UNAUTHENTICATED, "Unauthorized")
        try:
            identity, payload = envelope_of(message)
        except InvalidFrame as error:
            raise Closed(CLOSE_INVALID, error.message) from None
        if identity in self._operations:
            raise Closed(CLOSE_SAME_ID, f"Subscriber for {identity[:50]} already exists")
        is_stream = kind_of(payload["query"], payload.get("operationName")) == "subscription"
        try:
            self._bucket.take()
            if is_stream:
                self._admit()
        except BindingError as error:
            await self.refuse(identity, error)
            return
        if not is_stream:
            await self._slots.acquire()
        operation = Operation(self, identity, payload, is_stream)
        self._operations[identity] = operation
        task = operation.task = asyncio.create_task(operation.run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if not is_stream:
            task.add_done_callback(lambda _: self._slots.release())

    def _admit(self) -> None:
        limit = settings().GRAPHQL_MAX_SUBSCRIPTIONS
        if sum(item.is_stream for item in self._operations.values()) >= limit:
            raise RateLimited(f"At most {limit} subscriptions for one connection.", retry_after=1)

    def forget(self, operation: Operation) -> None:
        """The operation is about to send its last message: its id may be used again."""
        if self._operations.get(operation.id) is operation:
            del self._operations[operation.id]

    async def refuse(self, identity: str, error: BindingError) -> None:
        """An operation that is not begun."""
        await self.send({"id": identity, "type": "error", "payload": [graphql_error(error).formatted]})
        if error.code in ("rate_limited", "too_large") and self._violations.add():
            await self.end(CLOSE_VIOLATIONS, "Too many violations")

    async def _too_large(self, text: str, error: TooLarge) -> None:
        """The operation is refused, if it can be told which one it is, and the connection lives on."""
        identity = identity_of(text)
        if not self._welcome or identity is None or identity in self._operations:
            raise Closed(CLOSE_TOO_LARGE, error.message)
        await self.refuse(identity, error)

    async def send(self, message: dict[str, Any]) -> None:
        if self._over is None:
            await self.deliver({"type": "websocket.send", "text": dumps(message)})

    async def end(self, code: int, reason: str = "") -> None:
        if self._over is None:
            self._over = code
            await self.deliver({"type": "websocket.close", "code": code, "reason": reason})

    async def deliver(self, message: Message) -> None:
        # The client may leave at the same moment: servers raise an OSError then, or call it a wrong message.
        with contextlib.suppress(OSError, RuntimeError):
            await self._send(message)
