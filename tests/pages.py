"""What tests of pages in a browser share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest


async def until(holds: Callable[[], Awaitable[Any]], seconds: float = 10) -> None:
    """As Playwright's wait_for_function does it, but outside of the page: a policy may forbid what that evaluates there."""
    for _ in range(int(seconds / 0.02)):
        if await holds():
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"it did not come to hold within {seconds} s")
