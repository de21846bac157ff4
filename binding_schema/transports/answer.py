"""From one frame's JSON value to one frame's bytes, for every transport that speaks frames."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from ..errors import BindingError
from ..resolve.dispatch import internal
from ..types import Request, Result
from .frame import event_of, render, render_error, request_of


@dataclass(frozen=True, slots=True)
class Answer:
    """A rendered frame. ``status`` is the HTTP status, ``code`` the error's code or an empty text."""

    body: bytes
    status: int = 200
    code: str = ""
    content_type: str = "application/json"


def error_answer(error: BindingError, event: str = "") -> Answer:
    return Answer(render_error(error, event), error.status, error.code)


async def answer(value: Any, dispatch: Callable[[Request], Awaitable[Result]]) -> Answer:
    """Answer one frame. Whatever goes wrong, the one who asked gets a frame."""
    try:
        request = request_of(value)
        return await answer_request(request, dispatch)
    except BindingError as error:
        return error_answer(error, event_of(value))


async def answer_request(request: Request, dispatch: Callable[[Request], Awaitable[Result]]) -> Answer:
    try:
        return Answer(render(request, await dispatch(request)))
    except BindingError as error:
        return error_answer(error, request.event)
    except Exception as error:  # noqa: BLE001 - logged under an incident; the connection lives on
        return error_answer(internal(error, request.event), request.event)
