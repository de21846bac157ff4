"""The WebSocket transport for code that is sync throughout."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar

from ..conf import settings
from ..declare.context import Context
from ..errors import TimedOut
from ..resolve import threads
from ..types import Request, Result
from .ws import AsyncConsumer


class SyncConsumer(AsyncConsumer):
    """Requests are answered one at a time, in the order in which they came, each as a whole on one worker thread.

    ``connected`` and ``disconnected`` are plain methods, called on a worker.
    """

    in_flight: ClassVar[int | None] = 1

    def connected(self, user: Any) -> None:  # type: ignore[override]
        """The handshake is done. Raise a BindingError to refuse the client."""

    def disconnected(self, code: int) -> None:  # type: ignore[override]
        """The connection is over: called once for each ``connected`` that did not refuse."""

    async def _hook(self, hook: Callable[..., Any], value: Any) -> None:
        await threads.run(lambda: hook(value))

    async def _dispatch(self, ctx: Context, request: Request) -> Result:
        try:
            async with asyncio.timeout(settings().REQUEST_TIMEOUT):
                return await threads.run(lambda: self._door().dispatch_sync(ctx, request))
        except TimeoutError:
            raise TimedOut() from None
