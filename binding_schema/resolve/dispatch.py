"""The one door: ``dispatch(ctx, request)``. A transport translates; everything is decided behind here."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.core.exceptions import ValidationError as ModelError
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404
from pydantic import ValidationError as TypeFault

from ..compile import current
from ..compile.ir import Action, Schema, Stream
from ..conf import settings
from ..declare.context import Context
from ..errors import (
    BindingError,
    Conflict,
    Forbidden,
    Internal,
    InvalidData,
    NotFound,
    TimedOut,
    UnknownStream,
    UnknownVerb,
    Unsupported,
    WriteFailed,
)
from ..types import VERBS, Request, Result, error_item
from . import connection, drafts, idempotency, naming, read, threads, write
from .access import admit, require
from .actions import Call, parameters
from .coalesce import Coalescer
from .describe import describe
from .dump import canonical, dumps
from .failures import constraint_errors, invalid_data, model_errors
from .plan import Planner
from .read import Outcome, Read

logger = logging.getLogger("binding_schema")

BATCHES = {
    "retrieve": read.retrieve,
    "list": read.listing,
    "search": read.search,
    "search:connection": connection.connection,
}


@dataclass(slots=True)
class Dispatcher:
    """A schema with its plans and its queues. One serves the whole process."""

    schema: Schema
    planner: Planner = field(init=False)
    coalescer: Coalescer = field(default_factory=Coalescer)

    def __post_init__(self) -> None:
        self.planner = Planner(self.schema)

    async def dispatch(self, ctx: Context, request: Request) -> Result:
        """Answer one request from an event loop. Raises BindingError; a failed write is a Result that is not ``ok``."""
        try:
            async with asyncio.timeout(settings().REQUEST_TIMEOUT):
                return await self._dispatch(ctx, request)
        except TimeoutError:
            raise TimedOut() from None
        except Exception as error:  # noqa: BLE001 - translated: nothing of it reaches a client as it is
            return self._translate(request, error)

    def dispatch_sync(self, ctx: Context, request: Request) -> Result:
        """The same on the calling thread, with its database connection: WSGI, commands, tests."""
        try:
            named = naming.by_id(self.schema, ctx, request)
            operation = self._operation(ctx, named() if named is not None else request)
            return operation.run() if isinstance(operation, Call) else operation()
        except Exception as error:  # noqa: BLE001 - as above
            return self._translate(request, error)

    async def _dispatch(self, ctx: Context, request: Request) -> Result:
        named = naming.by_id(self.schema, ctx, request)
        if named is not None:
            request = await threads.run(named)
        operation = self._operation(ctx, request)
        if isinstance(operation, Waiting):
            if threads.runs_inline():
                return await threads.run(operation)
            return await self.coalescer.read(operation.key, operation.read, operation.batch)
        if isinstance(operation, Call) and operation.action.is_async:
            arguments = await threads.run(operation.arguments)
            result = await operation.start(arguments)
            return await threads.run(lambda: operation.answer(result))
        return await threads.run(operation.run if isinstance(operation, Call) else operation)

    # Requests become operations ---------------------------------------------------------------------------------------

    def _operation(self, ctx: Context, request: Request) -> Any:
        """What is to be done: a Waiting read, a Call of an action, or a function for a worker."""
        stream = self.schema.streams.get(request.stream)
        if stream is None:
            raise UnknownStream(f"There is no stream {request.stream[:100]!r}.")
        if request.verb in ("subscribe", "unsubscribe"):
            raise Unsupported("Live frames need a connection: a WebSocket, or Server-Sent Events at `events/`.")
        # "search:connection" is a form of search that only a transport can ask for: no frame can name it.
        verb = request.verb.partition(":")[0]
        action = stream.actions.get(request.verb)
        if action is None and verb not in stream.verbs and not (request.verb == "schema" and stream.actions):
            known = ", ".join(sorted([*stream.verbs, *stream.actions]))
            raise UnknownVerb(f"{stream.name} has no verb {request.verb[:100]!r}. It has: {known}.")
        is_read = action.read if action is not None else VERBS[verb].read
        ctx = ctx.to(stream.name, verb, is_read=is_read, model=stream.model)
        if action is not None:
            return self._action(ctx, stream, action, request)
        if request.verb == "schema":
            if request.data:
                errors = {name[:100]: [error_item("unknown", "There is no such field.")] for name in request.data}
                raise InvalidData("`schema` takes no data.", errors=errors)
            return lambda: self._describe(ctx, stream)
        if is_read:
            return self._read(ctx, stream, request)
        return self._write(ctx, stream, request)

    def _read(self, ctx: Context, stream: Stream, request: Request) -> Waiting:
        args = _arguments(stream, request)
        if request.verb == "retrieve":
            read.keys_of(args)
        key: tuple[Any, ...] = (request.verb, stream.key, request.selection)
        if request.verb != "retrieve":
            key = (*key, canonical(request.data))
        batch = BATCHES[request.verb]
        asked = read.Read(ctx, stream, args, request.selection)
        return Waiting(key, asked, lambda reads: batch(self.planner, reads))

    def _write(self, ctx: Context, stream: Stream, request: Request) -> Callable[[], Result]:
        if request.verb == "delete":
            args = _arguments(stream, request)
            keys = read.keys_of(args)

            def work() -> Result:
                return write.delete(ctx, stream, keys, args.f_ids is not None)
        else:
            work = drafts.prepare(ctx, self.schema, stream, request.verb, request.data).run
        return idempotency.once(ctx, request, work)

    def _action(self, ctx: Context, stream: Stream, action: Action, request: Request) -> Any:
        params = parameters(action, request.data)
        operation = Call(ctx, self.planner, stream, action, params, request.selection)
        if action.is_async or action.read or "idempotency_key" not in request.meta:
            return operation
        return idempotency.once(ctx, request, operation.run)

    def _describe(self, ctx: Context, stream: Stream) -> Result:
        require(ctx, stream.permission)
        admit(ctx, stream)
        return Result(dumps(describe(ctx, stream)))

    # Failures ---------------------------------------------------------------------------------------------------------

    def _translate(self, request: Request, error: Exception) -> Result:
        """A failed write is answered; all else is raised as a BindingError."""
        stream = self.schema.streams.get(request.stream)
        if isinstance(error, WriteFailed):
            return Result(dumps({"success": False, "errors": error.errors}), ok=False)
        if isinstance(error, BindingError):
            raise error
        if isinstance(error, ModelError) and stream is not None:
            return Result(dumps({"success": False, "errors": model_errors(stream, error)}), ok=False)
        if isinstance(error, IntegrityError) and stream is not None and stream.model is not None:
            return Result(dumps({"success": False, "errors": constraint_errors(stream, error)}), ok=False)
        if isinstance(error, PermissionDenied):
            raise Forbidden() from None
        if isinstance(error, (Http404, ObjectDoesNotExist)):
            raise NotFound() from None
        if isinstance(error, (DataError, OverflowError)):
            raise InvalidData("A value is out of the database's range.") from None
        if isinstance(error, OperationalError) and _is_contention(error):
            raise Conflict("The database is busy with other writes; try again.") from None
        raise internal(error, request.event) from None


def internal(error: BaseException, event: str) -> Internal:
    """An error of ours, logged with its traceback under an incident id, which is all that the client gets to know."""
    incident = uuid.uuid4().hex[:12]
    logger.error("Incident %s while answering %r", incident, event[:200], exc_info=error)
    return Internal(incident=incident)


def _is_contention(error: OperationalError) -> bool:
    # SQLite's lock, and PostgreSQL's deadlock, serialization failure and lock timeout.
    state = getattr(error.__cause__, "sqlstate", None)
    return "database is locked" in str(error) or state in ("40P01", "40001", "55P03")


@dataclass(slots=True)
class Waiting:
    """A read that may be answered together with others of the same ``key``."""

    key: tuple[Any, ...]
    read: Read
    batch: Callable[[list[Read]], list[Outcome]]

    def __call__(self) -> Result:
        return _only(self.batch([self.read]))


def _only(outcomes: list[Outcome]) -> Result:
    if isinstance(outcomes[0], BaseException):
        raise outcomes[0]
    return outcomes[0]


def _arguments(stream: Stream, request: Request) -> Any:
    assert stream.types is not None
    try:
        return stream.types.args[request.verb].model_validate(request.data)
    except TypeFault as error:
        raise invalid_data(error) from None


@lru_cache(maxsize=1)
def dispatcher() -> Dispatcher:
    """The project's dispatcher. Raises ImproperlyConfigured for mistakes in the declarations."""
    return Dispatcher(current.schema())
