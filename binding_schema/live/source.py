"""What a hub reads: the change logs of all databases, and whether wake-ups told of their entries."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .batch import Batch, batch_of
from .metrics import metrics
from .reader import Reader, seq
from .routes import Routes


@dataclass(slots=True)
class Source:
    """``read`` and ``start`` are for a worker, one at a time."""

    routes: Routes
    readers: dict[str, Reader] = field(default_factory=dict)

    def start(self, aliases: Iterable[str]) -> None:
        """Begin, or begin anew, after all that is committed by now."""
        readers = {alias: Reader(alias) for alias in aliases}
        for reader in readers.values():
            reader.start()
        self.readers = readers

    def read(self, listening: set[str], counts: Callable[[str], bool]) -> tuple[int, Batch]:
        """(how many entries there were of the labels that count, what all of them say). All of it, or nothing was read."""
        before = {alias: copy.deepcopy(reader) for alias, reader in self.readers.items()}
        try:
            count, batch = 0, Batch()
            for alias, reader in self.readers.items():
                entries = reader.read()
                count += sum(counts(entry.model) for entry in entries)
                batch.add(batch_of(entries, self.routes, listening, alias))
            return count, batch
        except BaseException:
            self.readers = before
            raise

    @property
    def lost(self) -> bool:
        """Whether something was deleted from a log before the last reading of it."""
        return any(reader.lost for reader in self.readers.values())

    def seq(self, using: str) -> str:
        return seq(self.readers[using].position)


class Tally:
    """Counts entries that were read, and those that wake-ups told of, and finds out how many nobody told of.

    A wake-up may come before its entry is read or after it. Polls lie so far apart that what was read, or told of, by the
    last one has had its other half by the next.
    """

    def __init__(self) -> None:
        self._read = self._told = 0
        self._read_before = self._told_before = 0

    def told(self, count: int) -> None:
        self._told += count
        metrics.announced += count

    def read(self, count: int) -> None:
        self._read += count
        metrics.changes += count

    def polled(self) -> None:
        untold = self._read_before - self._told
        if untold > 0:
            metrics.repaired += untold
            self._told += untold
        # Told of and never read: rolled back after all, or read before anyone here was interested.
        self._told -= max(self._told_before - self._read, 0)
        self._read_before, self._told_before = self._read, self._told
