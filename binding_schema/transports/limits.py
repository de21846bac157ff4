"""Rates: a token bucket for requests, a window for broken frames."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Hashable

from ..conf import settings
from ..errors import RateLimited


class Bucket:
    """MAX_REQUESTS_PER_SECOND on average, with bursts of two seconds' worth."""

    __slots__ = ("_at", "_left")

    def __init__(self) -> None:
        self._left = float("inf")
        self._at = time.monotonic()

    def take(self, count: int = 1) -> None:
        """Raises RateLimited, with ``retry_after`` in seconds."""
        rate = settings().MAX_REQUESTS_PER_SECOND
        if rate is None:
            return
        now = time.monotonic()
        self._left = min(rate * 2.0, self._left + (now - self._at) * rate)
        self._at = now
        if self._left < count:
            wait = max((count - self._left) / rate, 0.001)
            raise RateLimited(f"At most {rate} requests a second.", retry_after=round(wait, 3))
        self._left -= count


class Buckets:
    """A bucket for each client, the least recently seen forgotten first."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._buckets: OrderedDict[Hashable, Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, client: Hashable, count: int = 1) -> None:
        """Raises RateLimited. Called from any thread."""
        with self._lock:
            bucket = self._buckets.pop(client, None) or Bucket()
            self._buckets[client] = bucket
            while len(self._buckets) > self._limit:
                self._buckets.popitem(last=False)
            bucket.take(count)


class Violations:
    """Broken frames within the last minute."""

    __slots__ = ("_times",)

    def __init__(self) -> None:
        self._times: deque[float] | None = None  # most clients never break one

    def add(self) -> bool:
        """Count one; True once there are more than MAX_VIOLATIONS."""
        limit, now = settings().MAX_VIOLATIONS, time.monotonic()
        if limit is None:
            return False
        if self._times is None:
            self._times = deque()
        self._times.append(now)
        while self._times[0] < now - 60:
            self._times.popleft()
        return len(self._times) > limit
