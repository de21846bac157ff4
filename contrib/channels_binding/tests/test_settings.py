"""`CHANNELS_BINDING`, and the strategies that it names."""

from __future__ import annotations

from typing import Any

import pytest
from channels.exceptions import DenyConnection
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory

from binding_schema.conf import settings as current
from binding_schema.errors import Unauthenticated
from binding_schema.extend import Handshake
from channels_binding import authentification
from channels_binding.authentification import ByBrowser, ByHeader, DefaultDjangoUser
from channels_binding.requests import scope_of
from channels_binding.settings import require_strategies

ALICE = User(username="alice")


def refusal(settings: Any, value: Any) -> str:
    settings.CHANNELS_BINDING = value
    with pytest.raises(ImproperlyConfigured) as caught:
        current()
    return str(caught.value)


def test_the_pages_settings() -> None:
    found = current()
    assert (found.DEFAULT_PAGE_SIZE, found.ANONYMOUS_CONNECTION_ALLOWED) == (25, False)
    assert [path.rpartition(".")[2] for path in found.AUTHENTICATION_CLASSES] == ["ByBrowser", "ByHeader"]


def test_without_settings_the_librarys_defaults_hold(settings: Any) -> None:
    settings.CHANNELS_BINDING = {}
    found = current()
    assert found.DEFAULT_PAGE_SIZE == 25
    assert [path.rpartition(".")[2] for path in found.AUTHENTICATION_CLASSES] == [
        "TokenAuthentication",
        "SessionAuthentication",
    ]


def test_a_page_may_be_larger_than_a_client_may_ask_for(settings: Any) -> None:
    settings.CHANNELS_BINDING = {"DEFAULT_PAGE_SIZE": 300, "ANONYMOUS_CONNECTION_ALLOWED": True}
    found = current()
    assert (found.DEFAULT_PAGE_SIZE, found.MAX_PAGE_SIZE, found.ANONYMOUS_CONNECTION_ALLOWED) == (300, 300, True)


def test_the_librarys_own_settings_go_first(settings: Any) -> None:
    settings.BINDING_SCHEMA = {"DEFAULT_PAGE_SIZE": 7}
    assert current().DEFAULT_PAGE_SIZE == 7


@pytest.mark.parametrize(
    "value, message",
    [
        (["DEFAULT_PAGE_SIZE"], "CHANNELS_BINDING must be a dictionary, not list."),
        (
            {"DEFAULT_PAGESIZE": 5},
            "CHANNELS_BINDING['DEFAULT_PAGESIZE'] is not a setting. Did you mean 'DEFAULT_PAGE_SIZE'?",
        ),
        ({"AUTHENTICATION_CLASSES": []}, "is not a setting. Did you mean 'AUTHENTIFICATION_CLASSES'?"),
        ({"LIST_LIMIT": 5}, "is a setting of binding-schema's: write BINDING_SCHEMA = {'LIST_LIMIT': ...}."),
        ({"COLOUR": 5}, "Known: AUTHENTIFICATION_CLASSES, DEFAULT_PAGE_SIZE, ANONYMOUS_CONNECTION_ALLOWED."),
        (
            {"DEFAULT_PAGE_SIZE": "25"},
            "CHANNELS_BINDING['DEFAULT_PAGE_SIZE']: Input should be a valid integer, not '25'.",
        ),
        ({"ANONYMOUS_CONNECTION_ALLOWED": 1}, "CHANNELS_BINDING['ANONYMOUS_CONNECTION_ALLOWED']: "),
        (
            {"AUTHENTIFICATION_CLASSES": [5]},
            "CHANNELS_BINDING['AUTHENTIFICATION_CLASSES']: a list of dotted paths is needed",
        ),
    ],
)
def test_wrong_settings_are_refused_by_name(settings: Any, value: Any, message: str) -> None:
    assert message in refusal(settings, value)


@pytest.mark.parametrize(
    "path, message",
    [
        ("authentification.Nothing", "'authentification.Nothing' cannot be imported: ImportError: "),
        ("apps.your_app.models.MyModel", "is not a class with a method get_user(self, consumer)"),
    ],
)
def test_strategies_are_looked_up_at_the_start(settings: Any, path: str, message: str) -> None:
    settings.CHANNELS_BINDING = {"AUTHENTIFICATION_CLASSES": (path,)}
    with pytest.raises(ImproperlyConfigured) as caught:
        require_strategies()
    assert message in str(caught.value)


def test_one_strategy_may_stand_without_a_list(settings: Any) -> None:
    settings.CHANNELS_BINDING = {"AUTHENTIFICATION_CLASSES": "authentification.AuthenticationStrategyClass"}
    assert [type(item).__name__ for item in authentification.strategies()] == ["AuthenticationStrategyClass"]


# Strategies -------------------------------------------------------------------------------------------------------------


class Nobody:
    def get_user(self, consumer: Any) -> Any:
        return AnonymousUser() if consumer.user is None else None


class ByKey:
    """Reads a header, sync; says that it reads no cookie."""

    needs_csrf = False

    def get_user(self, consumer: Any) -> Any:
        return ALICE if dict(consumer.scope["headers"]).get(b"x-key") == b"right" else None


class Later:
    """Async, and reads whatever there is."""

    async def get_user(self, consumer: Any) -> Any:
        return ALICE if consumer.scope["path"] == "/later/" else None


class Denies:
    def get_user(self, consumer: Any) -> Any:
        raise DenyConnection("Invalid Token")


class NoUser:
    def get_user(self, consumer: Any) -> Any:
        return "alice"


def over_http(path: str = "/", **headers: str) -> Handshake:
    request = RequestFactory(headers=headers).get(path)
    return Handshake({name.lower(): value for name, value in request.headers.items()}, request.COOKIES, None, request)


def ask(settings: Any, handshake: Handshake, *classes: type) -> tuple[Any, Any]:
    """What the two library classes find: for a browser's credentials, and for others."""
    paths = [f"{item.__module__}.{item.__qualname__}" for item in classes]
    settings.CHANNELS_BINDING = {"AUTHENTIFICATION_CLASSES": paths}
    return ByBrowser().authenticate(handshake), ByHeader().authenticate(handshake)


def test_the_first_user_counts(settings: Any) -> None:
    assert ask(settings, over_http("/later/"), Nobody, ByKey, Later) == (None, ALICE)
    assert ask(settings, over_http("/else/"), Nobody, ByKey, Later) == (None, None)


@pytest.mark.parametrize("headers", [{"cookie": "a=b"}, {"authorization": "Basic YTpi"}])
def test_what_a_browser_sends_by_itself_needs_the_csrf_token(settings: Any, headers: dict[str, str]) -> None:
    assert ByBrowser.needs_csrf is True
    assert ByHeader.needs_csrf is False
    assert ask(settings, over_http("/later/", **headers), Later) == (ALICE, None)


def test_a_strategy_that_reads_no_cookie_says_so(settings: Any) -> None:
    assert ask(settings, over_http(cookie="a=b", **{"x-key": "right"}), ByKey) == (None, ALICE)
    assert ask(settings, over_http(cookie="a=b", **{"x-key": "wrong"}), ByKey) == (None, None)


def test_a_strategy_may_deny(settings: Any) -> None:
    with pytest.raises(Unauthenticated):
        ask(settings, over_http(), Denies)


def test_what_is_no_user_is_said(settings: Any) -> None:
    with pytest.raises(TypeError, match=r"NoUser\.get_user returned 'alice', which has no is_authenticated"):
        ask(settings, over_http(), NoUser)


def test_the_scope_of_an_http_request(settings: Any) -> None:
    request = RequestFactory(headers={"x-key": "right", "cookie": "a=b"}).get("/p/?q=1")
    request.user = ALICE
    handshake = Handshake({}, request.COOKIES, None, request)
    assert ask(settings, handshake, DefaultDjangoUser) == (ALICE, None)
    scope = scope_of(request)
    assert (scope["type"], scope["method"], scope["path"], scope["query_string"]) == ("http", "GET", "/p/", b"q=1")
    assert (b"x-key", b"right") in scope["headers"]
    assert (scope["cookies"], scope["client"][0], scope["user"]) == ({"a": "b"}, "127.0.0.1", ALICE)
    assert "session" not in scope
    assert scope_of(scope) is scope
    assert scope_of(None)["headers"] == []
