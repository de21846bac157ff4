"""Requests of every kind, made in the console by forms and as JSON, by WebSocket and HTTP."""

from __future__ import annotations

import json

from helpdesk.models import Ticket
from tests.conftest import Demo
from tests.pages import until

from .conftest import Console, Visit

TICKET = "helpdesk.Ticket"


async def test_each_verb_is_sent_by_its_form(visit: Visit, demo: Demo) -> None:
    console = await visit(demo.carol, f"{TICKET}/search")
    page, mine = console.page, demo.of(demo.network, demo.billing)
    await page.select_option("[aria-label='Add a filter']", "status__in")
    await page.check("[aria-label='Filter status__in'] >> text=Open")
    await page.select_option("[aria-label='Order by']", "-priority")
    await page.select_option("[aria-label='Then by']", "id")
    await page.fill(console.field("limit"), "3")
    found = await console.submit()
    wanted = sorted((t for t in mine if t.status == "open"), key=lambda ticket: (-ticket.priority, ticket.pk))
    assert [row["id"] for row in found["data"]["rows"]] == [ticket.pk for ticket in wanted[:3]]
    assert await console.text(".send .told") == await console.text(".send .told >> text=/Answered in \\d+ ms/")
    assert (await console.send(f"{TICKET}/list", {"filters": {"priority__gte": 4}}))["data"]["truncated"] is False
    assert (await console.send(f"{TICKET}/retrieve", {"id": mine[0].pk}))["data"]["title"] == mine[0].title
    assert len((await console.send(f"{TICKET}/retrieve", {"ids": [mine[0].pk, mine[1].pk]}))["data"]["rows"]) == 2
    assert (await console.send(f"{TICKET}/schema"))["data"]["stream"] == TICKET
    assert (await console.send(f"{TICKET}/stats"))["data"].keys() == {"open", "pending", "closed"}
    await console.go(f"{TICKET}/create")
    await page.fill(console.field("title"), "From the form")
    await page.fill(console.field("team"), str(demo.network.pk))
    await page.select_option(console.field("priority"), label="Urgent")
    await page.fill(console.field("labels"), ", ".join(str(label.pk) for label in demo.labels[:2]))
    key = (await console.submit())["data"]["id"]
    ticket = await Ticket.objects.aget(pk=key)
    assert (ticket.title, ticket.priority, await ticket.labels.acount()) == ("From the form", 4, 2)
    await console.go(f"{TICKET}/update", {"id": key})
    await page.click("text=Fill in the object's values")
    await until(lambda: page.input_value(console.field("title")))
    assert await page.input_value(console.field("team")) == str(demo.network.pk)
    await page.fill(console.field("title"), "Changed")
    await page.check("[aria-label='due_on is null']")
    assert (await console.submit())["data"] == {"success": True, "id": key}
    assert json.loads(await last_sent(console))["data"] == {"id": key, "title": "Changed", "due_on": None}
    assert (await console.send(f"{TICKET}/save", {"id": key, "priority": 1}))["data"]["success"]
    assert (await console.send(f"{TICKET}/close", {"id": key, "reason": "Done"}))["data"]["status"] == "closed"
    assert (await console.send(f"{TICKET}/take", {"team": demo.billing.pk}))["data"]["assignee"]["id"] == demo.carol.pk
    assert (await console.send(f"{TICKET}/delete", {"id": key}))["data"]["success"]
    assert not await Ticket.objects.filter(pk=key).aexists()


async def last_sent(console: Console) -> str:
    """The text of the newest frame that was sent."""
    entry = console.page.locator(".entry.sent").first
    await entry.locator("summary").first.click()
    await entry.locator("text=Copy frame").click()
    text: str = await console.page.evaluate("navigator.clipboard.readText()")
    return text


async def test_what_is_refused_is_told_where_it_belongs(visit: Visit, demo: Demo) -> None:
    console = await visit(demo.alice, f"{TICKET}/create")
    page = console.page
    await page.check("[aria-label='Send title']")
    await page.fill(console.field("team"), str(demo.network.pk))
    await page.fill(console.field("due_on"), "2001-01-01")
    await page.click(".send button")
    await page.wait_for_selector(".field[data-field=title] :focus")
    refused = await console.submit()
    assert refused["data"]["success"] is False
    assert set(refused["data"]["errors"]) == {"title", "due_on"}
    assert await console.text('[data-field="title"] .error') == "This field cannot be blank."
    assert await page.get_attribute(console.field("title"), "aria-invalid") == "true"
    assert "Refused" in await console.text(".send .told")
    await page.fill(console.field("title"), "Dated")
    assert await page.get_attribute(console.field("title"), "aria-invalid") is None
    assert set((await console.submit())["data"]["errors"]) == {"due_on"}
    assert "Not before" in await console.text('[data-field="due_on"] .error')
    # What does not fit is not sent.
    await page.fill(console.field("team"), "Network")
    await page.click(".send button")
    await page.wait_for_selector('[data-field="team"] .error >> text=a whole number is needed')
    assert await page.locator(".entry.sent").count() == 3
    # An error that is of no field is told above the button.
    assert (await console.send(f"{TICKET}/retrieve", {"id": demo.of(demo.billing)[0].pk}))["event"] == "error"
    await page.wait_for_selector(".request .alert >> text=There is no such object.")
    assert "not_found" in await page.locator(".entry.failed summary").first.inner_text()


async def test_json_goes_as_it_is_typed_by_either_way(visit: Visit, demo: Demo) -> None:
    # Chromium itself complains of an answer whose status is 404.
    console = await visit(demo.alice, f"{TICKET}/search", expected=("404",))
    page, editor = console.page, "textarea.frame"
    await page.fill(console.field("limit"), "2")
    await page.click(".segments >> text=JSON")
    assert json.loads(await page.input_value(editor)) == {"event": f"{TICKET}.search", "data": {"limit": 2}}
    # A form has no place for it, and says so.
    deep = {
        "event": f"{TICKET}.search#deep",
        "data": {"filters": {"or": [{"priority": 4}, {"status": "open"}]}, "limit": 1},
    }
    await page.fill(editor, json.dumps(deep))
    assert (await console.submit())["event"] == f"{TICKET}.search#deep"
    await page.click(".segments >> text=Form")
    await page.wait_for_selector(".alert >> text=The form cannot show filters")
    await page.click(".segments >> text=JSON")
    await page.fill(editor, "{oops")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector(".alert >> text=This is not JSON")
    assert await page.get_attribute(editor, "aria-invalid") == "true"
    batch = [{"event": f"{TICKET}.stats"}, {"event": f"{TICKET}.nothing", "data": {"id": 1}}]
    for via in ("websocket", "http"):
        await page.select_option("#by", via)
        await page.fill(editor, json.dumps(batch))
        before = await page.locator(".entry").count()
        await page.keyboard.press("Control+Enter")
        count = 3 if via == "websocket" else 2
        await page.wait_for_selector(f".entry >> nth={before + count - 1}")
        assert await page.locator(".entry").count() == before + count
        await page.wait_for_selector(".send .told.bad")
    newest = await page.locator(".entry summary").first.inner_text()
    assert "unknown_verb" in newest
    assert "2 frames" in newest
    assert "HTTP 200" in newest
    # Digits that a number of JavaScript would round.
    await page.fill(editor, f'{{"event": "{TICKET}.retrieve", "data": {{"id": 9007199254740993}}}}')
    assert (await console.submit())["data"]["code"] == "not_found"
    assert "9007199254740993" in await last_sent(console)
    await page.locator(".entry.sent >> text=Edit again").first.click()
    await page.wait_for_selector("h2.verb >> text=retrieve")
    assert "9007199254740993" in await page.input_value(editor)
    # A write by HTTP has the CSRF token of the page.
    await page.fill(
        editor, json.dumps({"event": f"{TICKET}.save", "data": {"id": demo.tickets[0].pk, "title": "By HTTP"}})
    )
    assert (await console.submit())["data"]["success"]
    # What was filtered out is still there.
    await page.fill("#log-filter", "save")
    assert await page.locator(".entry:visible").count() < await page.locator(".entry").count()
    await page.click("#log-clear")
    assert await page.locator(".entry").count() == 0
    await options_go_with_the_request(console, demo)


async def options_go_with_the_request(console: Console, demo: Demo) -> None:
    page, ticket = console.page, demo.tickets[0]
    await page.select_option("#by", "websocket")
    await console.go(f"{TICKET}/save", {"id": ticket.pk, "title": "Once"})
    await page.click(".segments >> text=Form")
    await page.fill("#log-filter", "")
    await page.click(".options summary")
    await page.fill(".options input >> nth=0", "mine")
    await page.uncheck("text=Follow what is answered")
    await page.click(".options >> text=New")
    assert (await console.submit())["event"] == f"{TICKET}.save#mine"
    sent = json.loads(await last_sent(console))
    assert sent["meta"]["subscribe"] is False
    assert len(sent["meta"]["idempotency_key"]) == 16
