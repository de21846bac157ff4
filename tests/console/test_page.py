"""Who gets the console's page at the root, what stands in it, and what it may load and connect to."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.contrib.staticfiles import finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.urls import path, re_path

import binding_schema
from binding_schema.conf import load
from binding_schema.consumers import AsyncConsumer, SyncConsumer
from binding_schema.transports import addresses
from binding_schema.transports.console import policy
from tests.conftest import Demo
from tests.graphql.wires import Http

pytestmark = pytest.mark.django_db(transaction=True)

FILES = Path(binding_schema.__file__).parent / "static" / "binding_schema" / "console"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
LONGEST_FILE, LONGEST_FUNCTION = 350, 40


@pytest.fixture(params=["asgi", "wsgi"])
def http(request: pytest.FixtureRequest, settings: Any) -> Http:
    settings.DEBUG = True
    return Http(request.param == "wsgi")


async def get(http: Http, user: Any = None, accept: str = BROWSER, **sent: str) -> Any:
    return await http.ask("GET", "/api/", user=user, accept=accept, **sent)


def is_page(response: Any) -> bool:
    return response["Content-Type"] == "text/html; charset=utf-8" and 'id="stream-list"' in response.content.decode()


def config(response: Any) -> dict[str, Any]:
    found = re.search(r'<script id="config" type="application/json">(.*?)</script>', response.content.decode())
    assert found is not None
    values: dict[str, Any] = json.loads(found[1])
    return values


async def test_browsers_get_a_page_and_programs_what_they_got(http: Http, demo: Demo) -> None:
    page = await get(http, demo.alice)
    assert (page.status_code, is_page(page)) == (200, True)
    assert "<strong>alice</strong>" in page.content.decode()
    assert {"Accept", "Cookie", "Authorization"} <= {*page["Vary"].split(", ")}
    for accept in ("application/json", "*/*", "", "application/json, text/html;q=0.9", "text/plain, application/json"):
        names = await get(http, demo.alice, accept)
        assert names["Content-Type"] == "application/json", accept
        assert "helpdesk.Ticket" in names.json()["streams"]
        assert {"Accept", "Cookie", "Authorization"} <= {*names["Vary"].split(", ")}
    head = await http.ask("HEAD", "/api/", user=demo.alice, accept=BROWSER)
    assert (head.status_code, head["Content-Type"]) == (200, "text/html; charset=utf-8")


async def test_frames_are_answered_whatever_is_accepted(http: Http, demo: Demo) -> None:
    frame = {"event": "helpdesk.Ticket.search", "data": {"limit": 1}}
    reply = await http.ask("POST", "/api/", frame, user=demo.alice, accept=BROWSER)
    assert reply.json()["data"]["count"] == 10
    other = await http.ask("PUT", "/api/", {}, user=demo.alice, accept=BROWSER)
    assert (other.status_code, other.json()["data"]["code"]) == (405, "unsupported")


@pytest.mark.parametrize("console, debug, there", [(None, False, False), (False, True, False), (True, False, True)])
async def test_the_setting_decides(demo: Demo, settings: Any, console: Any, debug: bool, there: bool) -> None:
    settings.DEBUG, settings.BINDING_SCHEMA = debug, {"CONSOLE": console}
    for http in (Http(), Http(wsgi=True)):
        assert is_page(page := await get(http, demo.alice)) is there
        if not there:
            assert page.json()["streams"]
            refused = await get(http)
            assert (refused.status_code, refused.json()["data"]["code"]) == (401, "unauthenticated")


async def test_who_is_not_logged_in_is_told_where_to(http: Http, demo: Demo, settings: Any) -> None:
    page = await get(http)
    assert (page.status_code, is_page(page), page["WWW-Authenticate"]) == (401, True, "Bearer")
    text = page.content.decode()
    assert 'href="/accounts/login/?next=/api/"' in text
    assert 'class="signed-out"' in text
    assert "helpdesk" not in text
    # A token that is none is as good as none.
    assert (await get(http, authorization="Bearer wrong")).status_code == 401
    for nowhere in ("no-such-route", "/nowhere/", "some.view"):
        settings.LOGIN_URL = nowhere
        assert ">Log in</a>" not in (await get(http)).content.decode()
    settings.LOGIN_URL = "https://sso.example.org/login"
    assert 'href="https://sso.example.org/login?next=' in (await get(http)).content.decode()
    settings.BINDING_SCHEMA = {"ANONYMOUS_CONNECTION_ALLOWED": True}
    page = await get(http)
    assert (page.status_code, is_page(page)) == (200, True)
    assert 'class="signed-out"' not in page.content.decode()


async def test_the_page_knows_what_it_needs_and_no_more(http: Http, demo: Demo, settings: Any) -> None:
    page = await get(http, demo.alice)
    told = config(page)
    assert told.pop("csrf")
    assert "csrftoken" in page.cookies
    assert told == {"root": "/api/", "websocket": "/ws/", "hosts": [], "live": True}
    settings.BINDING_SCHEMA = {"WEBSOCKET_URL": "wss://live.example.org/x/", "LIVE": False}
    told = config(page := await get(http, demo.alice))
    assert (told["websocket"], told["hosts"], told["live"]) == (
        "wss://live.example.org/x/",
        ["live.example.org"],
        False,
    )
    assert "wss://live.example.org" in page["Content-Security-Policy"]


async def test_a_name_cannot_become_markup(http: Http, demo: Demo) -> None:
    demo.alice.username = "</script><img src=x onerror=alert(1)>"
    await demo.alice.asave()
    text = (await get(http, demo.alice)).content.decode()
    assert "<img src=x" not in text
    assert "&lt;/script&gt;&lt;img" in text


async def test_no_templates_of_the_project_are_needed(http: Http, demo: Demo, settings: Any) -> None:
    settings.TEMPLATES = []
    assert is_page(await get(http, demo.alice))


async def test_the_policy_is_strict(http: Http, demo: Demo) -> None:
    page = await get(http, demo.alice)
    rules = dict(rule.split(" ", 1) for rule in page["Content-Security-Policy"].split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["img-src"] == "'self'"
    assert rules["connect-src"] == "'self' ws://testserver wss://testserver"
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert rules["require-trusted-types-for"] == "'script'"
    text = page.content.decode()
    assert not re.search(r"<script(?![^>]*(?:src=|application/json))|<style|\sstyle=|\son\w+=", text)
    links = [link for link in re.findall(r'(?:src|href)="([^"]*)"', text) if link[0] != "#"]
    assert links.pop().startswith("/accounts/login/")
    for link in links:
        assert link.startswith("/static/binding_schema/console/")
        assert finders.find(link.removeprefix("/static/")), link
    assert page["X-Frame-Options"] == "DENY"
    assert page["Cache-Control"] == "private, no-store"


def test_the_policy_names_other_hosts(settings: Any) -> None:
    assert "connect-src 'self' ws://a:1 wss://a:1 ws://b wss://b;" in policy("a:1", "wss://b/ws/")
    assert "connect-src 'self';" in policy("[::1]:8000", "/ws/")
    settings.STATIC_URL = "https://static.example.org/x/"
    assert "script-src 'self' https://static.example.org;" in policy("a", "/ws/")


def routed(*routes: Any) -> ProtocolTypeRouter:
    return ProtocolTypeRouter({"websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter([*routes])))})


@pytest.mark.parametrize(
    "application, found",
    [
        (routed(path("live/ws/", SyncConsumer.as_asgi())), "/live/ws/"),
        (routed(path("a/", URLRouter([path("b/", AsyncConsumer.as_asgi())]))), "/a/b/"),
        (routed(path("other/", lambda: None), path("mine/", AsyncConsumer.as_asgi())), "/mine/"),
        (routed(path("<int:tenant>/", AsyncConsumer.as_asgi()), re_path("^x$", AsyncConsumer.as_asgi())), "/ws/"),
        (ProtocolTypeRouter({}), "/ws/"),
        (None, "/ws/"),
    ],
)
def test_the_websocket_is_found(settings: Any, monkeypatch: pytest.MonkeyPatch, application: Any, found: str) -> None:
    settings.ASGI_APPLICATION = "tests.console.test_page.served"
    monkeypatch.setattr("tests.console.test_page.served", application, raising=False)
    assert addresses.websocket_address() == found
    settings.BINDING_SCHEMA = {"WEBSOCKET_URL": "/said/"}
    assert addresses.websocket_address() == "/said/"


def test_an_application_that_is_not_loaded_is_not_imported(settings: Any) -> None:
    settings.ASGI_APPLICATION = "no.such.module.application"
    assert addresses.websocket_address() == "/ws/"


@pytest.mark.parametrize("wrong", ["ws/", "http://x/", "//evil", "", "/a b", "/a;b", "wss://", "ws://a,b/", 5])
def test_a_wrong_address_is_refused(wrong: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="WEBSOCKET_URL"):
        load({"WEBSOCKET_URL": wrong})


async def test_a_wrong_host_is_no_page(http: Http, demo: Demo) -> None:
    reply = await get(http, demo.alice, host="evil.example.org")
    assert reply.status_code == 400
    assert not is_page(reply)


# The files ------------------------------------------------------------------------------------------------------------


def modules() -> dict[str, str]:
    return {file.name: file.read_text(encoding="utf-8") for file in FILES.glob("*.js")}


def test_modules_import_what_is_there_and_make_no_markup() -> None:
    found = modules()
    assert len(found) > 10
    for name, text in found.items():
        for names, target in re.findall(r'import \{ ([^}]+) \} from "\./([^"]+\.js)";', text):
            exported = re.findall(r"export (?:async )?(?:class|function|const) (\w+)", found[target])
            assert {*names.split(", ")} <= {*exported}, (name, target)
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text), (
            name
        )
        assert not re.search(r"https?://", text), name


def test_modules_are_small() -> None:
    for name, text in modules().items():
        lines = text.splitlines()
        assert len(lines) <= LONGEST_FILE, name
        start = None
        for number, line in enumerate(lines):
            if re.match(r"(export )?(async )?function |  (static |async |get |set )*#?\w+\(.*\) \{$", line):
                start = number
            elif start is not None and line in ("}", "  }"):
                assert number - start < LONGEST_FUNCTION, (name, lines[start])
                start = None


def test_a_storage_with_hashed_names_takes_them(tmp_path: Path, settings: Any) -> None:
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    settings.STATIC_ROOT = str(tmp_path)
    call_command("collectstatic", interactive=False, verbosity=0)
    # Modules import one another by their plain names, which are there too.
    assert list(tmp_path.glob("binding_schema/console/main.*.js"))
    assert {file.name for file in FILES.iterdir()} <= {
        file.name for file in (tmp_path / "binding_schema/console").iterdir()
    }
