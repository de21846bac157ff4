"""`GET <root>schema/`."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from binding_schema.compile.permissions import of_setting
from binding_schema.conf import load
from binding_schema.export.formats import FORMATS, export, version
from binding_schema.export.media import MEDIA
from binding_schema.resolve.authentication import make_token
from binding_schema.testing import RestClient
from tests.conftest import Demo

pytestmark = pytest.mark.django_db(transaction=True)


async def ask(user: Any, query: str = "", method: str = "GET", **headers: str) -> Any:
    async with RestClient(user) as client:
        return await client.request(method, f"schema/{query}", **headers)


async def test_the_version_is_for_whoever_may_connect(demo: Demo) -> None:
    assert (await ask(demo.alice)).json == {"version": version(), "formats": []}
    assert (await ask(demo.admin)).json == {"version": version(), "formats": list(FORMATS)}
    assert (await ask(None)).status == 401


@pytest.mark.parametrize("name", list(FORMATS))
async def test_the_whole_is_for_staff(demo: Demo, name: str) -> None:
    found = await ask(demo.admin, f"?format={name}")
    assert (found.status, found.body.decode()) == (200, export(name))
    assert found.headers["Content-Type"].partition(";")[0] == MEDIA[name]
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    refused = await ask(demo.alice, f"?format={name}")
    assert (refused.status, refused.reply.code) == (403, "forbidden")
    assert (await ask(None, f"?format={name}")).status == 401


async def test_a_setting_opens_it(demo: Demo, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"SCHEMA_PERMISSIONS": ["binding_schema.IsAuthenticated"]}
    assert (await ask(demo.alice)).json["formats"] == list(FORMATS)
    assert (await ask(demo.alice, "?format=typescript")).status == 200
    assert (await ask(None, "?format=typescript")).status == 401
    settings.BINDING_SCHEMA = {
        "SCHEMA_PERMISSIONS": ["binding_schema.AllowAny"],
        "ANONYMOUS_CONNECTION_ALLOWED": True,
    }
    assert (await ask(None, "?format=typescript")).status == 200


async def test_what_has_not_changed_is_not_sent_again(demo: Demo) -> None:
    first = await ask(demo.admin, "?format=openapi")
    again = await ask(demo.admin, "?format=openapi", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")


async def test_wrong_requests(demo: Demo) -> None:
    unknown = await ask(demo.admin, "?format=xml")
    assert (unknown.status, unknown.reply.code) == (422, "invalid_data")
    assert "typescript" in unknown.reply.data["message"]
    assert list(unknown.reply.data["errors"]) == ["format"]
    # Who may not read it is not told what there is.
    assert (await ask(demo.alice, "?format=xml")).status == 403
    posted = await ask(demo.admin, method="POST")
    assert (posted.status, posted.headers["Allow"]) == (405, "GET")


async def test_without_graphql_there_is_none(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("binding_schema.export.formats.is_installed", lambda: False)
    assert "graphql" not in (await ask(demo.admin)).json["formats"]
    assert (await ask(demo.admin, "?format=graphql")).status == 422


def test_under_wsgi(demo: Demo) -> None:
    headers = {"Authorization": f"Bearer {make_token(demo.admin)}"}
    answer = Client().get("/api/schema/?format=jsonschema", headers=headers)
    assert (answer.status_code, answer.content.decode()) == (200, export("jsonschema"))


def test_permissions_are_checked_at_start_up() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"SCHEMA_PERMISSIONS.*is not a subclass of BasePermission"):
        of_setting(load({"SCHEMA_PERMISSIONS": ["binding_schema.Binding"]}), "SCHEMA_PERMISSIONS")
    with pytest.raises(ImproperlyConfigured, match="SCHEMA_PERMISSIONS"):
        load({"SCHEMA_PERMISSIONS": []})
