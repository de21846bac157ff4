"""The one error root. Codes and HTTP statuses are those of docs/protocol.md, section 3."""

from __future__ import annotations

from typing import Any, ClassVar

from .types import FieldErrors


class BindingError(Exception):
    """A request that could not be answered. Raise a subclass anywhere below a transport: it becomes an ``error`` frame.

    ``message`` goes to the client as it is: it never holds SQL, a class path or another user's data.
    ``errors`` maps field names to lists of ``{"code", "message"}``.
    ``extra`` holds further keys of the error's data, such as ``retry_after`` (seconds).
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    default_message: ClassVar[str] = "The server failed to answer."

    def __init__(self, message: str = "", *, errors: FieldErrors | None = None, **extra: Any) -> None:
        self.message = message or self.default_message
        self.errors = errors or {}
        self.extra = extra
        super().__init__(self.message)

    def data(self, event: str = "") -> dict[str, Any]:
        """The data of the ``error`` frame that answers to ``event``."""
        found: dict[str, Any] = {"code": self.code, "message": self.message}
        if event:
            found["event"] = event
        if self.errors:
            found["errors"] = self.errors
        return {**found, **self.extra}


class InvalidFrame(BindingError):
    code, status, default_message = "invalid_frame", 400, "The frame is not a JSON object with an event."


class UnknownStream(BindingError):
    code, status, default_message = "unknown_stream", 404, "There is no such stream."


class UnknownVerb(BindingError):
    code, status, default_message = "unknown_verb", 404, "The stream has no such verb."


class InvalidData(BindingError):
    code, status, default_message = "invalid_data", 422, "The data does not fit the verb."


class InvalidFilter(BindingError):
    code, status, default_message = "invalid_filter", 422, "The filter is not declared."


class Unauthenticated(BindingError):
    code, status, default_message = "unauthenticated", 401, "Log in first."


class Forbidden(BindingError):
    code, status, default_message = "forbidden", 403, "You may not do this."


class NotFound(BindingError):
    code, status, default_message = "not_found", 404, "There is no such object."


class Conflict(BindingError):
    code, status, default_message = "conflict", 409, "The request conflicts with another one."


class TooLarge(BindingError):
    code, status, default_message = "too_large", 413, "The request is too large."


class RateLimited(BindingError):
    code, status, default_message = "rate_limited", 429, "Too many requests."


class Unsupported(BindingError):
    code, status, default_message = "unsupported", 405, "The method or verb is not supported here."


class TimedOut(BindingError):
    code, status, default_message = "timeout", 504, "The server did not finish in time; a write may still take effect."


class Internal(BindingError):
    """An unforeseen failure: ``incident`` is the id under which the log has the traceback."""


class WriteFailed(Exception):
    """A write that failed on its fields: nothing was written. It is answered on the write's own event.

    ``errors``: ``{field: [{code, message}], "__all__": [...]}``; of a batch, ``{row_index: {...}}``.
    """

    def __init__(self, errors: dict[str, Any]) -> None:
        self.errors = errors
        super().__init__("write failed")


# WebSocket close codes (docs/protocol.md, section 3).
CLOSE_UNAUTHENTICATED = 4401
CLOSE_POLICY = 4403
CLOSE_TIMEOUT = 4408
CLOSE_TOO_LARGE = 4413
CLOSE_VIOLATIONS = 4429
