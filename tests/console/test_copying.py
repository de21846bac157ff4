"""A request copied as a program does what the console does: each is run against the server, by a token."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from binding_schema.resolve.authentication import make_token
from helpdesk.models import Ticket
from tests.conftest import Demo
from tests.graphql.test_ws import rename
from tests.npm import ROOT, installed

from .conftest import Console, Visit

TICKET = "helpdesk.Ticket"
LANGUAGES = ("websocket", "curl", "python", "typescript")
#: Quotes of every kind, a line break, a backslash, letters beyond ASCII.
ODD = "It's \"odd\" `$HOME` \\ é\n{TOKEN} 'x'"
TSCONFIG = {
    "compilerOptions": {
        "strict": True,
        "noEmit": True,
        "skipLibCheck": True,
        "target": "ES2022",
        "module": "ESNext",
        "moduleResolution": "bundler",
        "lib": ["ES2022", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
        "types": [],
        "paths": {"@binding-schema/client": [str(ROOT / "contrib/client/src/index.ts")]},
    },
    "include": ["*.ts"],
}


async def copied(console: Console, place: str, data: Any = None) -> dict[str, str]:
    """The request as a program, by language, as it is on the clipboard."""
    await console.go(place, data)
    found = {}
    for language in LANGUAGES:
        await console.page.click(f"[data-copy={language}]")
        await console.page.wait_for_selector(".copying [role=status] >> text=Copied as")
        found[language] = await console.page.evaluate("navigator.clipboard.readText()")
    return found


class Programs:
    """Runs what was copied, as alice."""

    def __init__(self, place: Path, node: str, token: str) -> None:
        self.place, self.node = place, node
        self.env = {**os.environ, "TOKEN": token}

    async def start(self, language: str, text: str) -> asyncio.subprocess.Process:
        name = {"websocket": "program.mjs", "python": "program.py", "curl": "program.sh"}[language]
        (self.place / name).write_text(text, encoding="utf-8")
        command = {
            "websocket": [self.node, "--experimental-websocket", "--no-warnings"],
            "python": [sys.executable],
            "curl": ["bash"],
        }[language]
        return await asyncio.create_subprocess_exec(
            *command,
            name,
            cwd=self.place,
            env=self.env,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )

    async def run(self, language: str, text: str) -> Any:
        """The frame that it prints."""
        process = await self.start(language, text)
        output, _ = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 0, output.decode()
        if language != "websocket":
            return json.loads(output)
        told, closed = output.decode().splitlines()
        assert closed.startswith("closed 1")
        return json.loads(told)


async def test_what_is_copied_runs(visit: Visit, demo: Demo, node: str, tmp_path: Path) -> None:
    console = await visit(demo.alice, f"{TICKET}/search")
    programs, key = Programs(tmp_path, node, make_token(demo.alice)), demo.of(demo.network)[0].pk
    assert shutil.which("curl")
    search = await copied(
        console, f"{TICKET}/search", {"filters": {"team__name": "Network"}, "limit": 2, "count": False}
    )
    update = await copied(console, f"{TICKET}/update", {"id": key, "title": "Odd", "body": ODD, "due_on": None})
    for language in ("websocket", "curl", "python"):
        found = await programs.run(language, search[language])
        assert (found["event"], len(found["data"]["rows"])) == (f"{TICKET}.search", 2)
        assert found["data"]["count"] is None
        await Ticket.objects.filter(pk=key).aupdate(body="")
        assert (await programs.run(language, update[language]))["data"] == {"success": True, "id": key}
        assert (await Ticket.objects.aget(pk=key)).body == ODD
    missing = await copied(console, f"{TICKET}/retrieve", {"id": 10**9})
    assert (await programs.run("python", missing["python"]))["data"]["code"] == "not_found"
    live = await copied(console, f"{TICKET}/subscribe", {"filters": {"team": demo.network.pk}, "order": "-id"})
    for number, language in enumerate(("curl", "python", "websocket")):
        await hears(programs, live[language], language, key, f"Heard {number}")
    typescript = {"search": search, "update": update, "subscribe": live}
    typescript["close"] = await copied(console, f"{TICKET}/close", {"id": key, "reason": "Done"})
    typescript["take"] = await copied(console, f"{TICKET}/take", {"team": demo.network.pk})
    typescript["save"] = await copied(
        console, f"{TICKET}/save", {"title": "New", "team": demo.network.pk, "labels": []}
    )
    typescript["delete"] = await copied(console, f"{TICKET}/delete", {"ids": [10**9]})
    await compiles(tmp_path, node, {name: found["typescript"] for name, found in typescript.items()})
    await runs(tmp_path, node, programs.env["TOKEN"])


async def hears(programs: Programs, text: str, language: str, key: int, title: str) -> None:
    """A program that subscribes prints what changes."""
    process = await programs.start(language, text)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            while b'"success":true' not in (line := await process.stdout.readline()):
                assert line, "the program has ended"
            await rename(key, title)
            while title.encode() not in await process.stdout.readline():
                pass
    finally:
        # The shell's own child too, which has the same output open.
        os.killpg(process.pid, signal.SIGKILL)
        await process.communicate()


async def compiles(place: Path, node: str, programs: dict[str, str]) -> None:
    """The TypeScript is that of the client and of the exported schema."""
    client = installed("contrib/client")
    shutil.copy(ROOT / "example/board/src/schema.ts", place / "schema.ts")
    for name, text in programs.items():
        (place / f"{name}.ts").write_text(text, encoding="utf-8")
    (place / "tsconfig.json").write_text(json.dumps(TSCONFIG), encoding="utf-8")
    await succeeds(node, str(client / "node_modules/typescript/bin/tsc"), "-p", str(place))


async def runs(place: Path, node: str, token: str) -> None:
    """And it answers."""
    client = installed("contrib/client")
    text = (place / "search.ts").read_text(encoding="utf-8").replace('TOKEN = ""', f"TOKEN = {json.dumps(token)}")
    (place / "search.ts").write_text(text, encoding="utf-8")
    alias = f"--alias:@binding-schema/client={client / 'src/index.ts'}"
    bundle = ["--bundle", "--format=esm", "--platform=node", f"--outfile={place / 'search.mjs'}", alias]
    await succeeds(str(client / "node_modules/.bin/esbuild"), str(place / "search.ts"), *bundle)
    said = await succeeds(node, "--experimental-websocket", "--no-warnings", str(place / "search.mjs"))
    assert "rows: [" in said


async def succeeds(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, output.decode()
    return output.decode()
