"""Every wrong declaration becomes a check message that says where it is and what to write instead; none raises."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import binding_schema
from binding_schema.compile.build import compile_schema

from .cases import CASES, Case, actions, classes, fields, lookups, made

PACKAGE = Path(binding_schema.__file__).parent
#: Checks of what is around the bindings, and of what only a project of its own can show: the test files that provoke them.
ELSEWHERE = {
    "E090": "test_startup.py",
    "E091": "test_environment.py",
    "E092": "test_environment.py",
    "E093": "test_live_environment.py",
    "E105": "test_startup.py",
    "W001": "test_environment.py",
    "W002": "test_environment.py",
    "W003": "test_environment.py",
    "W004": "test_startup.py",
    "W005": "test_environment.py",
    "W006": "test_live_environment.py",
    "W007": "test_live_environment.py",
}
TOPICS = (actions, classes, fields, lookups, made)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.id}-{case.declare.__name__}")
def test_a_mistake_is_told(case: Case) -> None:
    bindings = case.declare()
    _, problems = compile_schema(bindings)
    messages = [*problems.found, *problems.warnings]
    assert {item.id.removeprefix("binding_schema.") for item in messages} == {case.id, *case.also}, messages
    told = [item for item in messages if item.id.endswith(case.id)]
    assert any(case.hint in str(item.hint) for item in told), told
    places = [rf"^{re.escape(case.declare.__code__.co_filename)}:\d+ .*\b{item.__name__}: " for item in bindings]
    for item in messages:
        assert any(re.match(place, item.msg) for place in places), item.msg


def test_every_check_has_a_case() -> None:
    """A check that is added needs a case that provokes it."""
    assert set(_written()) - {case.id for case in CASES} - ELSEWHERE.keys() == set()


def test_every_case_is_of_a_check() -> None:
    assert {case.id for case in CASES} | ELSEWHERE.keys() == set(_written())


def test_checks_tested_elsewhere_are_tested_there() -> None:
    for number, name in ELSEWHERE.items():
        assert re.search(rf"\b{number}\b", Path(__file__).with_name(name).read_text()), (number, name)


def test_every_check_is_documented() -> None:
    table = (PACKAGE.parent / "docs" / "checks.md").read_text()
    assert sorted(re.findall(r"^\| ([EW]\d{3}) \|", table, re.MULTILINE)) == sorted(set(_written()))


def _written() -> Iterator[str]:
    """The ids that the code can give: `add(12, ...)`, `_problem(12, ...)`, `warn(10, ...)`, `wrong(..., 4)`, `id="..."`."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from re.findall(r"^binding_schema\.([EW]\d{3})\Z", node.value)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                letter = {"add": "E", "_problem": "E", "wrong": "E", "warn": "W"}.get(node.func.attr)
                numbers = [item.value for item in node.args if isinstance(item, ast.Constant)]
                yield from (f"{letter}{number:03}" for number in numbers if letter and type(number) is int)
            elif isinstance(node, ast.arguments):
                names = [item.arg for item in (*node.posonlyargs, *node.args)]
                for name, default in zip(reversed(names), reversed(node.defaults), strict=False):
                    if name == "number" and isinstance(default, ast.Constant):
                        yield f"E{default.value:03}"
