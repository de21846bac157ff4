"""Changes are told to those who have asked, as their own hooks see the rows."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User

from apps.desk.models import Note, Tag
from binding_schema.testing import Reply
from talk import connected

pytestmark = pytest.mark.django_db(transaction=True)
NOTE = "desk.Note"


def brief(frames: list[Reply]) -> list[tuple[str, Any]]:
    return [(frame.event, frame.data.get("title", frame.data["id"])) for frame in frames]


async def changed(item: Any, **values: Any) -> None:
    """By the project's own code, not by a request."""
    for name, value in values.items():
        setattr(item, name, value)
    await sync_to_async(item.save)()


async def test_reading_is_followed(alice: User, bob: User) -> None:
    note = await Note.objects.acreate(owner=alice, title="a", slug="a")
    async with connected(alice) as mine, connected(bob) as other:
        await mine.send_frame({"event": f"{NOTE}.retrieve#one", "data": {"id": note.pk}})
        assert (await mine.receive()).ok
        assert (await other.send(f"{NOTE}.search")).data["count"] == 0
        await changed(note, title="b")
        assert brief(await mine.settled()) == [(f"{NOTE}.retrieve#one", "b")]
        assert await other.settled() == [], "not in sight"
        await changed(note, owner=bob)
        assert brief(await mine.settled()) == [(f"{NOTE}.delete#one", note.pk)]
        assert [frame.data["title"] for frame in await other.settled()] == ["b"]
        await sync_to_async(note.delete)()
        (gone,) = await other.settled()
        assert gone.event.startswith(f"{NOTE}.delete")


async def test_a_list_follows_its_own_filter(alice: User) -> None:
    """`filter_queryset` decides by the data that the list was asked with."""
    note = await Note.objects.acreate(owner=alice, title="a", slug="a", status="open")
    async with connected(alice) as client:
        frame = {"event": f"{NOTE}.subscribe#open", "data": {"status": "open", "snapshot": True}}
        await client.send_frame(frame)
        assert [row["title"] for row in (await client.receive()).data["rows"]] == ["a"]
        await changed(note, title="b")
        assert brief(await client.settled()) == [(f"{NOTE}.retrieve#open", "b")]
        await changed(note, status="done")
        assert brief(await client.settled()) == [(f"{NOTE}.delete#open", note.pk)]
        await changed(note, title="c")
        assert await client.settled() == []
        await changed(note, status="open")
        assert brief(await client.settled()) == [(f"{NOTE}.retrieve#open", "c")]


async def test_rows_that_a_model_makes_of_itself(alice: User) -> None:
    tag = await Tag.objects.acreate(name="red")
    async with connected(alice) as client:
        await client.send_frame({"event": "desk.Tag.retrieve", "data": {"id": tag.pk}})
        assert (await client.receive()).data["label"] == "RED"
        await changed(tag, name="blue")
        (told,) = await client.settled()
        assert told.data == {"id": tag.pk, "label": "BLUE", "weight": "1.00"}


async def test_who_has_not_asked_hears_nothing(alice: User) -> None:
    """In the original every request put the connection into the stream's group."""
    first = await Note.objects.acreate(owner=alice, title="a", slug="a")
    second = await Note.objects.acreate(owner=alice, title="b", slug="b")
    async with connected(alice) as client:
        assert (await client.send(f"{NOTE}.retrieve", id=first.pk)).ok
        await changed(second, title="c")
        assert await client.settled() == []
