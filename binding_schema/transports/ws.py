"""The WebSocket transport: ``AsyncConsumer.as_asgi()`` is an ASGI application for Channels' routing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, ClassVar

from ..conf import settings
from ..declare.context import Context
from ..errors import (
    CLOSE_POLICY,
    CLOSE_TIMEOUT,
    CLOSE_UNAUTHENTICATED,
    CLOSE_VIOLATIONS,
    BindingError,
    InvalidFrame,
    Unauthenticated,
)
from ..live import service
from ..live.session import Session
from ..resolve import threads
from ..resolve.authentication import Client
from ..resolve.changes import on_behalf_of
from ..resolve.dispatch import Dispatcher, dispatcher, internal
from ..types import Request, Result
from .answer import Answer, answer, error_answer
from .frame import event_of, frames, parse
from .handshake import SUBPROTOCOL, of_scope, origin_allowed
from .limits import Bucket, Violations

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

VIOLATIONS = frozenset({"invalid_frame", "too_large", "rate_limited"})
#: Seconds that answers on their way have, once the user may not be connected any more.
LAST_ANSWERS = 2


class Closed(Exception):
    """The connection is to be closed with ``code``."""

    def __init__(self, code: int) -> None:
        self.code = code


class AsyncConsumer:
    """One connection. Subclasses may override ``connected`` and ``disconnected``.

    Up to MAX_IN_FLIGHT requests are answered at once, each when it is ready; a reply is matched by event and hash. Beyond
    that the socket is not read, so that a client cannot pile up work.
    """

    in_flight: ClassVar[int | None] = None

    def __init__(self, scope: Message, receive: Receive, send: Send) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self.client = Client(of_scope(scope))
        self._bucket = Bucket()
        self._violations = Violations()
        self._tasks: set[asyncio.Task[None]] = set()
        self._over: int | None = None
        self._open = False
        self._session: Session | None = None
        self._welcome = False

    @classmethod
    def as_asgi(cls) -> Callable[[Message, Receive, Send], Awaitable[None]]:
        """The ASGI application. Raises ImproperlyConfigured for mistakes in the bindings, at start-up."""
        dispatcher()

        async def application(scope: Message, receive: Receive, send: Send) -> None:
            if scope["type"] != "websocket":
                raise ValueError(f"{cls.__name__} serves WebSocket, not {scope['type']}.")
            await cls(scope, receive, send).run()

        application.consumer_class = cls  # type: ignore[attr-defined]
        return application

    # For subclasses ---------------------------------------------------------------------------------------------------

    async def connected(self, user: Any) -> None:
        """The handshake is done. Raise a BindingError to refuse the client."""

    async def disconnected(self, code: int) -> None:
        """The connection is over: called once for each ``connected`` that did not refuse."""

    async def _hook(self, hook: Callable[..., Any], value: Any) -> None:
        await hook(value)

    # The connection's life --------------------------------------------------------------------------------------------

    async def run(self) -> None:
        message = await self._receive()
        if message["type"] != "websocket.connect":
            return
        code = 1006
        try:
            await self._handshake()
            code = await self._serve()
        except Closed as closed:
            code = closed.code
            await self._end(code)
        except Exception as error:  # noqa: BLE001 - logged under an incident, which the close code cannot carry
            internal(error, "connection")
            code = 1011
            await self._end(code)
        finally:
            welcome, self._open = self._welcome, False
            if self._session is not None:
                await service.detach(self._session)
            # A write that has begun is finished, though nobody hears of it.
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=settings().REQUEST_TIMEOUT)
            if welcome:
                await self._hook(self.disconnected, self._over or code)

    async def _handshake(self) -> None:
        # Accepted first in any case: a browser is told the close code only of a connection that was open.
        offered = SUBPROTOCOL in self.scope.get("subprotocols", ())
        await self._deliver({"type": "websocket.accept", "subprotocol": SUBPROTOCOL if offered else None})
        if not origin_allowed(of_scope(self.scope)):
            raise Closed(CLOSE_POLICY)
        try:
            async with asyncio.timeout(settings().HANDSHAKE_TIMEOUT):
                since = await service.moment()
                user = await threads.run(lambda: self.client.user)
                if not user.is_authenticated and not settings().ANONYMOUS_CONNECTION_ALLOWED:
                    raise Closed(CLOSE_UNAUTHENTICATED)
                await self._hook(self.connected, user)
        except TimeoutError:
            raise Closed(CLOSE_TIMEOUT) from None
        except BindingError as error:
            raise Closed(CLOSE_UNAUTHENTICATED if isinstance(error, Unauthenticated) else CLOSE_POLICY) from None
        self._session = Session(self.client, user, "ws", self.scope, self._send_live, self._end_session)
        self._welcome = True
        if not await service.attach(self._session, since):
            raise Closed(CLOSE_UNAUTHENTICATED)
        self._open = True

    async def _send_live(self, frame: bytes) -> None:
        await self._deliver({"type": "websocket.send", "text": frame.decode()})

    async def _end_session(self) -> None:
        """The live engine found that the user may not be connected any more. Nothing more is taken from her, but what is being
        answered comes first: it may be what ended her rights, such as a change of password that answers a new token."""
        if self._over is None:
            self._over = CLOSE_UNAUTHENTICATED
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=LAST_ANSWERS)
            await self._close(CLOSE_UNAUTHENTICATED)

    async def _serve(self) -> int:
        slots = asyncio.Semaphore(self.in_flight or settings().MAX_IN_FLIGHT)
        while True:
            try:
                async with asyncio.timeout(settings().IDLE_TIMEOUT):
                    message = await self._receive()
            except TimeoutError:
                raise Closed(CLOSE_TIMEOUT) from None
            if message["type"] == "websocket.disconnect":
                return int(message.get("code") or 1005)
            await slots.acquire()
            if self._over is not None:  # closed by us, maybe while this one waited: it is not answered any more
                slots.release()
                continue
            task = asyncio.create_task(self._handle(message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            task.add_done_callback(lambda _: slots.release())

    async def _handle(self, message: Message) -> None:
        """Answer one text frame: a frame, or a batch in its order."""
        text = message.get("text")
        try:
            if text is None:
                raise InvalidFrame("Send text frames.")
            values, _ = frames(parse(text))
        except BindingError as error:
            await self._reply(error_answer(error))
            return
        for value in values:
            if self._over is not None:
                return
            try:
                self._bucket.take()
            except BindingError as error:
                await self._reply(error_answer(error, event_of(value)))
            else:
                await self._answer(value)

    async def _answer(self, value: Any) -> None:
        """Answer one frame; the live frames that it causes follow its reply."""
        event, session = event_of(value), self._session
        assert session is not None
        session.began(event)
        try:
            with on_behalf_of(f"{session.id}|{event}"):
                reply = await answer(value, self._followed)
            await self._reply(reply)
        finally:
            session.replied(event)

    async def _followed(self, request: Request) -> Result:
        assert self._session is not None
        return await service.dispatch(self._session, self._door(), self._context(request), request, self._dispatch)

    async def _dispatch(self, ctx: Context, request: Request) -> Result:
        return await self._door().dispatch(ctx, request)

    def _door(self) -> Dispatcher:
        return dispatcher()

    def _context(self, request: Request) -> Context:
        connection = self._session.id if self._session is not None else ""
        return Context(
            self.client, transport="ws", request=self.scope, meta=request.meta, connection=connection, hash=request.hash
        )

    async def _reply(self, reply: Answer) -> None:
        if not self._open:
            return
        await self._deliver({"type": "websocket.send", "text": reply.body.decode()})
        if reply.code in VIOLATIONS and self._violations.add():
            await self._end(CLOSE_VIOLATIONS)
        elif reply.code == "unauthenticated" and not settings().ANONYMOUS_CONNECTION_ALLOWED:
            # The user was logged out, deactivated, or the token ran out, since the handshake.
            await self._end(CLOSE_UNAUTHENTICATED)

    async def _end(self, code: int) -> None:
        if self._over is None:
            self._over = code
            await self._close(code)

    async def _close(self, code: int) -> None:
        self._open = False
        await self._deliver({"type": "websocket.close", "code": code})

    async def _deliver(self, message: Message) -> None:
        # The client may leave at the same moment: servers raise an OSError then, or call it a wrong message.
        with contextlib.suppress(OSError, RuntimeError):
            await self._send(message)
