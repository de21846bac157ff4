"""The reference and the protocol list what there is: nothing is missing, nothing is made up, defaults are the true ones."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from textwrap import dedent
from typing import Any

import pytest

import binding_schema
from binding_schema import Binding, Context, errors, extend, live, testing
from binding_schema.compile.lookups import LOOKUPS
from binding_schema.conf import Settings
from binding_schema.declare.binding import Binding as DeclaredBinding
from binding_schema.management.subcommands import SUBCOMMANDS
from binding_schema.resolve import authentication
from binding_schema.types import VERBS

from .markdown import DOCUMENTS, ROOT, Table, blocks, code, tables

REFERENCE = ROOT / "docs" / "reference.md"
PROTOCOL = ROOT / "docs" / "protocol.md"
OWN = {name for name in (*vars(Binding), *DeclaredBinding.__annotations__) if not name.startswith("_")}
HOOKS = {name for name in OWN if inspect.isfunction(getattr(Binding, name))}


def names(section: str, column: int = 0, number: int = 0) -> list[str]:
    """The names between backticks in a column of a section's table, without what follows them."""
    rows = tables(REFERENCE, section)[number].rows
    return [re.split(r"[( ]", name)[0] for row in rows for name in code(row[column])]


def parameters(function: Callable[..., Any]) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name not in ("func", "self")]


def test_public_names() -> None:
    assert sorted(names("Public names")) == sorted(binding_schema.__all__)


def test_attributes_and_hooks() -> None:
    assert set(names("Attributes")) == OWN - HOOKS
    assert set(names("Hooks")) == HOOKS
    for shown in tables(REFERENCE, "Hooks")[0].rows:
        name, _, rest = code(shown[0])[0].partition("(")
        assert rest == f"{', '.join(inspect.signature(getattr(Binding, name)).parameters)})"


@pytest.mark.parametrize(
    "section, function, number",
    [
        ("Options of a field", binding_schema.field, 0),
        ("Computed fields", binding_schema.computed, 0),
        ("Actions", binding_schema.action, 0),
    ],
)
def test_options(section: str, function: Callable[..., Any], number: int) -> None:
    assert sorted(names(section, 0, number)) == sorted(parameters(function))


def test_lookups() -> None:
    assert sorted(names("Filters, orders and text search")) == sorted(LOOKUPS)


def test_permissions_are_all_there() -> None:
    there = {
        name
        for name in binding_schema.__all__
        if inspect.isclass(item := getattr(binding_schema, name)) and issubclass(item, binding_schema.BasePermission)
    }
    assert {*names("Permissions"), "BasePermission"} == there


def test_context() -> None:
    shown = {*names("The context"), *names("The context", number=1)}
    assert shown == {name for name in dir(Context) if not name.startswith("_")}


def test_the_live_engine() -> None:
    assert sorted(names("The live engine")) == sorted(live.__all__)
    for shown in tables(REFERENCE, "The live engine")[0].column("name"):
        name, opened, arguments = code(shown)[0].partition("(")
        if opened:
            wanted = [item.partition("=")[0] for item in arguments.rstrip(")").split(", ") if item != "*"]
            assert wanted == parameters(getattr(live, name))


def test_authentication() -> None:
    for name in names("Authentication"):
        assert hasattr(authentication, name), name


def test_extensions() -> None:
    shown = [name for row in tables(REFERENCE, "Extensions")[0].rows for name in code(row[0])]
    assert {name.partition("(")[0] for name in shown} == set(extend.__all__)
    for name in shown:
        if name.startswith("call("):
            assert name[5:-1] == ", ".join(
                str(item).partition(":")[0] + ("=None" if item.default is None else "")
                for item in inspect.signature(extend.call).parameters.values()
            ).replace("data=None, request", "data=None, *, request")


def settings_tables() -> list[Table]:
    return tables(REFERENCE, "Settings")


def test_every_setting_with_its_default() -> None:
    shown = {code(row[0])[0]: row[1] for table in settings_tables() for row in table.rows}
    assert list(shown) == list(Settings.model_fields)
    assert shown == {name: written(item.default) for name, item in Settings.model_fields.items()}


def written(default: Any) -> str:
    """A default as the table writes it."""
    if isinstance(default, tuple):
        return ", ".join(f"`{item}`" for item in default) or "none"
    is_number = isinstance(default, (int, float)) and not isinstance(default, bool)
    return f"{default:,}" if is_number else f"`{default}`"


def exceptions() -> dict[str, type[errors.BindingError]]:
    found = vars(errors).values()
    return {item.__name__: item for item in found if inspect.isclass(item) and issubclass(item, errors.BindingError)}


def test_exceptions() -> None:
    wanted = [[f"`{name}`", f"`{item.code}`", str(item.status)] for name, item in exceptions().items()]
    assert tables(REFERENCE, "Exceptions")[0].rows == wanted[1:]  # the first one is their base


def test_close_codes() -> None:
    wanted = {str(value): name for name, value in vars(errors).items() if name.startswith("CLOSE_")}
    assert {row[0]: code(row[1])[0] for row in tables(REFERENCE, "Close codes")[0].rows} == wanted
    shown = {row[0] for row in tables(PROTOCOL, "3. Errors")[1].rows}
    assert shown == {*wanted, "1012"}


def test_the_protocols_codes() -> None:
    shown = {code(row[0])[0]: int(row[1]) for row in tables(PROTOCOL, "3. Errors")[0].rows}
    assert shown == {item.code: item.status for item in exceptions().values()}


def test_the_protocols_verbs() -> None:
    verbs = tables(PROTOCOL, "2. Built-in verbs")[0]
    assert {code(cell)[0] for cell in verbs.column("verb")} == {*VERBS, "subscribe", "unsubscribe"}


def test_subcommands() -> None:
    assert sorted(names("Management commands")) == sorted(SUBCOMMANDS)


def test_testing_clients() -> None:
    assert sorted(names("Testing clients")) == sorted(testing.__all__)
    for shown in tables(REFERENCE, "Testing clients")[0].column("name"):
        name, opened, arguments = code(shown)[0].partition("(")
        if opened:
            wanted = [item.partition("=")[0] for item in arguments.rstrip(")").split(", ") if item != "*"]
            assert wanted == [name for name in inspect.signature(getattr(testing, name)).parameters if name != "self"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_python_blocks_are_python(document: Any) -> None:
    for block in blocks(document):
        if block.language == "python":
            ast.parse(dedent(block.text))
