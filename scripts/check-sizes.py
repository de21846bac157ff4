"""Refuses files over 350 lines and functions over 40 lines in binding_schema/ and the packages of contrib/.

`# long: <reason>` allows an exception: for a file within its first five lines; for a function on its `def` line, or on
the line before the function and its decorators.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

FILE_LINES = 350
FUNCTION_LINES = 40
ALLOWED = re.compile(r"#\s*long:\s*\S")


def check(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    if len(lines) > FILE_LINES and not any(ALLOWED.search(line) for line in lines[:5]):
        yield f"{path}:1: the file has {len(lines)} lines, at most {FILE_LINES} are agreed"
    for node in ast.walk(ast.parse(text, filename=str(path))):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        nearby = [lines[node.lineno - 1], lines[first - 2] if first > 1 else ""]
        if length > FUNCTION_LINES and not any(ALLOWED.search(line) for line in nearby):
            yield f"{path}:{node.lineno}: {node.name} has {length} lines, at most {FUNCTION_LINES} are agreed"


def main(roots: list[Path]) -> int:
    paths = sorted(path for root in roots for path in root.rglob("*.py") if "migrations" not in path.parts)
    problems = [problem for path in paths for problem in check(path)]
    print("\n".join(problems) or f"{len(paths)} files are within the agreed sizes")
    return 1 if problems else 0


if __name__ == "__main__":
    given = [Path(name) for name in sys.argv[1:]]
    packages = [path.parent for path in sorted(Path("contrib").glob("*/*/__init__.py")) if path.parent.name != "tests"]
    sys.exit(main(given or [Path("binding_schema"), *packages]))
