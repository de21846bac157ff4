"""Waiting until a hub has told all that was committed so far: for tests, which else would have to sleep."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .hub import Hub

#: Seconds between looks at a hub that is busy.
STEP = 0.001


async def settled(hub: Hub, seconds: float = 10) -> None:
    """Return once what was committed before this call is on its way to the hub's connections, or with them.

    Lists that wait for their time are asked at once. Raises TimeoutError for a hub that does not come to rest: its database
    fails, or a reader does not read.
    """
    async with asyncio.timeout(seconds):
        while True:
            passes = hub.passes
            hub.hurry()
            # The pass that is on its way may have read the log before this call: the one after it has not.
            while hub.passes < passes + 2 and hub.is_running:
                hub.wake()
                await asyncio.sleep(STEP)
            if hub.is_at_rest or not hub.is_running:
                return
            await asyncio.sleep(STEP)
