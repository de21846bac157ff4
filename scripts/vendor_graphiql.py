"""Fetches GraphiQL and what it needs from the npm registry into the package: pinned, checked, and without its fonts.

`python scripts/vendor_graphiql.py` writes the files; with `--check` it only says whether they are what the registry has. It
needs npm, for `npm pack`.
"""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "binding_schema" / "static" / "binding_schema" / "graphiql"


@dataclass(frozen=True)
class Package:
    """``files``: path in the package -> name of ours. ``integrity`` is the registry's."""

    name: str
    version: str
    integrity: str
    files: dict[str, str]


# The last GraphiQL on CodeMirror: those on Monaco are several times as large, and need a bundler and web workers.
PACKAGES = [
    Package(
        "graphiql",
        "3.9.0",
        "sha512-rJYFlHdBbug9+YbFSwRVvgfPjCayC7wHecZkx/qB4XLuQPFQZw/yB9pmHFtOJV6RiNBBHro3u1GdocKa3YcGRA==",
        {
            "graphiql.min.js": "graphiql.min.js",
            "graphiql.min.css": "graphiql.min.css",
            "LICENSE": "graphiql.LICENSE",
        },
    ),
    Package(
        "react",
        "18.3.1",
        "sha512-wS+hAgJShR0KhEvPJArfuPVN1+Hz1t0Y6n5jLrGQbkb4urgPE/0Rve+1kMB1v/oWgHgm4WIcV+i7F2pTVj+2iQ==",
        {"umd/react.production.min.js": "react.min.js", "LICENSE": "react.LICENSE"},
    ),
    Package(
        "react-dom",
        "18.3.1",
        "sha512-5m4nQKp+rZRb09LNH59GM4BxTh9251/ylbKIbpe7TpGxfJ+9kv6BLkLBXIjjspbgbnIBNqlI23tRnTWT0snUIw==",
        {"umd/react-dom.production.min.js": "react-dom.min.js", "LICENSE": "react-dom.LICENSE"},
    ),
    Package(
        "graphql-ws",
        "5.16.2",
        "sha512-E1uccsZxt/96jH/OwmLPuXMACILs76pKF2i3W861LpKBCYtGIyPQGtWLuBLkND4ox1KHns70e83PS4te50nvPQ==",
        {"umd/graphql-ws.min.js": "graphql-ws.min.js", "LICENSE.md": "graphql-ws.LICENSE"},
    ),
]


def fetched(package: Package, directory: Path) -> dict[str, bytes]:
    """Our files by name. Raises SystemExit for a package that is not the pinned one."""
    spec = f"{package.name}@{package.version}"
    done = subprocess.run(["npm", "pack", "--silent", spec], cwd=directory, check=True, capture_output=True, text=True)
    archive = directory / done.stdout.split()[-1]
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != package.integrity:
        raise SystemExit(f"{spec} is not what was pinned: its integrity is sha512-{digest}")
    found = {}
    with tarfile.open(archive) as tar:
        for path, name in package.files.items():
            member = tar.extractfile(f"package/{path}")
            assert member is not None
            found[name] = trimmed(name, member.read())
    return found


def trimmed(name: str, content: bytes) -> bytes:
    """Without what the package does not have: source maps, which collectstatic would look for, and embedded fonts, which are
    nine tenths of the style sheet."""
    if name.endswith(".css"):
        content = re.sub(rb"@font-face\s*\{[^}]*\}", b"", content)
    if name.endswith(".js"):
        content = re.sub(rb"\n?//# sourceMappingURL=\S*", b"", content)
    return content.rstrip() + b"\n"


def main(arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory() as directory:
        files = {name: content for package in PACKAGES for name, content in fetched(package, Path(directory)).items()}
    if arguments == ["--check"]:
        wrong = [name for name in files if not (TARGET / name).is_file() or (TARGET / name).read_bytes() != files[name]]
        print(f"differ: {', '.join(wrong)}" if wrong else f"{len(files)} files are those of the registry")
        return 1 if wrong else 0
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (TARGET / name).write_bytes(content)
    print(f"{len(files)} files, {sum(map(len, files.values())):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
