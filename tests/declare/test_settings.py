"""`BINDING_SCHEMA`: one frozen object; what is unknown or wrong is refused by name, all of it at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from pydantic import ValidationError

from binding_schema import IsAdminUser, IsAuthenticated, conf
from binding_schema.compile.permissions import default_permission
from binding_schema.conf import Settings, load, require_authentication
from binding_schema.conf import settings as current

EITHER = IsAuthenticated | IsAdminUser

COUNTS = [name for name, item in Settings.model_fields.items() if item.annotation is int]
FLAGS = [name for name, item in Settings.model_fields.items() if item.annotation is bool]
SECONDS = [name for name, item in Settings.model_fields.items() if item.annotation in (float, float | None)]


def refusal(raw: Any) -> str:
    with pytest.raises(ImproperlyConfigured) as caught:
        load(raw)
    return str(caught.value)


def test_without_settings_there_are_defaults() -> None:
    found = load({})
    assert (found.DEFAULT_PAGE_SIZE, found.MAX_PAGE_SIZE, found.LIST_LIMIT) == (25, 100, 1000)
    assert found.ANONYMOUS_CONNECTION_ALLOWED is False
    assert found.DEFAULT_PERMISSIONS == ("binding_schema.DjangoModelPermissions",)


def test_the_object_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load({}).LIST_LIMIT = 5  # type: ignore[misc]


def test_settings_are_read_when_needed(settings: Any) -> None:
    settings.BINDING_SCHEMA = {"LIST_LIMIT": 7}
    assert current().LIST_LIMIT == 7
    settings.BINDING_SCHEMA = {}
    assert current().LIST_LIMIT == 1000


@pytest.mark.parametrize("raw", [None, [], "LIST_LIMIT", 5])
def test_what_is_no_dictionary(raw: Any) -> None:
    assert refusal(raw) == f"BINDING_SCHEMA must be a dictionary, not {type(raw).__name__}."


@pytest.mark.parametrize(
    "name, meant",
    [
        ("PAGE_SIZE", "MAX_PAGE_SIZE"),
        ("list_limit", "LIST_LIMIT"),
        ("DEFAULT_PERMISSION", "DEFAULT_PERMISSIONS"),
        ("AUTHENTICATION_CLASS", "AUTHENTICATION_CLASSES"),
    ],
)
def test_an_unknown_key_that_is_like_a_known_one(name: str, meant: str) -> None:
    assert refusal({name: 1}) == f"BINDING_SCHEMA['{name}'] is not a setting. Did you mean '{meant}'?"


@pytest.mark.parametrize("name", ["COLOUR", 5, ""])
def test_an_unknown_key_that_is_like_none(name: Any) -> None:
    text = refusal({name: 1})
    assert text.startswith(f"BINDING_SCHEMA['{name}'] is not a setting. Known: ANONYMOUS_CONNECTION_ALLOWED, ")
    assert all(known in text for known in Settings.model_fields)


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("value", ["25", 2.5, True, None, [], -1])
def test_counts_are_whole_numbers(name: str, value: Any) -> None:
    text = refusal({name: value})
    assert text.startswith(f"BINDING_SCHEMA['{name}']: ")
    assert text.endswith(f", not {value!r}.")


@pytest.mark.parametrize("name", sorted(set(COUNTS) - {"DB_THREADS"}))
def test_counts_begin_at_one(name: str) -> None:
    assert refusal({name: 0}) == f"BINDING_SCHEMA['{name}']: Input should be greater than 0, not 0."


def test_threads_may_be_none_and_are_bounded() -> None:
    assert load({"DB_THREADS": 0}).DB_THREADS == 0
    assert "less than or equal to 256" in refusal({"DB_THREADS": 257})


@pytest.mark.parametrize("name", SECONDS)
@pytest.mark.parametrize("value", ["30", True, [], -0.5, float("inf"), float("nan")])
def test_times_are_numbers_of_seconds(name: str, value: Any) -> None:
    assert f"BINDING_SCHEMA['{name}']: " in refusal({name: value})


@pytest.mark.parametrize("name", SECONDS)
def test_times_may_be_whole(name: str) -> None:
    assert getattr(load({name: 5}), name) == 5


@pytest.mark.parametrize("name", ["IDLE_TIMEOUT", "MAX_REQUESTS_PER_SECOND", "MAX_VIOLATIONS"])
def test_limits_that_may_be_switched_off(name: str) -> None:
    assert getattr(load({name: None}), name) is None
    for value in ("30", 0, True):
        assert f"BINDING_SCHEMA['{name}']: " in refusal({name: value})


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize("value", ["false", 0, 1, None])
def test_flags_are_true_or_false(name: str, value: Any) -> None:
    """`"false"` from an environment variable would be true in Python."""
    assert refusal({name: value}) == f"BINDING_SCHEMA['{name}']: Input should be a valid boolean, not {value!r}."


@pytest.mark.parametrize("name", ["AUTHENTICATION_CLASSES", "DEFAULT_PERMISSIONS"])
@pytest.mark.parametrize("value", ["binding_schema.IsAuthenticated", None, [3], [""], 5])
def test_lists_of_dotted_paths(name: str, value: Any) -> None:
    """One text is no list of its letters."""
    text = refusal({name: value})
    assert text.startswith(f"BINDING_SCHEMA['{name}']: ")
    assert f"Write '{name}': [\"binding_schema." in text


def test_permissions_by_default_cannot_be_none_at_all() -> None:
    """That would open every binding that says nothing."""
    assert "at least 1 item" in refusal({"DEFAULT_PERMISSIONS": []})


@pytest.mark.parametrize("origin", ["app.example.org", "https://app.example.org/", "https://", "https://a b", 5])
def test_origins_have_a_scheme_and_no_path(origin: Any) -> None:
    text = refusal({"ALLOWED_ORIGINS": [origin]})
    assert text.startswith("BINDING_SCHEMA['ALLOWED_ORIGINS']: ")
    assert text.endswith("Write 'ALLOWED_ORIGINS': [\"https://app.example.org\"].")


@pytest.mark.parametrize("origin", ["https://app.example.org", "http://localhost:8000", "*", "tauri://localhost"])
def test_origins(origin: str) -> None:
    assert (origin,) == load({"ALLOWED_ORIGINS": [origin]}).ALLOWED_ORIGINS


def test_a_page_is_no_larger_than_the_largest() -> None:
    text = refusal({"DEFAULT_PAGE_SIZE": 50, "MAX_PAGE_SIZE": 20})
    assert text == "BINDING_SCHEMA['DEFAULT_PAGE_SIZE'] is 50, more than BINDING_SCHEMA['MAX_PAGE_SIZE'], 20."


def test_all_wrong_keys_are_named_at_once() -> None:
    lines = refusal({"LIST_LIMIT": "x", "COLOUR": 1, "LIVE": "no"}).splitlines()
    assert len(lines) == 3
    assert all(any(f"BINDING_SCHEMA['{name}']" in line for line in lines) for name in ("LIST_LIMIT", "COLOUR", "LIVE"))


# What the dotted paths name ---------------------------------------------------------------------------------------------


def test_the_defaults_can_be_imported() -> None:
    found = load({})
    require_authentication(found)
    assert len(default_permission(found).parts) == 1


@pytest.mark.parametrize(
    "path, why",
    [
        ("nowhere", "ImportError: nowhere doesn't look like a module path."),
        ("nowhere.Session", "ModuleNotFoundError: No module named 'nowhere'."),
        ("binding_schema.Nothing", 'ImportError: Module "binding_schema" does not define a "Nothing" attribute/class.'),
    ],
)
@pytest.mark.parametrize("name", ["AUTHENTICATION_CLASSES", "DEFAULT_PERMISSIONS"])
def test_a_path_that_cannot_be_imported(name: str, path: str, why: str) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        (require_authentication if name == "AUTHENTICATION_CLASSES" else default_permission)(load({name: [path]}))
    assert str(caught.value).startswith(f"BINDING_SCHEMA['{name}']: '{path}' cannot be imported: {why}")


@pytest.mark.parametrize("path", ["binding_schema.is_staff", "binding_schema.IsAuthenticated", "binding_schema.errors"])
def test_an_authentication_class_that_is_none(path: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"is not a class with a method authenticate\(self, handshake\)"):
        require_authentication(load({"AUTHENTICATION_CLASSES": [path]}))


@pytest.mark.parametrize("path", ["binding_schema.is_staff", "binding_schema.Binding"])
def test_a_default_permission_that_is_none(path: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="is not a subclass of BasePermission"):
        default_permission(load({"DEFAULT_PERMISSIONS": [path]}))


def test_a_default_permission_that_wants_arguments() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"BINDING_SCHEMA\['DEFAULT_PERMISSIONS'\]: .*InTeam.*team"):
        default_permission(load({"DEFAULT_PERMISSIONS": ["tests.compile.cases.classes.InTeam"]}))


def test_a_default_permission_may_be_a_combination() -> None:
    """A module may name one: `OWN = IsAuthenticated | IsAdminUser`."""
    found = default_permission(load({"DEFAULT_PERMISSIONS": ["tests.declare.test_settings.EITHER"]}))
    assert len(found.parts[0].parts) == 2


# What other packages provide ----------------------------------------------------------------------------------------------


@pytest.fixture
def provided(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package whose own setting SHOP_API has a page size and a largest one."""
    monkeypatch.setattr(conf, "_provided", {})
    conf.provide(lambda: dict(getattr(django_settings, "SHOP_API", {})), "SHOP_API")
    yield
    current.cache_clear()


@pytest.mark.usefixtures("provided")
def test_another_package_provides_settings(settings: Any) -> None:
    assert current().DEFAULT_PAGE_SIZE == 25
    settings.SHOP_API = {"DEFAULT_PAGE_SIZE": 50, "LIST_LIMIT": 10}
    assert (current().DEFAULT_PAGE_SIZE, current().LIST_LIMIT) == (50, 10)


@pytest.mark.usefixtures("provided")
def test_the_librarys_own_settings_go_first(settings: Any) -> None:
    settings.SHOP_API = {"DEFAULT_PAGE_SIZE": 50, "LIST_LIMIT": 10}
    settings.BINDING_SCHEMA = {"DEFAULT_PAGE_SIZE": 7}
    assert (current().DEFAULT_PAGE_SIZE, current().LIST_LIMIT) == (7, 10)


@pytest.mark.usefixtures("provided")
def test_what_is_provided_and_wrong_is_named_by_its_own_setting(settings: Any) -> None:
    settings.BINDING_SCHEMA = {"MAX_ROWS": 0}
    settings.SHOP_API = {"LIST_LIMIT": "many", "LIST_LIMITS": 3}
    with pytest.raises(ImproperlyConfigured) as caught:
        current()
    assert str(caught.value).splitlines() == [
        "SHOP_API['LIST_LIMIT']: Input should be a valid integer, not 'many'.",
        "BINDING_SCHEMA['MAX_ROWS']: Input should be greater than 0, not 0.",
        "SHOP_API['LIST_LIMITS'] is not a setting. Did you mean 'LIST_LIMIT'?",
    ]


@pytest.mark.usefixtures("provided")
def test_settings_of_no_dictionary_are_refused_whatever_is_provided(settings: Any) -> None:
    settings.BINDING_SCHEMA = ["LIST_LIMIT"]
    with pytest.raises(ImproperlyConfigured, match="BINDING_SCHEMA must be a dictionary, not list"):
        current()
