"""No link of the documents is dead: files are there, and so are the headings that anchors name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .markdown import DOCUMENTS, ROOT

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def links(text: str) -> list[str]:
    return LINK.findall(CODE.sub("", text))


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives to headings."""
    found: dict[str, int] = {}
    for heading in HEADING.findall(re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)):
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        found[slug] = found.get(slug, -1) + 1
    return {f"{slug}-{number}" if number else slug for slug, last in found.items() for number in range(last + 1)}


def dead(document: Path) -> Iterator[str]:
    text = document.read_text(encoding="utf-8")
    for link in links(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists():
            yield f"{link}: there is no such file"
        elif path and not target.is_relative_to(ROOT):
            yield f"{link}: outside of the repository"
        elif anchor and anchor not in anchors(target.read_text(encoding="utf-8")):
            yield f"{link}: there is no such heading"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_no_link_is_dead(document: Path) -> None:
    assert not list(dead(document))


def test_dead_links_are_found(tmp_path: Path) -> None:
    document = tmp_path / "wrong.md"
    document.write_text("# A, `b`: c\n[x](#a-b-c) [y](#d) [z](no.md) `[code](no.md)`\n", encoding="utf-8")
    assert list(dead(document)) == ["#d: there is no such heading", "no.md: there is no such file"]


def test_every_document_is_linked_from_the_readme() -> None:
    there = {path.name for path in (ROOT / "docs").glob("*.md")}
    linked = {Path(link).name for link in links((ROOT / "README.md").read_text(encoding="utf-8")) if "docs/" in link}
    assert there <= linked
