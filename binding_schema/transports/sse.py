"""The Server-Sent Events transport: ``GET <root>X/events/`` is ``subscribe``, for clients that have HTTP only.

Each event's ``data:`` is a frame, its ``id:`` the frame's ``meta.seq``: a browser sends the last one back as ``Last-Event-ID``
when it connects again, which resumes. It needs ASGI: under WSGI each reader would hold a thread of the server.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from ..conf import settings
from ..declare.context import Context
from ..errors import Unauthenticated, Unsupported
from ..live import service
from ..live.rounds import Moment
from ..live.session import Session
from ..resolve.authentication import Client
from ..resolve.dispatch import dispatcher
from ..types import Request
from .answer import error_answer
from .frame import render, render_error
from .handshake import of_request
from .resources import subscription_of
from .rest import Exchange, explained, respond

#: At the end of a frame, where no value of a row can stand.
_SEQ = re.compile(rb'"meta":\{"seq":"([0-9a-f]{16})"[^{}]*\}\}\Z')
#: Milliseconds after which a browser connects again.
RETRY = b"retry: 2000\n\n"


@csrf_exempt
@transaction.non_atomic_requests
async def events(request: HttpRequest, stream: str) -> HttpResponseBase:
    """The view. What goes wrong before the first event is an answer with a status, as everywhere."""
    exchange = Exchange(request, Client(of_request(request)))
    try:
        since = await service.moment() if exchange.is_async else None
        await exchange.enter()
        if request.method != "GET":
            raise Unsupported(f"{request.method} is not supported here, but GET.", allowed=["GET"])
        if not exchange.is_async:
            raise Unsupported("Server-Sent Events need ASGI; this server runs WSGI.", allowed=[])
        return _streaming(await Reader(exchange).subscribe(subscription_of(request, stream), since))
    except Exception as error:  # noqa: BLE001 - what is not foreseen is logged under an incident, as everywhere
        return respond(request, error_answer(explained(error, request)))


def _streaming(frames: AsyncIterator[bytes]) -> HttpResponse:
    response: Any = StreamingHttpResponse(frames, content_type="text/event-stream")
    patch_vary_headers(response, ("Cookie", "Authorization"))
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Accel-Buffering"] = "no"  # nginx would collect events before it passes them on
    return response  # type: ignore[no-any-return]


def event_bytes(frame: bytes) -> bytes:
    """A frame as one event. A frame is JSON without line breaks."""
    found = _SEQ.search(frame)
    return (b"id: " + found[1] + b"\n" if found is not None else b"") + b"data: " + frame + b"\n\n"


class Reader:
    """One client: a session of the live engine whose frames the response takes one by one, so that a slow client's wait in
    the session's bounded queue."""

    def __init__(self, exchange: Exchange) -> None:
        request = exchange.request
        self.session = Session(exchange.client, exchange.client.user, "sse", request, self._put, self._end)
        self.exchange = exchange
        self._frames: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=1)

    async def _put(self, frame: bytes) -> None:
        await self._frames.put(frame)

    async def _end(self) -> None:
        """The user may not be connected any more: said, and over. Whatever waits is not for the client any more."""
        self.session.closed = True
        while not self._frames.empty():
            self._frames.get_nowait()
        self._frames.put_nowait(None)

    async def subscribe(self, request: Request, since: Moment | None) -> AsyncIterator[bytes]:
        """The events, once the subscription stands. Raises BindingError."""
        if not await service.attach(self.session, since):
            await service.detach(self.session)
            raise Unauthenticated()
        door = dispatcher()
        ctx = Context(
            self.exchange.client,
            transport="sse",
            request=self.exchange.request,
            connection=self.session.id,
            meta=request.meta,
        )
        self.session.began(request.event)
        try:
            result = await service.dispatch(self.session, door, ctx, request, door.dispatch)
        except BaseException:
            await service.detach(self.session)
            raise
        return self._events(request, render(request, result))

    async def _events(self, request: Request, first: bytes) -> AsyncIterator[bytes]:
        try:
            yield RETRY + event_bytes(first)
            self.session.replied(request.event)
            while True:
                try:
                    async with asyncio.timeout(settings().SSE_PING_INTERVAL):
                        frame = await self._frames.get()
                except TimeoutError:
                    yield b": ping\n\n"
                    continue
                if frame is None:
                    yield event_bytes(render_error(Unauthenticated()))
                    return
                yield event_bytes(frame)
        finally:
            await service.detach(self.session)
