"""Who uses the console, and with what: a token, a keyboard, a screen reader, a phone, light and dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from binding_schema.resolve.authentication import make_token
from tests.conftest import Demo
from tests.npm import installed

from .conftest import OPEN, Console, Visit

TICKET = "helpdesk.Ticket"
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


@pytest.fixture(scope="session")
def axe() -> str:
    return (installed("example/board") / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


async def faults(console: Console, axe: str) -> list[str]:
    """What axe-core finds that is serious or critical on the page as it is."""
    await console.page.evaluate(axe)
    found = await console.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{fault['id']}: {node['html'][:120]} {node['failureSummary']}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


async def width(console: Console) -> int:
    found: int = await console.page.evaluate("document.documentElement.scrollWidth")
    return found


@pytest.mark.parametrize("size, scheme", [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"])
async def test_axe_finds_no_serious_fault(
    visit: Visit, demo: Demo, axe: str, size: dict[str, int], scheme: str
) -> None:
    options = {"viewport": size, "color_scheme": scheme, "reduced_motion": "reduce"}
    console = await visit(demo.admin, f"{TICKET}/create", **options)
    page, found = console.page, {}
    await page.wait_for_selector(".send button")
    await page.check("[aria-label='Send title']")
    await page.click(".send button")
    await page.wait_for_selector('[data-field="team"] .error >> text=required')
    await page.click("[data-copy=curl]")
    await page.evaluate("document.querySelectorAll('main details').forEach((one) => (one.open = true))")
    found["create"] = await faults(console, axe)
    assert await width(console) <= size["width"]
    await console.go(f"{TICKET}/search", {"filters": {"status__in": ["open"], "title__icontains": "x"}, "order": "-id"})
    await page.click(".send button")
    await console.go(f"{TICKET}/subscribe", {"filters": {"priority__gte": 3}, "snapshot": True})
    await page.click(".send button")
    await page.wait_for_selector('[data-state="live"]', state="attached")
    found["subscribe"] = await faults(console, axe)
    await page.click("#connection summary")
    found["menu"] = await faults(console, axe)
    await page.keyboard.press("Escape")
    for view in ("streams", "log", "panes") if size is PHONE else ():
        await page.click(f"#views button[value={view}]")
        found[view] = await faults(console, axe)
        assert await width(console) <= size["width"]
    assert {name: listed for name, listed in found.items() if listed} == {}


async def test_a_token_does_where_nobody_is_logged_in(visit: Visit, demo: Demo, axe: str) -> None:
    console = await visit(None, f"{TICKET}/stats", expected=("401",))
    page = console.page
    assert await page.is_visible("#signin >> text=You are not logged in")
    assert await page.get_attribute("#signin a.button", "href") == "/accounts/login/?next=/api/"
    assert not await page.is_visible("main")
    assert await faults(console, axe) == []
    await page.fill("#signin-token", "wrong")
    await page.click("#signin-form button")
    await page.wait_for_selector("#signin-error >> text=token is not valid")
    token = make_token(demo.alice)
    await page.fill("#signin-token", token)
    await page.click("#signin-form button")
    await page.wait_for_selector(OPEN)
    assert (await console.submit())["data"].keys() == {"open", "pending", "closed"}
    await page.select_option("#by", "http")
    assert (await console.submit())["data"].keys() == {"open", "pending", "closed"}
    # It is in nothing that is copied or kept.
    await console.page.click("[data-copy=websocket]")
    assert token not in await page.content()
    assert token not in await page.evaluate("JSON.stringify({ ...localStorage, ...sessionStorage })")


async def test_the_keyboard_is_enough(visit: Visit, demo: Demo) -> None:
    console = await visit(demo.alice)
    page = console.page
    assert "streams. Choose one" in await console.text("main")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")  # skips to the request
    assert await page.evaluate("document.activeElement.id") == "request"
    await page.keyboard.press("/")
    await page.keyboard.type("label")
    assert await page.locator("#stream-list a:visible").all_inner_texts() == ["Label"]
    await page.keyboard.type("zzz")
    await page.wait_for_selector("#stream-none >> text=No stream has such a name")
    await page.keyboard.press("Escape")
    await page.keyboard.type("Ticket")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("h1 >> text=helpdesk.Ticket")
    assert await page.get_attribute('#stream-list [aria-current="page"]', "title") == TICKET
    await page.focus(".verbs >> text=stats")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("h2.verb >> text=stats")
    assert page.url.endswith(f"#{TICKET}/stats")
    assert await page.title() == f"{TICKET}.stats · API console"
    assert await page.evaluate("document.activeElement.textContent") == "stats"
    await page.focus(".send button")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector(".entry.answer")
    assert re.match(rf"Answer, {TICKET}\.stats, \d+ ms", await page.text_content("#said") or "")
    await page.go_back()
    await page.wait_for_selector("h2.verb >> text=search")
    # What a user may not do is not offered, and what is not there is said not to be.
    await console.go("helpdesk.Label/create")
    assert "may not ask" in await console.text("main .alert")
    assert "Write" not in await console.text(".verbs")


async def test_the_reference_says_what_the_user_may_see(visit: Visit, demo: Demo) -> None:
    for user, sees in ((demo.alice, False), (demo.admin, True)):
        console = await visit(user, f"{TICKET}/search")
        table = console.page.locator("[aria-label=Fields]")
        text = re.sub(r"\s+", " ", await table.inner_text())
        assert ("cost" in text) is sees
        for told in (
            "created_at created at date-time read-only",
            "title title text required at most 200 characters",
            '"pending" Pending',
            "What happened, in the words of whoever asked.",
            "labels labels list of object of LabelBinding {id, name, color}",
        ):
            assert told in text


def test_the_wheel_would_hold_the_files() -> None:
    """Hatch takes what is in the package and not ignored by git."""
    root = Path(__file__).resolve().parents[2]
    ignored = (root / ".gitignore").read_text(encoding="utf-8")
    assert "static" not in ignored
    assert (root / "binding_schema/static/binding_schema/console/main.js").exists()
    assert (root / "binding_schema/templates/binding_schema/console.html").exists()
