from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AbstractBaseUser, User
from django.contrib.staticfiles import finders
from django.test import Client

from binding_schema.compile import current
from helpdesk.models import Comment, Label, Team, Ticket
from helpdesk.views import example_frames

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
    return [("/accounts/login/", None), ("/", user), ("/console/", user)]


def frames_of(html: str) -> dict[str, Any]:
    found = re.search(r'<script id="example-frames" type="application/json">(.*?)</script>', html)
    assert found is not None
    return json.loads(found[1])


def test_the_start_page_says_what_is_where_and_who_can_log_in(client: Client) -> None:
    html = page(client)
    for place in ("/api/", "/admin/", "/accounts/login/", "/console/"):
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
    assert choices["me"] == {"id": alice.pk}
    assert (choices["websocket"], choices["priority"]) == ("/ws/", 2)
    assert choices["statuses"] == {"open": "Open", "pending": "Pending", "closed": "Closed"}
    assert list(choices["priorities"].values()) == ["Low", "Normal", "High", "Urgent"]
    assert re.findall(r'data-status="(\w+)"', html) == ["open", "pending", "closed"]
    for place in ("/console/", "/about/"):
        assert f'href="{place}"' in html


def test_the_console_is_for_who_is_logged_in(client: Client) -> None:
    response = client.get("/console/")
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/console/")


def test_the_websocket_of_a_secure_page_is_secure(client: Client) -> None:
    assert "wss://testserver/ws/" in client.get("/", secure=True).content.decode()


def test_the_example_frames_name_what_the_user_can_see(client: Client, alice: User, tickets: dict[str, Ticket]) -> None:
    html = page(client, "/console/", alice)
    frames = frames_of(html)
    assert frames["Retrieve"] == {"event": "helpdesk.Ticket.retrieve", "data": {"id": tickets["Network"].pk}}
    assert frames["Create"]["data"]["team"] == tickets["Network"].team_id
    assert frames["Myself"]["data"] == {"id": alice.pk}
    assert re.findall(r'data-frame="([^"]+)"', html) == list(frames)


def test_a_superuser_gets_frames_and_a_user_without_a_team_some(alice: User, tickets: dict[str, Ticket]) -> None:
    admin = User.objects.create_superuser("admin")
    assert example_frames(admin)["Retrieve"]["data"] == {"id": tickets["Billing"].pk}
    assert list(example_frames(User.objects.create_user("eve"))) == ["Myself", "Schema"]


def test_the_example_frames_use_what_the_bindings_declare(alice: User, tickets: dict[str, Ticket]) -> None:
    streams = {name: type(stream.binding) for name, stream in current.schema().streams.items()}
    built_in = {"retrieve", "list", "search", "create", "update", "save", "delete", "schema"}
    for frame in example_frames(alice).values():
        stream, _, verb = frame["event"].partition("#")[0].rpartition(".")
        assert stream in streams
        assert verb in built_in or hasattr(streams[stream], verb)
        for key in frame.get("data", {}).get("filters", {}):
            name, _, lookup = key.partition("__")
            assert (lookup or "exact") in streams[stream].filters[name]


def test_a_name_cannot_become_markup(client: Client, tickets: dict[str, Ticket]) -> None:
    user = User.objects.create_superuser("</script><b>x")
    for path in ("/", "/console/"):
        html = page(client, path, user)
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


def test_the_board_s_modules_import_what_is_there() -> None:
    folder = Path(finders.find("helpdesk/board/main.js") or "missing").parent
    modules = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.js")}
    for name, text in modules.items():
        for target, names in [(t, n) for n, t in re.findall(r'import \{ ([^}]+) \} from "([^"]+)";', text)]:
            assert target.removeprefix("./") in modules, (name, target)
            exported = re.findall(r"export (?:class|function|const) (\w+)", modules[target.removeprefix("./")])
            assert set(names.split(", ")) <= set(exported), (name, target)
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text), name
        assert len(text.splitlines()) < 300, name


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
    for html in (page(client, path, user) for path, user in pages(alice)):
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
