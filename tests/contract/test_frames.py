"""The frame: events, hashes, batches, and what is no frame."""

from .clients import ASKS_WHO
from .expect import TICKET, answered, refused

RETRIEVE, SAVE = f"{TICKET}.retrieve", f"{TICKET}.save"


async def only(client, value):
    (reply,) = await client.exchange(value)
    return reply


async def test_a_reply_carries_the_hash(client_for, desk):
    client = await client_for(desk.alice)
    key = desk.of(desk.network)[0].pk
    for mark in ("a", "A-z_0.9:x", "x" * 64, "0"):
        event = f"{RETRIEVE}#{mark}"
        assert answered(await only(client, {"event": event, "data": {"id": key}}), event)["id"] == key
        error = refused(await only(client, {"event": event, "data": {"id": 0}}), "not_found")
        assert error["event"] == event
        event = f"{SAVE}#{mark}"
        assert (
            answered(await only(client, {"event": event, "data": {"id": key, "title": ""}}), event)["success"] is False
        )


async def test_data_and_meta_may_be_missing(client_for, desk):
    client = await client_for(desk.alice)
    for frame in ({"event": f"{TICKET}.search"}, {"event": f"{TICKET}.search", "data": {}, "meta": {}}):
        assert answered(await only(client, frame), f"{TICKET}.search")["count"] == 10


WHAT_IS_NO_FRAME = [
    1,
    None,
    "helpdesk.Ticket.search",
    {},
    {"data": {}},
    {"event": None},
    {"event": 5},
    {"event": ["helpdesk.Ticket.search"]},
    {"event": ""},
    {"event": "search"},
    {"event": ".search"},
    {"event": "helpdesk.Ticket."},
    {"event": "helpdesk..search"},
    {"event": "helpdesk.Ticket.search#"},
    {"event": "helpdesk.Ticket.search#" + "x" * 65},
    {"event": "helpdesk.Ticket.search#é"},
    {"event": "helpdesk.Ticket.search#a b"},
    {"event": "helpdesk.Ticket.search\n"},
    {"event": " helpdesk.Ticket.search"},
    {"event": "helpdesk.Ticket.search", "data": None},
    {"event": "helpdesk.Ticket.search", "data": []},
    {"event": "helpdesk.Ticket.search", "data": "page=2"},
    {"event": "helpdesk.Ticket.search", "meta": None},
    {"event": "helpdesk.Ticket.search", "meta": [1]},
    {"event": "helpdesk.Ticket.search", "page": 2},
    {"event": "helpdesk.Ticket.search", "id": 1, "data": {}},
]


async def test_what_is_no_frame(client_for, desk):
    client = await client_for(desk.alice)
    for frame in WHAT_IS_NO_FRAME:
        error = refused(await only(client, frame), "invalid_frame")
        # The event is repeated as far as there is one, so that its sender can tell which frame was wrong.
        event = frame.get("event") if isinstance(frame, dict) else None
        assert error.get("event") == (event if isinstance(event, str) and event else None)
        assert answered(await only(client, {"event": f"{TICKET}.search"}), f"{TICKET}.search")["count"] == 10


async def test_unknown_streams_and_verbs(client_for, desk):
    client = await client_for(desk.alice)
    for stream in ("helpdesk.Nothing", "Ticket", "helpdesk.ticket", "AgentBinding"):
        refused(await only(client, {"event": f"{stream}.search"}), "unknown_stream")
    for verb in ("drop", "Retrieve", "dispatch", "visible_to", "perform_delete", "__init__"):
        message = refused(await only(client, {"event": f"{TICKET}.{verb}"}), "unknown_verb")["message"]
        assert "retrieve" in message
        assert "close" in message


async def test_a_batch_is_answered_frame_by_frame(client_for, desk):
    client = await client_for(desk.alice)
    first, second = (ticket.pk for ticket in desk.of(desk.network)[:2])
    replies = await client.exchange(
        [
            {"event": f"{RETRIEVE}#1", "data": {"id": first}},
            {"event": f"{SAVE}#2", "data": {"id": first, "title": "Changed"}},
            {"event": f"{RETRIEVE}#3", "data": {"id": first}},
            {"event": "x"},
            {"event": f"{RETRIEVE}#4", "data": {"id": 0}},
            {"event": f"{SAVE}#5", "data": {"id": second, "title": ""}},
            {"event": f"{RETRIEVE}#6", "data": {"id": second}},
        ]
    )
    named = [reply.data.get("event") if reply.event == "error" else reply.event for reply in replies]
    assert named == [f"{RETRIEVE}#1", f"{SAVE}#2", f"{RETRIEVE}#3", "x", f"{RETRIEVE}#4", f"{SAVE}#5", f"{RETRIEVE}#6"]
    assert [reply.code for reply in replies] == ["", "", "", "invalid_frame", "not_found", "", ""]
    # In order: the read after the write sees it, and what failed between stopped nothing.
    assert (replies[0].data["title"], replies[2].data["title"]) == (desk.of(desk.network)[0].title, "Changed")
    assert replies[5].data["success"] is False
    assert replies[6].data["id"] == second


async def test_a_batch_has_its_limits(client_for, desk):
    client = await client_for(desk.alice)
    frame = {"event": RETRIEVE, "data": {"id": desk.of(desk.network)[0].pk}}
    assert len(await client.exchange([frame] * 50)) == 50
    refused(await only(client, [frame] * 51), "too_large")
    refused(await only(client, []), "invalid_frame")
    # A batch within a batch is a frame that is none.
    assert (await only(client, [[frame]])).code == "invalid_frame"


async def test_who_is_not_known_gets_no_further(client_for, desk, transport):
    client = await client_for(None)
    assert await client.refusal() == (401 if transport in ASKS_WHO else 4401)
