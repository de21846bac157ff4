"""Tokens, sessions and classes of one's own: who a client is, and for how long."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.db import SessionStore
from django.core import signing
from django.test import AsyncClient, Client

from binding_schema.errors import Unauthenticated
from binding_schema.resolve import authentication
from binding_schema.resolve.authentication import BaseAuthentication, Handshake, make_token, user_of_token

pytestmark = pytest.mark.django_db(transaction=True)

SEARCH = "/api/auth.User/"


def handshake(token: str | None = None, cookies: dict[str, str] | None = None, **headers: str) -> Handshake:
    return Handshake(headers, cookies or {}, token, {})


def client(token: str | None = None, cookies: dict[str, str] | None = None) -> authentication.Client:
    return authentication.Client(handshake(token, cookies))


def payload(**changes: Any) -> str:
    signer = signing.TimestampSigner(salt=authentication.SALT, sep=".")
    return signer.sign_object({"u": "1", "e": int(time.time()) + 60, "h": "x", **changes}, compress=True)


# Tokens -----------------------------------------------------------------------------------------------------------------


def test_a_token_names_its_user(alice: User, bob: User) -> None:
    assert user_of_token(make_token(alice)) == alice
    assert user_of_token(make_token(bob)) == bob


def test_a_token_fits_a_header_and_a_subprotocol(alice: User) -> None:
    assert set(make_token(alice)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def test_a_token_expires(alice: User, settings: Any) -> None:
    token = make_token(alice, 1)
    assert user_of_token(token) == alice
    time.sleep(2)
    assert user_of_token(token) is None
    settings.BINDING_SCHEMA = {"TOKEN_MAX_AGE": 1}
    token = make_token(alice)
    time.sleep(2)
    assert user_of_token(token) is None


def test_a_token_ends_with_the_password_and_with_the_account(alice: User) -> None:
    token = make_token(alice)
    alice.set_password("another")
    alice.save()
    assert user_of_token(token) is None
    token = make_token(alice)
    alice.is_active = False
    alice.save()
    assert user_of_token(token) is None
    alice.is_active = True
    alice.save()
    assert user_of_token(token) == alice
    alice.delete()
    assert user_of_token(token) is None


def test_a_forged_token(alice: User, settings: Any) -> None:
    token = make_token(alice)
    body, stamp, signature = token.rsplit(".", 2)
    settings.SECRET_KEY = "another"
    foreign = make_token(alice)
    settings.SECRET_KEY = "only-for-tests"
    for forged in (
        "",
        "x",
        "é",
        "\x00",
        "..",
        token[:-1],
        token + "x",
        f"{body}.{stamp}",
        f"{body[:-2]}.{stamp}.{signature}",
        foreign,
        signing.dumps({"u": str(alice.pk)}),
        payload(u=str(alice.pk)),  # ours, but of no password
        payload(u="nobody"),
        payload(u=None),
        payload(u=10**30),
        payload(e="soon"),
        payload(e=None),
        payload(h=None),
        signing.TimestampSigner(salt=authentication.SALT, sep=".").sign_object([1]),
    ):
        assert user_of_token(forged) is None, forged


# Sessions ---------------------------------------------------------------------------------------------------------------


def session_of(user: User) -> str:
    browser = Client()
    browser.force_login(user)
    return browser.cookies["sessionid"].value


def test_a_session_names_its_user(alice: User) -> None:
    found = client(cookies={"sessionid": session_of(alice)})
    assert found.user == alice
    assert found.needs_csrf is True


def test_sessions_that_are_none(alice: User) -> None:
    empty = SessionStore()
    empty.create()
    for key in ("", "nonsense", "\x00", empty.session_key):
        assert client(cookies={"sessionid": key}).user == AnonymousUser()


def test_a_rotated_secret_key_keeps_the_session(alice: User, settings: Any) -> None:
    """Django gives such a session a new key, in the answer to the browser; a WebSocket has no such answer."""
    key = session_of(alice)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]
    for _ in range(2):
        assert client(cookies={"sessionid": key}).user == alice
    settings.SECRET_KEY_FALLBACKS = []
    assert client(cookies={"sessionid": key}).user == AnonymousUser()


# The client of a connection -----------------------------------------------------------------------------------------------


def test_a_user_is_read_again_after_a_while(alice: User, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"USER_MAX_AGE": 1}
    found = client(make_token(alice))
    assert found.user == alice
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    assert found.user.is_staff is False
    time.sleep(1.1)
    assert found.user.is_staff is True
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert found.user.is_active is True
    time.sleep(1.1)
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            _ = found.user


def test_who_logged_out_is_nobody_only_where_nobody_is_welcome(alice: User, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"USER_MAX_AGE": 0.000_001}
    key = session_of(alice)
    found, other = client(cookies={"sessionid": key}), client(cookies={"sessionid": key})
    assert found.user == other.user == alice
    SessionStore(key).delete()
    with pytest.raises(Unauthenticated):
        _ = found.user
    settings.BINDING_SCHEMA = {"USER_MAX_AGE": 0.000_001, "ANONYMOUS_CONNECTION_ALLOWED": True}
    assert other.user == AnonymousUser()


# Classes of one's own -----------------------------------------------------------------------------------------------------


class ByName(BaseAuthentication):
    """The header `x-user`, trusted as it is: what a proxy in front of the server may do."""

    def authenticate(self, handshake: Handshake) -> Any:
        name = handshake.headers.get("x-user")
        if name is None:
            return None
        user = User.objects.filter(username=name).first()
        if user is None:
            raise Unauthenticated("Nobody has this name.")
        return user


class ByAsyncName(BaseAuthentication):
    needs_csrf = True

    async def authenticate(self, handshake: Handshake) -> Any:
        await asyncio.sleep(0)
        return await User.objects.filter(username=handshake.headers.get("x-async-user")).afirst()


class ByNobody(BaseAuthentication):
    def authenticate(self, handshake: Handshake) -> Any:
        return AnonymousUser()


@pytest.fixture
def own_classes(settings: Any) -> None:
    names = ("ByNobody", "ByName", "ByAsyncName")
    settings.BINDING_SCHEMA = {"AUTHENTICATION_CLASSES": [f"{__name__}.{name}" for name in names]}


@pytest.mark.parametrize("wsgi", [False, True])
async def test_own_classes(alice: User, own_classes: None, wsgi: bool) -> None:
    async def ask(method: str, **headers: str) -> tuple[int, Any]:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        made = (Client if wsgi else AsyncClient)(enforce_csrf_checks=True)
        ask = sync_to_async(made.generic) if wsgi else made.generic
        response = await ask(method, SEARCH, b'{"username": "new"}', "application/json", headers=names)
        return response.status_code, response.json()["data"].get("message")

    assert (await ask("GET", x_user="alice"))[0] == 200
    assert await ask("GET", x_user="nobody") == (401, "Nobody has this name.")
    assert (await ask("GET", x_async_user="alice"))[0] == 200
    assert (await ask("GET"))[0] == 401
    # The classes that the settings name are all there are.
    assert (await ask("GET", authorization=f"Bearer {make_token(alice)}"))[0] == 401
    # Each class says whether a browser sends its credentials by itself.
    assert "CSRF" in (await ask("POST", x_async_user="alice"))[1]
    assert await ask("POST", x_user="alice") == (403, "You may not do this.")
