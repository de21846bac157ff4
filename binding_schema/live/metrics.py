"""Counters of the live engine in this process, for a project's own monitoring."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Metrics:
    """``changes``: log entries read. ``announced``: entries that wake-up messages told of. ``repaired``: entries found
    without one, counted by the poll after they were found. ``frames``: live frames handed to connections. ``overflows``:
    connections that fell behind their queue's bound. ``resyncs``: snapshots sent instead of changes. ``publish_errors``,
    ``layer_errors``: the channel layer failed. ``failures``: rounds of the hub that failed and were tried again.
    """

    changes: int = 0
    announced: int = 0
    repaired: int = 0
    frames: int = 0
    overflows: int = 0
    resyncs: int = 0
    publish_errors: int = 0
    layer_errors: int = 0
    failures: int = 0

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


metrics = Metrics()
