from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from binding_schema import live
from binding_schema.live import prune as log
from binding_schema.live.reader import Reader, position_of
from binding_schema.models import Change, IdempotencyKey, LogFloor
from binding_schema.testing import Reply, WebSocketClient
from helpdesk.models import Label, Ticket
from tests.asgi import application
from tests.conftest import Demo

pytestmark = pytest.mark.django_db


def keys_of_age(*hours: float) -> None:
    for number, age in enumerate(hours):
        key = IdempotencyKey.objects.create(owner="1", key=str(age), digest=str(number))
        IdempotencyKey.objects.filter(pk=key.pk).update(created_at=timezone.now() - timedelta(hours=age))


def prune(*arguments: str) -> list[str]:
    output = StringIO()
    call_command("binding_schema", "prune", *arguments, stdout=output)
    return output.getvalue().splitlines()


def keys() -> set[str]:
    return set(IdempotencyKey.objects.values_list("key", flat=True))


def test_keys_that_are_older_than_a_day_go() -> None:
    keys_of_age(0, 23.9, 24.1, 1000)
    assert prune()[0] == "Deleted 2 idempotency keys."
    assert keys() == {"0", "23.9"}


@override_settings(BINDING_SCHEMA={"IDEMPOTENCY_MAX_AGE": 3600})
def test_the_keys_age_is_a_setting() -> None:
    keys_of_age(0.5, 2)
    assert prune()[0] == "Deleted 1 idempotency key."
    assert keys() == {"0.5"}


def test_nothing_to_do() -> None:
    assert prune() == ["Deleted 0 idempotency keys.", "Deleted 0 changes from the log in 'default'."]
    assert not LogFloor.objects.exists()


# The change log.


def labels(count: int) -> None:
    """As many changes in the log, each in a transaction of its own."""
    for number in range(count):
        Label.objects.create(name=f"Label {number}")


def names() -> list[str]:
    """What the log tells of, in its order."""
    found = dict(Label.objects.values_list("pk", "name"))
    return [found[int(key)] for key in Change.objects.order_by("id").values_list("key", flat=True)]


def age(hours: float, *positions: int) -> None:
    rows = list(Change.objects.order_by("id").values_list("id", flat=True))
    chosen = [rows[number] for number in positions] if positions else rows
    Change.objects.filter(id__in=chosen).update(created_at=timezone.now() - timedelta(hours=hours))


def floor() -> int:
    return LogFloor.objects.get().position


def position_after(row: Change) -> int:
    """The lowest position from which the log can be read without that entry."""
    return row.id if connection.vendor == "sqlite" else row.transaction + 1


@pytest.mark.django_db(transaction=True)
def test_changes_that_are_older_than_a_day_go() -> None:
    labels(4)
    age(24.1, 0, 1)
    age(23.9, 2)
    second = Change.objects.order_by("id")[1]
    assert prune()[1] == "Deleted 2 changes from the log in 'default'."
    assert names() == ["Label 2", "Label 3"]
    assert floor() == position_after(second)


@pytest.mark.django_db(transaction=True)
@override_settings(BINDING_SCHEMA={"LIVE_LOG_MAX_AGE": 60})
def test_the_logs_age_is_a_setting() -> None:
    labels(2)
    age(0.02, 0)
    assert prune()[1] == "Deleted 1 change from the log in 'default'."
    assert names() == ["Label 1"]


@pytest.mark.django_db(transaction=True)
@override_settings(BINDING_SCHEMA={"LIVE_LOG_MAX_ROWS": 2})
def test_the_newest_rows_stay() -> None:
    labels(5)
    third = Change.objects.order_by("id")[2]
    assert prune("--dry-run")[1] == "Would delete 3 changes from the log in 'default'."
    assert prune()[1] == "Deleted 3 changes from the log in 'default'."
    assert names() == ["Label 3", "Label 4"]
    assert floor() == position_after(third)
    assert prune()[1] == "Deleted 0 changes from the log in 'default'."
    assert floor() == position_after(third)


@pytest.mark.django_db(transaction=True)
@override_settings(BINDING_SCHEMA={"LIVE_LOG_MAX_ROWS": 3})
def test_a_dry_run_counts_what_age_and_count_agree_on_once() -> None:
    labels(5)
    keys_of_age(0, 25)
    age(25, 0, 4)
    told = prune("--dry-run")
    assert told == ["Would delete 1 idempotency key.", "Would delete 3 changes from the log in 'default'."]
    assert Change.objects.count() == 5
    assert keys() == {"0", "25"}
    assert not LogFloor.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_go_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    with live.grouped():
        labels(7)
    age(25)
    monkeypatch.setattr(log, "CHUNK", 3)
    with CaptureQueriesContext(connection) as queries:
        assert log.prune("default") == 7
    deleted = [item["sql"] for item in queries if item["sql"].startswith("DELETE")]
    assert [sql.rpartition(" IN (")[2].count(",") + 1 for sql in deleted] == [3, 3, 1]
    begun = [item["sql"] for item in queries if item["sql"].startswith("BEGIN")]
    assert len(begun) == 3


@pytest.mark.django_db(transaction=True)
def test_the_floor_only_rises() -> None:
    labels(2)
    highest = position_after(Change.objects.order_by("id")[1])
    LogFloor.objects.create(position=highest)
    age(25, 0)
    assert log.prune("default") == 1
    assert floor() == highest


def test_one_database() -> None:
    keys_of_age(25)
    assert prune("--database=default") == [
        "Deleted 1 idempotency key.",
        "Deleted 0 changes from the log in 'default'.",
    ]
    with pytest.raises(CommandError, match=r"^There is no database 'other' in DATABASES; there are default\.$"):
        prune("--database=other")


@pytest.mark.django_db(transaction=True)
def test_a_database_without_the_log() -> None:
    with connection.schema_editor() as editor:
        editor.delete_model(Change)
    try:
        for arguments in ((), ("--database=default",)):
            with pytest.raises(CommandError, match=r"the table of the change log: run `manage\.py migrate`"):
                prune(*arguments)
    finally:
        with connection.schema_editor() as editor:
            editor.create_model(Change)


# Who had not read it.


@pytest.mark.django_db(transaction=True)
def test_a_reader_hears_that_entries_went_before_it_came() -> None:
    reader = Reader("default")
    reader.start()
    labels(2)
    assert [len(reader.read()), reader.lost] == [2, False]
    labels_again = Label.objects.create(name="Unread")
    age(25)
    log.prune("default")
    assert [reader.read(), reader.lost] == [[], True]
    assert [reader.read(), reader.lost] == [[], False]
    labels_again.delete()
    assert [item.op for item in reader.read()] == ["d"]
    assert not reader.lost


@pytest.mark.django_db(transaction=True)
def test_a_reader_that_has_read_them_misses_nothing() -> None:
    reader = Reader("default")
    reader.start()
    labels(3)
    wait_until_settled(reader)
    age(25)
    log.prune("default")
    assert [reader.read(), reader.lost] == [[], False]
    started = Reader("default")
    started.start()
    assert started.position >= floor()
    assert started.replay(started.position, 10) == []


def wait_until_settled(reader: Reader) -> None:
    """On PostgreSQL: until no transaction of another database of the server is as old as the newest entry."""
    newest = Change.objects.order_by("-id")[0]
    while reader.position < position_after(newest):
        reader.read()


@pytest.mark.django_db(transaction=True)
def test_a_position_that_is_yet_to_come_is_another_servers() -> None:
    reader = Reader("default")
    reader.start()
    labels(1)
    assert reader.replay(2**50, 10) is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.database("postgresql")
def test_entries_from_a_restored_dump_are_neither_told_nor_kept() -> None:
    reader = Reader("default")
    reader.start()
    labels(2)
    old = Change.objects.order_by("id")[0]
    Change.objects.filter(id=old.id).update(transaction=2**50)
    LogFloor.objects.create(position=2**50)
    age(0.5)
    assert len(reader.read()) == 1
    assert reader.read() == []
    assert prune("--dry-run")[1] == "Would delete 1 change from the log in 'default'."
    assert prune()[1] == "Deleted 1 change from the log in 'default'."
    assert names() == ["Label 1"]
    assert floor() < 2**40


# Resume.


async def subscribed(user: Any, **data: Any) -> tuple[Reply, list[Reply]]:
    """The answer, and the frames that follow it."""
    async with WebSocketClient(application, user) as client:
        answer = await client.send("helpdesk.Ticket.subscribe#list", **data)
        assert answer.ok, answer
        client.timeout = 0.3
        frames: list[Reply] = []
        try:
            while True:
                frames.append(await client.receive())
        except TimeoutError:
            return answer, frames


async def settled(user: Any) -> tuple[str, list[int]]:
    """A resume point after all that was done so far, and what its client holds. On PostgreSQL a transaction of another
    database of the server may hold it back."""

    def done() -> int:
        newest, known = Change.objects.order_by("-id").first(), LogFloor.objects.first()
        return max(position_after(newest) if newest else 0, known.position if known else 0)

    while True:
        answer, _ = await subscribed(user, snapshot=True)
        if position_of(answer.meta["seq"]) >= await sync_to_async(done)():
            return answer.meta["seq"], [row["id"] for row in answer.data["rows"]]


def renamed(ticket: Ticket, title: str) -> None:
    ticket.title = title
    ticket.save()


@pytest.mark.django_db(transaction=True)
async def test_a_resume_from_before_the_floor_is_a_resync_and_one_from_after_it_replays(demo: Demo) -> None:
    first, second = demo.of(demo.network)[:2]
    before, have = await settled(demo.alice)
    await sync_to_async(renamed)(first, "While away")
    _, frames = await subscribed(demo.alice, since=before, have=have)
    assert [(item.event, item.data["id"]) for item in frames] == [("helpdesk.Ticket.retrieve#list", first.pk)]

    await sync_to_async(age)(25)
    await sync_to_async(prune)()
    _, frames = await subscribed(demo.alice, since=before, have=have)
    assert [item.event for item in frames] == ["helpdesk.Ticket.resync#list", "helpdesk.Ticket.list#list"]
    assert frames[0].data == {"reason": "gap"}
    assert {row["id"]: row["title"] for row in frames[1].data["rows"]}[first.pk] == "While away"

    after, have = await settled(demo.alice)
    await sync_to_async(renamed)(second, "Later")
    await sync_to_async(prune)()
    _, frames = await subscribed(demo.alice, since=after, have=have)
    assert [(item.event, item.data["id"]) for item in frames] == [("helpdesk.Ticket.retrieve#list", second.pk)]
    assert frames[0].data["title"] == "Later"


@pytest.mark.django_db(transaction=True)
@override_settings(BINDING_SCHEMA={"LIVE_POLL_INTERVAL": 60})
async def test_changes_that_went_before_a_hub_came_to_them_are_a_resync(
    demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = demo.of(demo.network)[:2]

    def change_and_prune() -> None:
        renamed(first, "Nobody read that")
        age(25)
        log.prune("default")

    async with WebSocketClient(application, demo.alice) as client:
        await client.send("helpdesk.Ticket.subscribe#list", snapshot=True)
        with monkeypatch.context() as patch:
            patch.setattr("binding_schema.live.log.announce", [])
            await sync_to_async(change_and_prune)()
        await sync_to_async(renamed)(second, "Read")
        frame = await client.receive()
        assert (frame.event, frame.data) == ("helpdesk.Ticket.resync#list", {"reason": "gap"})
        frame = await client.receive()
        assert frame.event == "helpdesk.Ticket.list#list"
        titles = {row["id"]: row["title"] for row in frame.data["rows"]}
        assert (titles[first.pk], titles[second.pk]) == ("Nobody read that", "Read")
        await sync_to_async(renamed)(first, "Told again")
        while frame.data.get("title") != "Told again":
            frame = await client.receive()
        assert frame.event == "helpdesk.Ticket.retrieve#list"
