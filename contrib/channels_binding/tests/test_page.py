"""A project written from the page of channels-binding 1.1.5 alone, under uvicorn, with the page's own frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from apps.your_app.models import MyModel
from talk import opened

SEARCH = """{
    event: "auth.User.search",
    data: {
        page: 2
    }
}"""
RETRIEVE = """{
    event: "auth.User.retrieve",
    data: {
        id: 5763
    }
}"""
SAVE = """{
    event: "auth.User.save",
    data: {
        id: 5763,
        username: "Changed Username"
    }
}"""
Serve = Callable[[str], str]


@pytest.fixture
def host(serve: Serve, admin: User) -> str:
    MyModel.objects.create(pk=5763, name="mine")
    return serve("page.asgi:application")


async def test_the_pages_frames(host: str, node: str, admin: User) -> None:
    """As the page has them, one after another, on one socket."""
    async with opened(node, host, admin) as page:
        frame = await page.next()
        assert (frame["event"], frame["data"]["id"], frame["data"]["name"]) == (
            "your_app.MyModel.retrieve",
            5763,
            "mine",
        )

        await page.send(SEARCH)
        frame = await page.next()
        assert frame["event"] == "auth.User.search"
        data = frame["data"]
        assert (data["page"], data["limit"], data["count"], len(data["rows"])) == (2, 25, 102, 25)
        first = data["rows"][0]
        assert (first["id"], first["username"], first["email"]) == (5763, "Admin", "admin@admin.com")
        assert "password" not in first

        await page.send(RETRIEVE)
        frame = await page.next()
        assert frame["event"] == "auth.User.retrieve"
        assert (frame["data"]["id"], frame["data"]["username"], frame["data"]["email"]) == (
            5763,
            "Admin",
            "admin@admin.com",
        )
        assert frame["data"].keys() > {"is_staff", "date_joined"}, "and more details"


async def test_a_save_is_told_here_and_on_a_second_socket(host: str, node: str, admin: User) -> None:
    other = await User.objects.aget(pk=7)
    async with opened(node, host, admin) as first, opened(node, host, other) as second:
        await second.next()
        await second.send('{event: "auth.User.subscribe", data: {id: 5763}}')
        assert (await second.next())["data"]["success"] is True

        await first.next()
        await first.send(SAVE)
        assert (await first.next())["data"]["success"] is True
        for page in (first, second):
            told = await page.told("auth.User.retrieve", username="Changed Username")
            assert (told["data"]["id"], told["data"]["email"]) == (5763, "admin@admin.com")
    assert (await User.objects.aget(pk=5763)).username == "Changed Username"


async def test_who_has_only_read_it_is_told_too(host: str, node: str, admin: User) -> None:
    """The automatic interest of `retrieve`; and who has not asked for the object hears nothing."""
    reader, stranger = await User.objects.aget(pk=7), await User.objects.aget(pk=8)
    async with (
        opened(node, host, admin) as first,
        opened(node, host, reader) as second,
        opened(node, host, stranger) as third,
    ):
        for page in (first, second, third):
            await page.next()
        await second.send(RETRIEVE.replace("retrieve", "retrieve#detail"))
        assert (await second.next())["event"] == "auth.User.retrieve#detail"
        await first.send(SAVE)
        await second.told("auth.User.retrieve#detail", username="Changed Username")
        await third.send('{event: "your_app.MyModel.list"}')
        while (frame := await third.next())["event"] != "your_app.MyModel.list":
            assert frame["event"] == "your_app.MyModel.retrieve", "the one object that its script has asked for"


async def test_who_is_not_logged_in_is_refused(host: str, node: str) -> None:
    async with opened(node, host, None) as page:
        assert await page.next() == {"closed": 4401}


async def test_who_may_not_write_is_told_so(host: str, node: str) -> None:
    async with opened(node, host, await User.objects.aget(pk=7)) as page:
        await page.next()
        await page.send(SAVE)
        frame = await page.next()
        assert (frame["event"], frame["data"]["code"], frame["data"]["event"]) == (
            "error",
            "forbidden",
            "auth.User.save",
        )
    assert (await User.objects.aget(pk=5763)).username == "Admin"


async def test_the_same_frames_over_http(serve: Serve, node: str, admin: User) -> None:
    await MyModel.objects.acreate(pk=5763, name="mine")
    async with opened(node, serve("page.http:application"), admin, over="http") as page:
        frame = await page.next()
        assert (frame["event"], frame["data"]["id"]) == ("your_app.MyModel.retrieve", 5763)
        await page.send(SEARCH)
        data = (await page.next())["data"]
        assert (data["page"], data["limit"], data["count"], data["rows"][0]["username"]) == (2, 25, 102, "Admin")
        await page.send(RETRIEVE)
        assert (await page.next())["data"]["email"] == "admin@admin.com"
        await page.send(SAVE)
        frame = await page.next()
        assert (frame["event"], frame["data"]["success"]) == ("auth.User.save", True)
        await page.send(RETRIEVE)
        assert (await page.next())["data"]["username"] == "Changed Username"


async def test_http_without_a_login(serve: Serve, node: str, transactional_db: Any) -> None:
    async with opened(node, serve("page.http:application"), None, over="http") as page:
        frame = await page.next()
        assert (frame["event"], frame["data"]["code"]) == ("error", "unauthenticated")
