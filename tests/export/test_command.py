"""`manage.py binding_schema export`."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from binding_schema.export import graphql_sdl
from binding_schema.export.formats import FORMATS, export
from tests.export.own_graphql import schema


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("binding_schema", "export", *arguments, stdout=output)
    return output.getvalue()


@pytest.mark.parametrize("name", list(FORMATS))
def test_prints_and_writes(name: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert run("--format", name) == export(name)
    assert run("--format", name, "--out", "-") == export(name)
    assert run("--format", name, "--out", str(path)) == f"Wrote {path}.\n"
    assert path.read_bytes() == export(name).encode()
    assert "up to date" in run("--format", name, "--out", str(path), "--check")


def test_check_shows_what_differs_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "schema.ts"
    kept = export("typescript").replace("  title: string;\n", "  titel: string;\n", 1)
    path.write_text(kept, encoding="utf-8")
    with pytest.raises(CommandError) as stale:
        run("--format", "typescript", "--out", str(path), "--check")
    assert stale.value.returncode == 1
    text = str(stale.value)
    assert "\n-  titel: string;\n+  title: string;\n" in text
    assert f"manage.py binding_schema export --format typescript --out {path}" in text
    assert path.read_text(encoding="utf-8") == kept


def test_an_end_of_line_counts(tmp_path: Path) -> None:
    path = tmp_path / "schema.ts"
    path.write_text(export("typescript").removesuffix("\n"), encoding="utf-8")
    with pytest.raises(CommandError, match="No newline at end of file"):
        run("--format", "typescript", "--out", str(path), "--check")


def test_files_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    missing, binary = tmp_path / "none" / "schema.ts", tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe")
    for arguments, message in (
        (["--out", str(missing), "--check"], "cannot be read"),
        (["--out", str(missing)], "cannot be written"),
        (["--out", str(binary), "--check"], "is no text"),
        (["--check"], "--out FILE"),
    ):
        with pytest.raises(CommandError, match=message):
            run("--format", "typescript", *arguments)


def test_an_unknown_format() -> None:
    with pytest.raises(CommandError, match="invalid choice: 'xml'"):
        run("--format", "xml")


def test_graphql_is_the_schema_that_a_setting_names(settings: Any) -> None:
    everything = graphql_sdl.print_sdl()
    settings.BINDING_SCHEMA = {"GRAPHQL_SCHEMA": "tests.export.own_graphql.schema"}
    own = graphql_sdl.print_sdl()
    assert own == schema.as_str().rstrip() + "\n"
    assert own != everything
    assert "type Specimen" in everything
    settings.BINDING_SCHEMA = {"GRAPHQL_SCHEMA": "helpdesk.models.Ticket"}
    with pytest.raises(graphql_sdl.Unavailable, match="is not a Strawberry schema"):
        graphql_sdl.print_sdl()
    settings.BINDING_SCHEMA = {"GRAPHQL_SCHEMA": "helpdesk.nothing.schema"}
    with pytest.raises(graphql_sdl.Unavailable, match="cannot be imported"):
        graphql_sdl.print_sdl()
