"""Reading the log: each entry once, whatever the order of commits, and resume points that miss nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from binding_schema.live.log import Entry, write
from binding_schema.live.reader import Logged, Reader, position_of, seq
from binding_schema.models import Change, LogFloor

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies"),
]


class Writer:
    """A transaction on a thread, and so on a connection, of its own: it goes on when it is told to."""

    def __init__(self) -> None:
        self._next: list[Callable[[], Any] | None] = []
        self._go, self._done = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            while True:
                self._go.acquire()
                step = self._next.pop()
                if step is None:
                    return
                step()
                self._done.release()
        finally:
            connections.close_all()
            self._done.release()

    def do(self, step: Callable[[], Any] | None) -> None:
        self._next.append(step)
        self._go.release()
        assert self._done.acquire(timeout=20)
        assert self._thread.is_alive() or step is None

    def begin(self) -> None:
        self._block = transaction.atomic()
        self.do(self._block.__enter__)

    def write(self, key: str) -> None:
        self.do(lambda: write("default", [Entry("helpdesk.ticket", key, "u")]))

    def commit(self) -> None:
        self.do(lambda: self._block.__exit__(None, None, None))

    def rollback(self) -> None:
        self.do(lambda: transaction.set_rollback(True))
        self.commit()

    def end(self) -> None:
        self.do(None)
        self._thread.join(20)


@contextmanager
def writers(number: int) -> Iterator[list[Writer]]:
    found = [Writer() for _ in range(number)]
    try:
        yield found
    finally:
        for item in found:
            item.end()


def test_manual_transactions(transactional_db: None) -> None:
    """Where a project manages its transactions by itself, there is no moment after the commit; a poll finds the entry."""
    reader = started()
    transaction.set_autocommit(False)
    try:
        write("default", [Entry("helpdesk.ticket", "1", "u")])
        transaction.commit()
    finally:
        transaction.set_autocommit(True)
    assert keys(reader.read()) == ["1"]


def started() -> Reader:
    reader = Reader("default")
    reader.start()
    return reader


def keys(found: list[Logged] | None) -> list[str]:
    assert found is not None
    return sorted(item.key for item in found)


@pytest.mark.database("postgresql")
def test_commits_in_another_order(transactional_db: None) -> None:
    with writers(3) as (first, second, third):
        first.begin()
        first.write("1")
        reader = started()
        second.begin()
        second.write("2")
        assert reader.read() == []
        second.commit()
        before = reader.position
        assert keys(reader.read()) == ["2"]
        third.begin()
        third.write("3")
        first.write("4")
        assert reader.read() == []
        first.commit()
        assert keys(reader.read()) == ["1", "4"]
        third.commit()
        assert keys(reader.read()) == ["3"]
        assert reader.read() == []
        # What was open at a resume point is replayed from it, though its number is lower than others that were told.
        assert set(keys(reader.replay(before, 100))) == {"1", "2", "3", "4"}


@pytest.mark.database("postgresql")
def test_a_resume_point_waits_for_what_is_open(transactional_db: None) -> None:
    with writers(2) as (slow, quick):
        reader = started()
        slow.begin()
        slow.write("slow")
        for number in range(3):
            quick.begin()
            quick.write(str(number))
            quick.commit()
            reader.read()
        point = reader.position
        assert "slow" not in keys(Reader("default").replay(point, 100))
        slow.commit()
        assert "slow" in keys(Reader("default").replay(point, 100))
        reader.read()
        assert reader.position >= point


steps = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["write", "write", "commit", "rollback", "read", "point"])),
                 min_size=5, max_size=40)  # fmt: skip


@pytest.mark.database("postgresql")
@settings(derandomize=True, database=None, deadline=None, max_examples=60, suppress_health_check=list(HealthCheck),
          phases=[Phase.generate])  # fmt: skip
@given(plan=steps)
def test_any_order(transactional_db: None, plan: list[tuple[int, str]]) -> None:
    """Nothing is missed, nothing comes twice, and what is committed after a resume point's moment is replayed from it."""
    number, told, committed = 0, list[str](), set[str]()
    pending: dict[int, set[str]] = {}
    points: list[tuple[int, set[str]]] = []
    with writers(4) as all_writers:
        reader = started()
        for index, step in plan:
            writer = all_writers[index]
            if step == "write":
                if index not in pending:
                    writer.begin()
                    pending[index] = set()
                number += 1
                writer.write(str(number))
                pending[index].add(str(number))
            elif step in ("commit", "rollback") and index in pending:
                getattr(writer, step)()
                done = pending.pop(index)
                committed |= done if step == "commit" else set()
            elif step in ("read", "point"):
                told += keys(reader.read())
                points.append((reader.position, set(committed)))
        for index in pending:
            all_writers[index].commit()
        committed = committed.union(*pending.values())
        told += keys(reader.read())
        assert sorted(told) == sorted(committed)
        for point, before in points:
            assert committed - before <= set(keys(reader.replay(point, 1000)))


def test_one_after_the_other(transactional_db: None) -> None:
    write("default", [Entry("helpdesk.ticket", "0", "u")])
    reader = started()
    assert reader.read() == []
    point = reader.position
    for number in range(250):
        write("default", [Entry("helpdesk.ticket", str(number), "u"), Entry("helpdesk.ticket", f"{number}b", "c")])
    found = reader.read()
    assert [item.key for item in found[:3]] == ["0", "0b", "1"]
    assert len(found) == 500
    assert reader.read() == []
    # Other transactions of the server may hold the point back, before the very first entry.
    assert set(keys(reader.replay(point, 501))) - {"0"} == {item.key for item in found} - {"0"}
    assert reader.replay(point, 499) is None
    with transaction.atomic():
        write("default", [Entry("helpdesk.ticket", "never", "u")])
        transaction.set_rollback(True)
    assert reader.read() == []


def test_a_point_that_is_none(transactional_db: None) -> None:
    reader = started()
    assert position_of(seq(reader.position)) == reader.position
    for text in (None, 5, "", "0" * 15, "0" * 17, "g" * 16, "F" * 16, "f" * 16, " " * 16):
        assert position_of(text) is None
    assert reader.replay(reader.position + 10**9, 100) is None, "another server's, or from before a restore"
    LogFloor.objects.update_or_create(id=1, defaults={"position": reader.position + 1})
    assert reader.replay(reader.position, 100) is None
    LogFloor.objects.all().delete()


def test_points_sort_as_they_come(transactional_db: None) -> None:
    reader, found = started(), list[str]()
    for number in range(20):
        write("default", [Entry("helpdesk.ticket", str(number), "u")])
        reader.read()
        found.append(seq(reader.position))
    assert found == sorted(found)
    assert connection.vendor != "sqlite" or len(set(found)) == 20
    assert Change.objects.count() >= 20
