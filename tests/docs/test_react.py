"""docs/react.md: each TypeScript block compiles under `tsc --strict` against the helpdesk's exported schema."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.npm import ROOT, run

PAGE = ROOT / "docs/react.md"
BOARD = ROOT / "example/board"
#: What the page's first block makes, and the others import.
API = """
import { connect } from "@binding-schema/client"
import { schema } from "./schema"
export const tickets = connect({ schema }).helpdesk.Ticket
"""


def blocks() -> list[str]:
    return re.findall(r"^```tsx\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_each_block_compiles(node: str, tmp_path: Path) -> None:
    found = blocks()
    assert len(found) == 4
    files = {f"block{number}.tsx": text for number, text in enumerate(found)} | {"api.ts": API}
    files["schema.ts"] = (BOARD / "src/schema.ts").read_text(encoding="utf-8")
    # Misspelt, so that it is known that mistakes are found.
    files["wrong.tsx"] = found[0].replace("priority__gte", "priority_gte")
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    config = json.loads((BOARD / "tsconfig.json").read_text(encoding="utf-8"))
    paths = config["compilerOptions"]["paths"]
    config["compilerOptions"]["paths"] = {name: [str(BOARD / path) for path in where] for name, where in paths.items()}
    config["include"] = ["*"]
    (tmp_path / "tsconfig.json").write_text(json.dumps(config), encoding="utf-8")
    done = run("example/board", "tsc", "-p", str(tmp_path))
    errors = [line for line in done.stdout.splitlines() if "error TS" in line]
    wrong = [line for line in errors if "wrong.tsx" in line]
    assert len(wrong) == 1
    assert "priority_gte" in wrong[0]
    assert [line for line in errors if line not in wrong] == []
