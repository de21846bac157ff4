"""What a project's start does with mistakes: `manage.py check` prints all of them, and nothing is served."""

from __future__ import annotations

from pathlib import Path

import pytest

from .project import MODELS, SETTINGS, Project

GOOD = """
from binding_schema import Binding, auto
from .models import Item, Order

class OrderBinding(Binding[Order]):
    id: auto
    title: auto

class ItemBinding(Binding[Item]):
    id: auto
    name: auto
    sale: OrderBinding
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_project_without_mistakes(project: Project) -> None:
    project.write(shop__bindings=GOOD)
    done = project.check()
    assert (done.code, done.text) == (0, "System check identified no issues (0 silenced).\n")


def test_all_mistakes_are_printed_at_once(project: Project) -> None:
    """Those of several bindings and of several kinds, beside a module that cannot even be imported."""
    project.write(
        settings=SETTINGS + 'INSTALLED_APPS += ["more"]\n',
        more__init="",
        more__bindings="from binding_schema import computed\n\n\n@computed\ndef bare(self, obj): ...\n",
        shop__bindings="""
            from binding_schema import Binding, auto
            from .models import Item, Order

            class OrderBinding(Binding[Order]):
                id: auto
                titel: auto
                page_size = "many"
                filters = {"title": ["like"]}

            class ItemBinding(Binding[Item]):
                id: auto
                name: int
                sale: OrderBinding
        """,
    )
    done = project.check()
    assert done.code == 1
    assert "Traceback" not in done.text
    assert "System check identified 5 issues (0 silenced)." in done.text
    for number, place in (
        ("E010", "shop/bindings.py:5 OrderBinding"),
        ("E100", "shop/bindings.py:5 OrderBinding"),
        ("E034", "shop/bindings.py:5 OrderBinding"),
        ("E015", "shop/bindings.py:11 ItemBinding"),
        ("E105", "more/bindings.py:4"),
    ):
        assert any(number in line and place in line for line in done.text.splitlines()), (number, done.text)


def test_a_module_with_a_syntax_error(project: Project) -> None:
    project.write(
        shop__bindings="from binding_schema import Binding\n\nclass OrderBinding(Binding[Order]\n    id: auto\n"
    )
    done = project.check()
    assert (done.code, "Traceback" in done.text) == (1, False)
    assert (
        f"(binding_schema.E105) {project.directory}/shop/bindings.py:3: shop.bindings cannot be imported" in done.text
    )


def test_a_module_that_fails_in_what_it_imports(project: Project) -> None:
    """The place is where it was raised, which may be another file."""
    project.write(shop__bindings="from .rules import rule\n", shop__rules="\nrule = {}['missing']\n")
    done = project.check()
    assert (done.code, "Traceback" in done.text) == (1, False)
    assert f"{project.directory}/shop/rules.py:2: shop.bindings cannot be imported: KeyError: 'missing'." in done.text


def test_nothing_is_served_with_a_mistake(project: Project) -> None:
    project.write(shop__bindings=GOOD.replace("title: auto", "titel: auto"))
    done = project.python("from binding_schema.compile.current import schema\nschema()")
    assert done.code == 1
    assert "WrongBindings: The bindings have mistakes:\nbinding_schema.E010" in done.text
    assert "Did you mean 'title'?" in done.text


def test_the_cause_of_a_failed_import_is_in_the_traceback(project: Project) -> None:
    project.write(shop__bindings="import no_such_module\n")
    done = project.python("from binding_schema.compile.current import schema\nschema()")
    assert done.code == 1
    assert "ModuleNotFoundError: No module named 'no_such_module'" in done.text.split("The above exception")[0]


def test_a_warning_serves(project: Project) -> None:
    project.write(shop__bindings=GOOD.replace("    name: auto\n", ""))
    assert "binding_schema.W010" in project.check().text
    done = project.python("from binding_schema.compile.current import schema\nprint(sorted(schema().streams))")
    assert (done.code, done.text) == (0, "['shop.Item', 'shop.Order']\n")


def test_the_app_is_not_installed(project: Project) -> None:
    project.write(settings=SETTINGS.replace('"binding_schema",', ""), shop__bindings=GOOD)
    done = project.python("from binding_schema.compile.current import schema\nschema()")
    assert done.code == 1
    assert 'add "binding_schema" to INSTALLED_APPS.' in done.text


def test_the_app_may_stand_anywhere_among_the_installed(project: Project) -> None:
    for order in ('["binding_schema", "shop", ', '["shop", "binding_schema", '):
        rest = SETTINGS.replace('"binding_schema", "shop"', "").replace(
            "INSTALLED_APPS = [", f"INSTALLED_APPS = {order}"
        )
        project.write(settings=rest, shop__bindings=GOOD)
        assert project.check().code == 0


def test_apps_that_are_missing(project: Project) -> None:
    project.write(
        settings="""
            SECRET_KEY = "only-for-tests"
            DATABASES = {}
            CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
            INSTALLED_APPS = ["binding_schema"]
        """
    )
    done = project.check()
    assert (done.code, "Traceback" in done.text) == (1, False)
    for number in ("E090", "W004"):
        assert f"binding_schema.{number}" in done.text
    assert 'Add "django.contrib.auth" to INSTALLED_APPS.' in done.text
    assert 'Add "django.contrib.contenttypes" to INSTALLED_APPS.' in done.text


def test_apps_may_be_installed_by_their_configuration(project: Project) -> None:
    configured = SETTINGS.replace('"django.contrib.auth"', '"django.contrib.auth.apps.AuthConfig"')
    project.write(settings=configured, shop__bindings=GOOD)
    assert project.check().code == 0


def test_a_model_that_is_not_installed_is_left_to_djangos_own_check(project: Project) -> None:
    """Compiling stumbles over it no earlier than Django tells of it."""
    broken = MODELS.replace("models.ForeignKey(Order,", 'models.ForeignKey("nowhere.Order",')
    project.write(shop__models=broken, shop__bindings=GOOD)
    done = project.check()
    assert (done.code, "Traceback" in done.text) == (1, False)
    assert "fields.E300" in done.text
    assert "binding_schema.E023" in done.text


@pytest.mark.parametrize(
    "value, told",
    [
        ('{"PAGE_SIZE": 5}', "BINDING_SCHEMA['PAGE_SIZE'] is not a setting. Did you mean 'MAX_PAGE_SIZE'?"),
        (
            '{"AUTHENTICATION_CLASSES": ["shop.auth.Cookie"]}',
            "'shop.auth.Cookie' cannot be imported: ModuleNotFoundError",
        ),
        ('{"DEFAULT_PERMISSIONS": ["shop.models.Order"]}', "'shop.models.Order' is not a subclass of BasePermission"),
    ],
)
def test_wrong_settings_end_the_start(project: Project, value: str, told: str) -> None:
    """Django's own way with a setting that cannot be used: the last line names it."""
    project.write(settings=f"{SETTINGS}\nBINDING_SCHEMA = {value}\n", shop__bindings=GOOD)
    done = project.check()
    assert done.code == 1
    last = done.text.strip().splitlines()[-1]
    assert last.startswith("django.core.exceptions.ImproperlyConfigured: BINDING_SCHEMA[")
    assert told in last
