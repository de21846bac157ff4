"""What a hub has read lately: for those who were reading something of their own meanwhile."""

from __future__ import annotations

from collections import deque
from typing import Any

from .batch import Batch
from .log import encode_key

#: How many rounds are remembered.
REMEMBERED = 64
#: How often the hub had started, and the round that it was in.
Moment = tuple[int, int]


class Rounds:
    """``number`` is the round that the hub is in; it goes on with each reading that found something."""

    def __init__(self) -> None:
        self.number = 0
        self.starts = 0
        self._recent: deque[tuple[int, Batch]] = deque(maxlen=REMEMBERED)

    @property
    def moment(self) -> Moment:
        return self.starts, self.number

    def add(self, batch: Batch) -> None:
        self.number += 1
        self._recent.append((self.number, batch))

    def since(self, number: int) -> list[Batch] | None:
        """What was read after a round; None if not all of it is remembered."""
        if self._recent and self._recent[0][0] > number + 1:
            return None
        return [batch for round_, batch in self._recent if round_ > number]

    def has_user_changed(self, user: Any, since: Moment) -> bool:
        """Whether a user may have changed since a moment, by what was read so far."""
        found = self.since(since[1]) if since[0] == self.starts else None
        key = encode_key(user)
        return found is None or any(key in batch.users for batch in found)
