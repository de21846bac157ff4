"""What a class says that would be passed over in silence is refused when the class is made, with what to write instead."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from apps.desk.models import Task
from binding_schema import IsAuthenticated
from binding_schema.extend import schema
from channels_binding.bindings import AsyncBinding, SyncBinding, bind
from talk import TESTS, environment


def made(space: dict[str, Any], base: type[Any] = AsyncBinding) -> str:
    """Why the class cannot be made."""
    with pytest.raises(ImproperlyConfigured) as caught:
        type("Odd", (base,), {"__module__": __name__, "model": Task, "stream": "desk.Odd", **space})
    return str(caught.value)


def handler() -> Any:
    async def handle(self: Any, data: dict[str, Any]) -> None: ...

    return handle


@pytest.mark.parametrize(
    "event, hint",
    [
        ("search", "def filter_queryset(self, queryset, data)"),
        ("list", "def get_queryset(self, data)"),
        ("retrieve", "def serialize(self, instance, data)"),
        ("save", "def perform_create(self, ctx, obj)"),
        ("delete", "def perform_delete(self, ctx, obj)"),
        ("subscribe", "self.subscribe(...)"),
        ("schema", "Bind another name"),
    ],
)
def test_a_built_in_event(event: str, hint: str) -> None:
    message = made({"own": bind(event)(handler())})
    assert f"@bind makes 'own' the handler of the built-in event '{event}'." in message
    assert hint in message


@pytest.mark.parametrize("event", ["two words", "täglich", "a.b", 5])
def test_a_name_that_cannot_travel(event: Any) -> None:
    assert "ASCII letters, digits and _" in made({"own": bind(event)(handler())})


@pytest.mark.parametrize("name", ["search", "save", "retrieve"])
def test_a_method_that_overrides_a_built_in_event(name: str) -> None:
    assert f"the method {name!r} handles nothing." in made({name: handler()})


@pytest.mark.parametrize(
    "name, hint",
    [
        ("get_object", "get_queryset"),
        ("paginate", "page_size = 25"),
        ("model_form", "clean()"),
        ("data_pk", "lookup_field"),
    ],
)
def test_what_the_original_asked(name: str, hint: str) -> None:
    message = made({name: None})
    assert f"{name!r} is not asked any more." in message
    assert hint in message


@pytest.mark.parametrize(
    "wrong, meant",
    [("permission_clases", "permission_classes"), ("serializer_clas", "serializer_class"), ("pagesize", "page_size")],
)
def test_a_slip_of_the_pen(wrong: str, meant: str) -> None:
    message = made({wrong: (IsAuthenticated,)}, SyncBinding)
    assert f"`{wrong}` means nothing to a binding. Did you mean `{meant}`?" in message


def test_permissions_twice() -> None:
    assert "Say it once" in made({"permissions": [IsAuthenticated], "permission_classes": [IsAuthenticated]})


def test_it_says_where() -> None:
    with pytest.raises(ImproperlyConfigured, match=rf"^{__file__}:\d+ .*Odd: "):

        class Odd(AsyncBinding):
            model = Task
            stream = "desk.Odd"
            paginate = None


def test_bases_are_not_served() -> None:
    names = set(schema().streams)
    assert {"desk.Job", "desk.Echo"} < names
    assert not [name for name in names if "Shared" in name]


# At the start -----------------------------------------------------------------------------------------------------------

PROJECT = {
    "bindings/__init__.py": "",
    "project_settings.py": """
from page.settings import *
INSTALLED_APPS = ("django.contrib.auth", "django.contrib.contenttypes", {apps})
AUTH_USER_MODEL = "auth.User"
CHANNELS_BINDING = {{}}
ASGI_APPLICATION = "page.asgi.application"
""",
    "shop/__init__.py": "",
    "shop/models.py": "from django.db import models\nclass Order(models.Model):\n    title = models.CharField(max_length=9)\n",
    "shop/bindings.py": """
from channels_binding.bindings import AsyncBinding, bind
from .models import Order


class Binding(AsyncBinding):
    model = Order
    serializer_class = {serializer}
    {more}
{after}
""",
}


def check(
    directory: Path, *command: str, apps: str = "", serializer: str = "None", more: str = "", after: str = ""
) -> str:
    """What a command of such a project prints, `check` if none is named."""
    apps = apps or '"channels", "channels_binding", "shop"'
    for name, text in PROJECT.items():
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.format(apps=apps, serializer=serializer, more=more, after=after))
    env = environment()
    env["DJANGO_SETTINGS_MODULE"] = "project_settings"
    env["PYTHONPATH"] = f"{directory}:{env['PYTHONPATH']}"
    env["BINDING_SCHEMA_TEST_DATABASE_NAME"] = str(directory / "db.sqlite3")
    env["BINDING_SCHEMA_TEST_DATABASE"] = "sqlite"
    run = command or ("-m", "django", "check", "--fail-level", "WARNING")
    done = subprocess.run([sys.executable, *run], cwd=directory, env=env, capture_output=True, text=True)
    return done.stdout + done.stderr


def test_two_entries_are_enough(tmp_path: Path) -> None:
    assert "no issues" in check(tmp_path)
    assert "binding_schema" in check(tmp_path, "-m", "django", "showmigrations", "--plan")


def test_both_entries_are_one_too_many(tmp_path: Path) -> None:
    text = check(tmp_path, apps='"channels", "channels_binding", "binding_schema", "shop"')
    assert "INSTALLED_APPS has \"channels_binding\" and 'binding_schema': the first brings the second along." in text


def test_a_serializer_without_what_knows_it(tmp_path: Path) -> None:
    text = check(tmp_path, serializer="dict")
    assert "binding_schema.E111" in text
    assert "shop/bindings.py:6 Binding" in text


BELL = """

class Bell(AsyncBinding):
    stream = "shop.Bell"
    {rule}

    @bind()
    async def ring(self, data): ...

    @bind(read=True)
    async def look(self, data): ...
"""


def test_handlers_that_nobody_may_call(tmp_path: Path) -> None:
    text = check(tmp_path, after=BELL.format(rule=""))
    assert "channels_binding.W001" in text
    assert "Bell: nobody may call ring: " in text
    assert "permission_classes = [IsAuthenticated]" in text
    rule = "from binding_schema import AllowAny; permission_classes = [AllowAny]"
    assert "no issues" in check(tmp_path, after=BELL.format(rule=rule))


def test_a_mistake_is_a_check_and_stops_the_server(tmp_path: Path) -> None:
    text = check(tmp_path, more="paginate = 5")
    assert "binding_schema.E105" in text
    assert "shop/bindings.py:6 Binding: 'paginate' is not asked any more. Write `page_size = 25`" in text
    assert "WrongBindings" in check(tmp_path, "-c", "import page.asgi", more="paginate = 5")
    assert TESTS.name == "tests"
