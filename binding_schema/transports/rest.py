"""The HTTP transport: the frame endpoint and the resource routes, by Django's own URL routing (docs/protocol.md, section 6)."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import orjson
from asgiref.sync import sync_to_async
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent
from django.core.handlers.asgi import ASGIRequest
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict, RawPostDataException, UnreadablePostError
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from ..compile import current
from ..conf import settings
from ..declare.context import Context
from ..errors import BindingError, Forbidden, InvalidFrame, TooLarge, Unauthenticated, Unsupported
from ..resolve import threads
from ..resolve.authentication import Client
from ..resolve.dispatch import dispatcher, internal
from ..types import Request, Result
from .answer import Answer, answer, answer_request, error_answer
from .frame import event_of, frames, parse, render_batch
from .handshake import of_request
from .limits import Buckets
from .resources import request_of_route

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_buckets = Buckets()


def _respond_nothing(_: HttpRequest) -> HttpResponse:
    return HttpResponse()


class _Csrf(CsrfViewMiddleware):
    """Django's own check, asked for by us: only for clients whose credentials a browser sends by itself."""

    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


@dataclass(slots=True)
class Exchange:
    """One HTTP request. Under ASGI its work goes to the worker threads; under WSGI it stays on the request's own thread,
    so that it shares the thread's connection and transaction, as Django's test client expects."""

    request: HttpRequest
    client: Client
    payer: tuple[bool, Any] = (False, None)
    """Whose rate it counts for: the user's, or an anonymous client's address."""

    @property
    def is_async(self) -> bool:
        return isinstance(self.request, ASGIRequest)

    async def enter(self) -> None:
        """Authenticate, check CSRF, count. Raises BindingError."""
        await (threads.run(self._enter) if self.is_async else sync_to_async(self._enter, thread_sensitive=True)())

    def _enter(self) -> None:
        user = self.client.user
        self.payer = (user.is_authenticated, user.pk if user.is_authenticated else self.request.META.get("REMOTE_ADDR"))
        self.count()
        if not user.is_authenticated and not settings().ANONYMOUS_CONNECTION_ALLOWED:
            raise Unauthenticated()
        if self.request.method not in SAFE and self.client.needs_csrf:
            # The token comes in a header: a body is JSON and no form, and is not to be read as one.
            self.request.POST = QueryDict()
            check = _Csrf(_respond_nothing)
            check.process_request(self.request)
            if check.process_view(self.request, _respond_nothing, (), {}) is not None:
                raise Forbidden("The CSRF token is missing or wrong: send it in the X-CSRFToken header.")

    def count(self) -> None:
        """One more request. Raises RateLimited."""
        _buckets.take(self.payer)

    async def dispatch(self, request: Request) -> Result:
        ctx = Context(self.client, transport="rest", request=self.request, meta=request.meta, hash=request.hash)
        if self.is_async:
            return await dispatcher().dispatch(ctx, request)
        return await sync_to_async(dispatcher().dispatch_sync, thread_sensitive=True)(ctx, request)

    def body(self) -> Any:
        """The body's JSON value. Raises InvalidFrame and TooLarge."""
        length = self.request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > settings().MAX_FRAME_BYTES:
            raise TooLarge(f"A body may have {settings().MAX_FRAME_BYTES} bytes at most.")
        return parse(self.request.body)


# Views ------------------------------------------------------------------------------------------------------------------

#: Async views; Django's `path` is typed for sync ones alone.
View = Callable[..., Any]


def view_of(handle: Callable[..., Awaitable[Answer]]) -> View:
    """An async Django view around ``handle(exchange, ...) -> Answer``."""

    @csrf_exempt
    @transaction.non_atomic_requests
    async def view(request: HttpRequest, **parts: str) -> HttpResponse:
        exchange = Exchange(request, Client(of_request(request)))
        try:
            reply = await handle(exchange, **parts)
        except Exception as error:  # noqa: BLE001 - what is not foreseen is logged under an incident, as everywhere
            reply = error_answer(explained(error, request))
        return respond(request, reply)

    return view


def explained(error: Exception, request: HttpRequest) -> BindingError:
    """The protocol's error for whatever went wrong outside of ``dispatch``, Django's own refusals among it."""
    if isinstance(error, BindingError):
        return error
    if isinstance(error, (RequestDataTooBig, TooManyFieldsSent)):
        return TooLarge()
    if isinstance(error, (SuspiciousOperation, UnreadablePostError, RawPostDataException)):
        return InvalidFrame("The request cannot be read.")
    return internal(error, request.path)


async def _frame(exchange: Exchange) -> Answer:
    """``POST <root>``: a frame or a batch. ``GET <root>``: the names of the streams."""
    await exchange.enter()
    if exchange.request.method in ("GET", "HEAD"):
        return Answer(orjson.dumps({"streams": sorted(current.schema().streams)}))
    if exchange.request.method != "POST":
        raise Unsupported(f"{exchange.request.method} is not supported here, but POST.", allowed=["GET", "POST"])
    values, is_batch = frames(exchange.body())
    if not is_batch:
        return await answer(values[0], exchange.dispatch)
    replies = [await _one_of(values, number, exchange) for number in range(len(values))]
    return Answer(render_batch(reply.body for reply in replies))


async def _one_of(values: list[Any], number: int, exchange: Exchange) -> Answer:
    """The answer to one frame of a batch, each of which is a request to count; the first one is counted already."""
    try:
        if number:
            exchange.count()
    except BindingError as error:
        return error_answer(error, event_of(values[number]))
    return await answer(values[number], exchange.dispatch)


async def _resource(exchange: Exchange, stream: str, first: str = "", second: str = "") -> Answer:
    """A resource route: the same frames, named by path and method."""
    await exchange.enter()
    body = None if exchange.request.method in SAFE else _object(exchange)
    request = request_of_route(exchange.request, stream, first, second, body)
    return await answer_request(request, exchange.dispatch)


def _object(exchange: Exchange) -> dict[str, Any]:
    if not exchange.request.body:
        return {}
    body = exchange.body()
    if not isinstance(body, dict):
        raise InvalidFrame("The body must be a JSON object.")
    return body


def respond(request: HttpRequest, reply: Answer) -> HttpResponse:
    response = HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)
    if reply.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if reply.code == "rate_limited":
        response["Retry-After"] = str(int(_data(reply).get("retry_after", 1)) + 1)
    if reply.code == "unsupported":
        response["Allow"] = ", ".join(_data(reply).get("allowed", ()))
    if request.method in ("GET", "HEAD") and reply.status == 200:
        etag = f'"{hashlib.blake2b(reply.body, digest_size=16).hexdigest()}"'
        known = [item.strip().removeprefix("W/") for item in request.headers.get("If-None-Match", "").split(",")]
        if etag in known or "*" in known:
            response = HttpResponse(status=304)
        response["ETag"] = etag
    patch_vary_headers(response, ("Cookie", "Authorization"))
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _data(reply: Answer) -> dict[str, Any]:
    data: dict[str, Any] = orjson.loads(reply.body)["data"]
    return data


frame_view, resource_view = view_of(_frame), view_of(_resource)
