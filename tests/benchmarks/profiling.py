"""Profiles of the event loop's thread and of the worker threads, apart from each other."""

import cProfile
import io
import pstats
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

try:
    import yappi
except ImportError:
    yappi = None

_LINES = 45

Report = Callable[[], str]


@contextmanager
def profiled() -> Iterator[Report]:
    """Profile the block, worker threads that start in it included; call what it yields afterwards, for the text.

    With yappi, where that is installed: it counts processor time, so waiting threads do not show. Else with cProfile.
    """
    if yappi is not None:
        with _with_yappi() as report:
            yield report
    elif sys.version_info < (3, 12):
        with _with_cprofile() as report:
            yield report
    else:
        # From 3.12 on there is one profiler for the whole interpreter, which cannot tell threads apart.
        raise SystemExit("On Python 3.12 and later --profile needs yappi: pip install yappi")


@contextmanager
def _with_yappi() -> Iterator[Report]:
    yappi.set_clock_type("cpu")
    yappi.start(builtins=True)
    try:
        yield _yappi_text
    finally:
        yappi.stop()


def _yappi_text() -> str:
    main = threading.get_ident()
    threads = yappi.get_thread_stats()
    sections = {
        "event loop": [thread.id for thread in threads if thread.tid == main],
        "worker threads": [thread.id for thread in threads if thread.tid != main],
    }
    texts = []
    for name, identities in sections.items():
        merged = None
        for identity in identities:
            # Not `ctx_id=identity`: yappi takes 0, which the main thread is, for "no filter".
            stats = yappi.convert2pstats(yappi.get_func_stats(filter={"ctx_id": identity}))
            merged = merged.add(stats) if merged else stats
        if merged:
            texts.append(_section(name, merged))
    return "\n".join(texts)


@contextmanager
def _with_cprofile() -> Iterator[Report]:
    workers: list[cProfile.Profile] = []

    def start_in_thread(frame: FrameType, event: str, argument: Any) -> None:
        # A new thread's first event comes here; enabling the profile takes the place of this function.
        profile = cProfile.Profile()
        workers.append(profile)
        profile.enable()

    main = cProfile.Profile()
    threading.setprofile(start_in_thread)
    main.enable()
    try:
        yield lambda: _cprofile_text(main, workers)
    finally:
        main.disable()
        threading.setprofile(None)


def _cprofile_text(main: cProfile.Profile, workers: list[cProfile.Profile]) -> str:
    text = _section("event loop", pstats.Stats(main))
    if workers:
        text += _section("worker threads", pstats.Stats(*workers))
    return text


def _section(name: str, stats: pstats.Stats) -> str:
    stream = io.StringIO()
    stats.stream = stream  # type: ignore[attr-defined]
    stats.strip_dirs()
    for order, what in (("tottime", "own time"), ("cumulative", "time with callees")):
        stream.write(f"\n=== {name}, by {what} ===\n")
        stats.sort_stats(order).print_stats(_LINES)
    return stream.getvalue()
