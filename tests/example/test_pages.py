from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import AbstractBaseUser, User
from django.contrib.staticfiles import finders
from django.test import Client

from binding_schema.compile import current
from binding_schema.types import VERBS
from helpdesk.models import Comment, Label, Team, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.urls("config.urls")]


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice", password="alice")


@pytest.fixture
def tickets(alice: User) -> dict[str, Ticket]:
    """One of alice's team and, created before it, one of another."""
    billing, network = Team.objects.create(name="Billing"), Team.objects.create(name="Network")
    network.members.add(alice)
    return {team.name: Ticket.objects.create(title="<b>Help</b>", team=team) for team in (billing, network)}


def page(client: Client, path: str = "/", user: AbstractBaseUser | None = None) -> str:
    if user is not None:
        client.force_login(user)
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def pages(user: User) -> list[tuple[str, User | None]]:
    """Those with fields and files of their own, in this order: the first is for who is not logged in yet."""
    return [("/accounts/login/", None), ("/", user)]


def test_the_start_page_says_what_is_where_and_who_can_log_in(client: Client) -> None:
    html = page(client)
    for place in ("/api/", "/admin/", "/accounts/login/", "/api/#helpdesk.Ticket/search"):
        assert f'href="{place}"' in html
    assert page(client, "/about/").count("<code>carol</code>") == 1
    assert "ws://testserver/ws/" in html
    for name in ("admin", "alice", "bob", "carol", "dave"):
        assert f"<code>{name}</code>" in html
    assert "Log in to see the board" in html
    assert 'id="board"' not in html


def test_who_is_logged_in_gets_the_board_and_what_it_needs_to_know(client: Client, alice: User) -> None:
    html = page(client, user=alice)
    found = re.search(r'<script id="choices" type="application/json">(.*?)</script>', html)
    assert found is not None
    choices = json.loads(found[1])
    assert choices["me"] == {"id": alice.pk, "username": "alice"}
    assert (choices["websocket"], choices["api"], choices["priority"]) == ("/ws/", "/api/", 2)
    assert (choices["login"], choices["about"]) == ("/accounts/login/?next=/", "/about/")
    assert choices["statuses"] == {"open": "Open", "pending": "Pending", "closed": "Closed"}
    assert list(choices["priorities"].values()) == ["Low", "Normal", "High", "Urgent"]
    assert '<div id="board">' in html
    for place in ("/api/", "/about/"):
        assert f'href="{place}"' in html


def test_the_console_is_that_of_the_package(client: Client, alice: User, settings: Any) -> None:
    response = client.get("/console/")
    assert (response.status_code, response["Location"]) == (302, "/api/")
    settings.DEBUG = True
    assert 'id="stream-list"' in client.get("/api/", headers={"accept": "text/html"}).content.decode()


def test_the_websocket_of_a_secure_page_is_secure(client: Client) -> None:
    assert "wss://testserver/ws/" in client.get("/", secure=True).content.decode()


def test_the_links_into_the_console_name_what_is_there(client: Client) -> None:
    """Whether the user may use them, the console says."""
    links = re.findall(r'href="/api/#([^"/]+)/(\w+)"', page(client, "/about/"))
    assert len(links) == 3
    for stream, verb in links:
        assert verb in {*VERBS, "subscribe"}
        assert stream in current.schema().streams


def test_a_name_cannot_become_markup(client: Client, tickets: dict[str, Ticket]) -> None:
    user = User.objects.create_superuser("</script><b>x")
    html = page(client, "/", user)
    assert "</script><b>x" not in html
    assert "&lt;/script&gt;&lt;b&gt;x" in html


def test_the_pages_need_nothing_from_elsewhere(client: Client, alice: User) -> None:
    for html in (page(client, path, user) for path, user in pages(alice)):
        links = re.findall(r'(?:src|href|action)="([^"]*)"', html)
        assert links
        assert not [link for link in links if re.match(r"[a-z]+:|//", link)]
        for link in links:
            if link.startswith("/static/"):
                assert finders.find(link.removeprefix("/static/")), link


def test_login_and_logout(client: Client, alice: User) -> None:
    wrong = client.post("/accounts/login/", {"username": "alice", "password": "wrong"})
    assert 'role="alert"' in wrong.content.decode()
    right = client.post("/accounts/login/", {"username": "alice", "password": "alice", "next": "/admin/"})
    assert (right.status_code, right["Location"]) == (302, "/admin/")
    assert "<strong>alice</strong>" in page(client)
    assert client.get("/accounts/login/").status_code == 302
    client.post("/accounts/logout/")
    assert "Log in" in page(client)


def test_every_form_field_has_a_label(client: Client, alice: User) -> None:
    for path, user in pages(alice):
        if path == "/":
            continue  # its fields are made by the board itself, whose tests ask axe-core
        html = page(client, path, user)
        labelled = set(re.findall(r'<label for="([^"]+)"', html))
        fields = re.findall(r"<(?:input|textarea|select)\b[^>]*>", html)
        seen = [field for field in fields if 'type="hidden"' not in field]
        assert seen
        for field in seen:
            assert re.search(r'id="([^"]+)"', field)[1] in labelled  # type: ignore[index]


@pytest.mark.parametrize("name", ["team", "label", "ticket", "comment"])
def test_the_admin_lists_searches_and_opens(client: Client, tickets: dict[str, Ticket], name: str) -> None:
    admin = User.objects.create_superuser("admin")
    Label.objects.create(name="outage", color="#b91c1c")
    comment = Comment.objects.create(ticket=tickets["Network"], author=admin, body="Internal", internal=True)
    client.force_login(admin)
    key = {"comment": comment.pk, "ticket": tickets["Network"].pk}.get(name)
    key = key or {"team": Team, "label": Label}[name].objects.first().pk  # type: ignore[union-attr]
    listed = page(client, f"/admin/helpdesk/{name}/")
    assert f"/admin/helpdesk/{name}/{key}/change/" in listed
    assert "0 results" in page(client, f"/admin/helpdesk/{name}/?q=nothing-like-this")
    assert "<b>Help</b>" not in page(client, f"/admin/helpdesk/{name}/{key}/change/")


def test_the_admin_counts_members_and_tickets_apart(client: Client, alice: User, tickets: dict[str, Ticket]) -> None:
    team = tickets["Network"].team
    team.members.add(*[User.objects.create_user(f"agent{number}") for number in range(2)])
    Ticket.objects.create(title="Second", team=team)
    Ticket.objects.create(title="Done", team=team, status=Ticket.Status.CLOSED)
    html = page(client, "/admin/helpdesk/team/?q=Network", User.objects.create_superuser("admin"))
    assert '<td class="field-member_count">3</td><td class="field-open_tickets">2</td>' in html
