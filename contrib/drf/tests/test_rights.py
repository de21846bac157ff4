"""Permissions, throttles and authentication of the framework, on each transport."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser, Permission
from django.test import Client, override_settings
from rest_framework import authentication, permissions
from rest_framework.authtoken.models import Token
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.tokens import AccessToken

from binding_schema import IsAuthenticated, errors, extend
from binding_schema.testing import RestClient, WebSocketClient
from binding_schema_drf.authentication import authentication_of
from binding_schema_drf.permissions import permission_of
from shop.asgi import application
from shop.models import Category

JWT = ["rest_framework_simplejwt.authentication.JWTAuthentication", "rest_framework.authentication.TokenAuthentication"]


def codes(user: Any, *asked: tuple[str, dict[str, Any]]) -> list[str]:
    found = []
    for event, data in asked:
        try:
            extend.call(user, event, data)
            found.append("ok")
        except errors.BindingError as error:
            found.append(error.code)
    return found


def test_a_combination_of_the_frameworks_permissions_decides(shop: Any) -> None:
    read, write = ("shop.Product.list", {}), ("shop.Product.update", {"id": shop.products[0].pk, "name": "x"})
    assert codes(AnonymousUser(), read, write) == ["unauthenticated", "unauthenticated"]
    assert codes(shop.alice, read, write) == ["ok", "forbidden"]
    shop.alice.user_permissions.add(Permission.objects.get(codename="change_product"))
    alice = type(shop.alice).objects.get(pk=shop.alice.pk)
    assert codes(alice, write, ("shop.Product.delete", {"id": shop.products[0].pk})) == ["ok", "forbidden"]
    assert codes(shop.admin, write) == ["ok"]


def test_a_permission_is_told_the_method_the_action_and_the_object(shop: Any) -> None:
    mine, others = shop.orders[0], shop.orders[1]
    asked = [
        ("shop.OwnOrder.retrieve", {"id": mine.pk}),
        ("shop.OwnOrder.update", {"id": mine.pk, "remark": "x"}),
        ("shop.OwnOrder.update", {"id": others.pk, "remark": "x"}),
        ("shop.OwnOrder.delete", {"id": mine.pk}),  # no method of DELETE
        ("shop.OwnOrder.list", {}),  # the action "list"
        ("shop.OwnOrder.rename", {"id": mine.pk, "number": "R"}),
        ("shop.OwnOrder.rename", {"id": others.pk, "number": "R"}),
        ("shop.OwnOrder.schema", {}),  # OPTIONS
    ]
    expected = ["ok", "ok", "forbidden", "forbidden", "forbidden", "ok", "forbidden", "forbidden"]
    assert codes(shop.alice, *asked) == expected
    # What object permissions hide is not there for reads, in lists too.
    assert codes(shop.alice, ("shop.OwnOrder.retrieve", {"id": others.pk})) == ["not_found"]
    assert codes(shop.admin, *asked[:3], ("shop.OwnOrder.list", {})) == ["ok"] * 4


def test_permissions_of_both_kinds_combine() -> None:
    found = permission_of(permissions.IsAuthenticated & ~(permissions.IsAdminUser | IsAuthenticated))
    assert isinstance(found, extend.And)
    first, second = found.parts
    assert isinstance(second, extend.Not)
    assert isinstance(second.part, extend.Or)
    assert first.item is permissions.IsAuthenticated
    assert second.part.parts[1] is IsAuthenticated


def test_a_throttle_says_when_to_come_again(shop: Any) -> None:
    for _ in range(3):
        assert codes(shop.alice, ("shop.Throttled.list", {})) == ["ok"]
    with pytest.raises(errors.RateLimited) as raised:
        extend.call(shop.alice, "shop.Throttled.list", {})
    assert 0 < raised.value.extra["retry_after"] <= 60
    assert codes(shop.bob, ("shop.Throttled.list", {})) == ["ok"]


def test_a_scope_stands_on_the_binding(shop: Any) -> None:
    assert [codes(shop.alice, ("shop.Scoped.list", {}))[0] for _ in range(3)] == ["ok", "ok", "rate_limited"]


@override_settings(REST_FRAMEWORK={"DEFAULT_THROTTLE_RATES": {"burst": "3/min"}})
def test_http_is_told_in_a_header_too(shop: Any) -> None:
    client = Client(headers={"authorization": f"Token {Token.objects.create(user=shop.alice).key}"})
    answers = [client.get("/api/shop.Throttled/list/") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 61


def test_tokens_of_the_framework_over_http(shop: Any) -> None:
    token = Token.objects.create(user=shop.alice)
    for header, status in ((f"Token {token.key}", 200), ("Token wrong", 401), ("Token", 401), ("", 401)):
        answer = Client(headers={"authorization": header} if header else {}).get("/api/shop.Category/list/")
        assert answer.status_code == status, header
    wrong = Client(headers={"authorization": "Token wrong"}).get("/api/shop.Category/list/").json()
    assert wrong["data"]["message"] == "Invalid token."
    shop.alice.is_active = False
    shop.alice.save()
    client = Client(headers={"authorization": f"Token {token.key}"})
    assert client.get("/api/shop.Category/list/").status_code == 401


def test_a_session_needs_the_csrf_token_for_writes(shop: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(shop.alice)
    body: dict[str, Any] = {"data": {"slug": "new", "name": "New"}, "content_type": "application/json"}
    assert client.post("/api/shop.Category/", **body).status_code == 403
    client.cookies["csrftoken"] = token = "x" * 32
    answer = client.post("/api/shop.Category/", headers={"x-csrftoken": token}, **body)
    assert (answer.status_code, Category.objects.filter(slug="new").exists()) == (200, True)
    # A token is no cookie: nobody's browser sends it by itself.
    key = Token.objects.create(user=shop.bob).key
    body["data"] = {"slug": "other", "name": "Other"}
    bearer = Client(enforce_csrf_checks=True, headers={"authorization": f"Token {key}"})
    assert bearer.post("/api/shop.Category/", **body).status_code == 200


@pytest.mark.django_db(transaction=True)
async def test_tokens_and_sessions_over_websocket(live_shop: Any) -> None:
    token = await Token.objects.acreate(user=live_shop.alice)
    client = Client()
    await sync_to_async(client.force_login)(live_shop.bob)
    cookie = f"sessionid={client.cookies['sessionid'].value}"
    for headers in ({"authorization": f"Token {token.key}"}, {"cookie": cookie}):
        async with WebSocketClient(application, headers=headers) as socket:
            found = await socket.send("shop.Method.retrieve", id=live_shop.products[0].pk)
            assert found.data["is_mine"] is ("authorization" in headers)
    for headers in ({"authorization": "Token wrong"}, {}):
        async with WebSocketClient(application, headers=headers) as socket:
            with pytest.raises(ConnectionError):
                await socket.receive()
            assert socket.closed == 4401


@pytest.mark.django_db(transaction=True)
@override_settings(BINDING_SCHEMA={"AUTHENTICATION_CLASSES": JWT})
async def test_simplejwt_over_http_and_in_a_websockets_header_and_subprotocol(live_shop: Any) -> None:
    token = AccessToken.for_user(live_shop.alice)
    over = AccessToken.for_user(live_shop.alice)
    over.set_exp(lifetime=-over.lifetime)
    header = {"authorization": f"Bearer {token}"}
    async with WebSocketClient(application, headers=header) as socket:
        assert (await socket.send("shop.Category.list")).data["count"] == 2
    async with WebSocketClient(application, subprotocols=("binding-schema", f"bearer.{token}")) as socket:
        assert socket.subprotocol == "binding-schema"
        assert (await socket.send("shop.Category.list")).data["count"] == 2
    async with WebSocketClient(application, headers={"authorization": f"Bearer {over}"}) as socket:
        with pytest.raises(ConnectionError):
            await socket.receive()
        assert socket.closed == 4401
    async with RestClient() as rest:
        rest.headers["authorization"] = f"Bearer {token}"
        assert (await rest.send("shop.Category.list")).data["count"] == 2
        rest.headers["authorization"] = f"Bearer {over}"
        assert (await rest.send("shop.Category.list")).code == "unauthenticated"
        rest.headers["authorization"] = "Bearer nonsense"
        assert (await rest.send("shop.Category.list")).code == "unauthenticated"


def test_a_session_class_may_do_without_the_csrf_token() -> None:
    class Exempt(authentication.SessionAuthentication):
        def enforce_csrf(self, request: Any) -> None:
            pass

    assert authentication_of(authentication.SessionAuthentication).needs_csrf
    assert not authentication_of(Exempt).needs_csrf
    assert not authentication_of(authentication.BasicAuthentication).needs_csrf


def test_a_connection_by_simplejwt_ends_with_its_token(shop: Any) -> None:
    token = AccessToken.for_user(shop.alice)
    scope = {"type": "websocket", "path": "/ws/", "query_string": b"", "headers": []}
    handshake = extend.Handshake({}, {}, str(token), scope)
    ours = authentication_of(JWTAuthentication)
    assert ours.authenticate(handshake) == shop.alice
    assert ours.expires_at(handshake) == token["exp"]
    assert not ours.needs_csrf
