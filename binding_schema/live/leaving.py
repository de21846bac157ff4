"""Ending the connections of users who may not have them any more."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import TYPE_CHECKING

from ..resolve import threads
from .log import encode_key
from .recovery import still_connected
from .session import Session

if TYPE_CHECKING:
    from .hub import Hub

logger = logging.getLogger("binding_schema")

#: Django tells of a logout before the session is deleted: seconds after which it is looked for again.
LOGOUT_CHECKS = (0.5, 2.0, 10.0)


class Leaving:
    """``begin`` starts a task that the hub's being at rest waits for."""

    def __init__(self, hub: Hub, begin: Callable[[Awaitable[None]], None]) -> None:
        self.hub = hub
        self._begin = begin
        self._later: set[asyncio.Task[None]] = set()

    def expel(self, gone: Iterable[Session]) -> None:
        """End connections. Nothing waits for that: one that does not read takes its end as late as everything else."""
        for session in gone:
            self.hub.leave(session)
            session.closed = True
            self._begin(session.end())

    async def judge(self, users: Collection[str], logouts: Collection[str]) -> None:
        """Read anew the users who changed, or logged out somewhere, by their keys as JSON."""
        concerned = [item for item in self.hub.sessions if encode_key(item.user_key) in users]
        await self._judge(concerned)
        later = [item for item in concerned if not item.closed and encode_key(item.user_key) in logouts]
        if later:
            task = self.hub.loop.create_task(self._judge_later(later))
            self._later.add(task)
            task.add_done_callback(self._later.discard)

    async def expire(self) -> None:
        """Read anew the users of connections whose credentials are over by their age: nothing else tells of that."""
        now = time.time()
        await self._judge(
            [item for item in self.hub.sessions if (getattr(item.principal, "expires_at", None) or now) < now]
        )

    async def _judge(self, sessions: list[Session]) -> None:
        if sessions:
            self.expel(await threads.run(lambda: [item for item in sessions if not still_connected(item)]))

    async def _judge_later(self, sessions: list[Session]) -> None:
        waited = 0.0
        for moment in LOGOUT_CHECKS:
            await asyncio.sleep(moment - waited)
            waited = moment
            try:
                await self._judge([item for item in sessions if not item.closed])
            except Exception:
                logger.exception("Whether users are still logged in could not be found out.")
