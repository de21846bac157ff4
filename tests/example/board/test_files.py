"""The board's committed files are those that its source makes, and need nothing from elsewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from helpdesk.models import Ticket
from tests.npm import ROOT, run

SOURCE = ROOT / "example/board"
BUILT = ROOT / "example/helpdesk/static/helpdesk/board"


def test_a_build_makes_the_committed_files(node: str, tmp_path: Path) -> None:
    types = run("example/board", "tsc", "--noEmit")
    assert types.returncode == 0, types.stdout
    done = run("example/board", "vite", "build", "--outDir", str(tmp_path), "--emptyOutDir")
    assert done.returncode == 0, done.stderr
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    committed = {path.name: path.read_bytes() for path in BUILT.iterdir()}
    assert set(made) == set(committed) == {"board.js", "board.css"}
    for name, content in made.items():
        # Not compared by pytest: it would print both.
        if content != committed[name]:
            pytest.fail(f"{name} is not what example/board makes: run `npm run build` there, and commit it.")


def test_the_built_files_name_no_other_place_and_need_no_inline_code() -> None:
    script = (BUILT / "board.js").read_text(encoding="utf-8")
    style = (BUILT / "board.css").read_text(encoding="utf-8")
    addresses = set(re.findall(r"https?://[a-z0-9.-]+", script + style))
    # Names of markup languages, and where React explains its errors.
    assert addresses <= {"http://www.w3.org", "https://react.dev"}
    assert not re.search(r"\beval\(|new Function\(|document\.write", script)
    assert "sourceMappingURL" not in script
    assert "url(" not in style


def test_the_source_lets_no_text_become_markup() -> None:
    sources = sorted((SOURCE / "src").glob("*.ts*"))
    assert len(sources) > 20
    for path in sources:
        text = path.read_text(encoding="utf-8")
        assert not re.search(
            r"dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text
        ), path
        assert len(text.splitlines()) <= 350 or path.name == "schema.ts", path


def test_the_lock_file_names_no_registry() -> None:
    lock = (SOURCE / "package-lock.json").read_text(encoding="utf-8")
    assert "resolved" not in lock
    assert all("integrity" in package for name, package in json.loads(lock)["packages"].items() if name)


def test_the_board_s_columns_are_the_model_s_statuses() -> None:
    text = (SOURCE / "src/schema.ts").read_text(encoding="utf-8")
    statuses = " | ".join(f'"{value}"' for value in Ticket.Status.values)
    assert f"export type HelpdeskTicketStatus = {statuses};" in text
