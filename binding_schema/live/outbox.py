"""The live frames that wait for one connection: the newest of each object, up to a bound."""

from __future__ import annotations

from collections.abc import Hashable

from ..conf import settings

#: What a frame counts for beside its bytes, which other connections may share.
OVERHEAD = 64


class Outbox:
    """Frames in the order in which they are to be sent. A newer one on the same object takes the older one's turn away."""

    __slots__ = ("_bytes", "_frames")

    def __init__(self) -> None:
        self._frames: dict[Hashable, bytes] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._frames)

    def put(self, key: Hashable, frame: bytes, *, always: bool = False) -> bool:
        """False once the bound is passed: the frame was not taken, and what waits is to be given up. ``always`` takes it."""
        older = self._frames.pop(key, None)
        if older is not None:
            self._bytes -= len(older) + OVERHEAD
        config = settings()
        size = len(frame) + OVERHEAD
        is_full = len(self._frames) >= config.MAX_QUEUED_FRAMES or (
            self._frames and self._bytes + size > config.MAX_QUEUED_BYTES
        )
        if is_full and not always:
            return False
        self._frames[key] = frame
        self._bytes += size
        return True

    def take(self) -> bytes | None:
        if not self._frames:
            return None
        frame = self._frames.pop(next(iter(self._frames)))
        self._bytes -= len(frame) + OVERHEAD
        return frame

    def clear(self) -> int:
        """Give up all that waits; returns how many frames."""
        count = len(self._frames)
        self._frames.clear()
        self._bytes = 0
        return count
