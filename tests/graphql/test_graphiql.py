"""GraphiQL: served by the package where DEBUG is on, and it works with nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from asgiref.sync import sync_to_async
from django.contrib.staticfiles import finders
from django.core.management import call_command

import binding_schema
from tests.conftest import Demo, StartServer
from tests.transports.conftest import session_cookie

from .test_ws import rename
from .wires import Http, code

FILES = Path(binding_schema.__file__).parent / "static" / "binding_schema" / "graphiql"
HTML = "text/html,application/xhtml+xml"
#: The test's own writes are made in another process: the poll finds them.
LIVE = '{"LIVE_POLL_INTERVAL": 0.1}'


async def test_it_is_there_only_with_debug(http: Http, demo: Demo, settings: Any) -> None:
    settings.DEBUG = True
    response = await http.ask("GET", accept=HTML)
    assert (response.status_code, response["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "csrftoken" in response.cookies
    page = response.content.decode()
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(sources) == 8
    for source in sources:
        if source != "data:,":  # the icon: an empty one
            assert source.startswith("/static/binding_schema/graphiql/")
            assert finders.find(source.removeprefix("/static/")), source
    # A client that wants no page, or asks something, is answered as always.
    assert code(await http.ask("GET", accept="*/*")) == (401, "unauthenticated")
    path = "/graphql/?" + urlencode({"query": "{ tickets { count } }"})
    found = await http.ask("GET", path, user=demo.alice, accept=HTML)
    assert found.json() == {"data": {"tickets": {"count": 10}}}
    settings.DEBUG = False
    assert code(await http.ask("GET", accept=HTML, user=demo.alice)) == (400, "invalid_frame")


def test_files_are_those_of_the_script(tmp_path: Path, settings: Any) -> None:
    from scripts import vendor_graphiql  # noqa: PLC0415 - it is not installed with the package

    vendored = {name for package in vendor_graphiql.PACKAGES for name in package.files.values()}
    assert {path.name for path in FILES.iterdir()} == vendored | {"page.js", "page.css"}
    assert {name.removesuffix(".LICENSE") for name in vendored if name.endswith("LICENSE")} == {
        package.name for package in vendor_graphiql.PACKAGES
    }
    for path in FILES.iterdir():
        content = path.read_bytes()
        assert vendor_graphiql.trimmed(path.name, content) == content
    # A storage that gives files names of their content looks for everything that they refer to.
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    settings.STATIC_ROOT = str(tmp_path)
    call_command("collectstatic", interactive=False, verbosity=0)
    assert list(tmp_path.glob("binding_schema/graphiql/graphiql.min.*.js"))


async def typed(page: Any, query: str) -> None:
    await page.evaluate(
        "(text) => document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror.setValue(text)", query
    )
    await page.wait_for_timeout(700)  # it reads what is typed after a pause
    await page.click(".graphiql-execute-button")


async def shows(page: Any, text: str) -> None:
    result = "document.querySelector('.result-window .CodeMirror').CodeMirror.getValue()"
    await page.wait_for_function(f"(text) => {result}.includes(text)", arg=text, timeout=15_000)


async def test_in_a_browser(browser: Any, uvicorn_server: StartServer, demo: Demo) -> None:
    url = uvicorn_server("tests.graphql.site:application", BINDING_SCHEMA_TEST_SETTINGS=LIVE).url
    cookie = (await sync_to_async(session_cookie)(demo.alice))["cookie"].partition("=")[2]
    context = await browser.new_context()
    await context.add_cookies([{"name": "sessionid", "value": cookie, "url": url}])
    page = await context.new_page()
    requests, problems, sockets = [], [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    await page.goto(f"{url}/graphql/")
    await page.wait_for_selector(".graphiql-query-editor .CodeMirror")
    await typed(page, "{ tickets(limit: 1) { count rows { team { name } } } }")
    await shows(page, '"Network"')
    key = demo.of(demo.network)[0].pk
    await typed(
        page, f'mutation {{ updateTicket(id: {key}, input: {{title: "From GraphiQL"}}) {{ object {{ title }} }} }}'
    )
    await shows(page, '"From GraphiQL"')
    # It has asked for the schema: what is not in it is marked.
    assert await page.locator(".graphiql-query-editor .CodeMirror-lint-mark-error").count() == 0
    await typed(page, "{ nothing }")
    await page.wait_for_selector(".graphiql-query-editor .CodeMirror-lint-mark-error")
    await shows(page, "Cannot query field")
    await typed(page, f"subscription {{ ticketChanged(id: {key}, snapshot: true) {{ cause object {{ title }} }} }}")
    await shows(page, '"SNAPSHOT"')
    await rename(key, "From elsewhere")
    await shows(page, '"From elsewhere"')
    assert problems == []
    assert sockets == [url.replace("http", "ws") + "/graphql/"]
    assert {urlsplit(item).hostname for item in requests if not item.startswith("data:")} == {"127.0.0.1"}
    await context.close()
