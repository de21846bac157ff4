"""What docs/protocol.md says an answer looks like, built from the models and not by the library."""

from __future__ import annotations

from typing import Any

from binding_schema.testing import Reply
from helpdesk.models import Comment, Ticket

TICKET = "helpdesk.Ticket"
COMMENT = "helpdesk.Comment"

STATUS = {
    "invalid_frame": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "unknown_stream": 404,
    "unknown_verb": 404,
    "not_found": 404,
    "conflict": 409,
    "too_large": 413,
    "invalid_data": 422,
    "invalid_filter": 422,
}


def answered(reply: Reply, event: str) -> dict[str, Any]:
    """The data of an answer on its own event; over HTTP with status 200, also where a write failed on its fields."""
    assert reply.event == event, reply
    assert reply.status in (0, 200), reply
    return reply.data


def refused(reply: Reply, code: str, event: str = "") -> dict[str, Any]:
    """The data of an error frame that answers ``event``."""
    assert reply.event == "error", reply
    assert reply.code == code, reply
    assert reply.status in (0, STATUS[code]), reply
    assert reply.data.keys() <= {"code", "message", "event", "errors"}, reply
    assert reply.data["message"]
    if event:
        assert reply.data["event"].partition("#")[0] == event
    return reply.data


def failed(reply: Reply, event: str) -> dict[str, Any]:
    """The errors of a write that failed on its fields, as ``{field: [code, ...]}``, or that by row."""
    data = answered(reply, event)
    assert data.keys() == {"success", "errors"}, reply
    assert data["success"] is False
    return codes(data["errors"])


def codes(errors: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = type(errors)()  # what GraphQL says has an equality of its own
    for name, items in errors.items():
        if isinstance(items, dict):
            found[name] = codes(items)
            continue
        assert all(item.keys() == {"code", "message"} and item["message"] for item in items), errors
        found[name] = [item["code"] for item in items]
    return found


def ids(rows: list[dict[str, Any]]) -> list[Any]:
    return [row["id"] for row in rows]


def keys(tickets: list[Any]) -> list[Any]:
    return [ticket.pk for ticket in tickets]


def newest_first(tickets: list[Ticket]) -> list[Ticket]:
    """The order of ``Ticket.Meta``."""
    return sorted(tickets, key=lambda ticket: (ticket.created_at, ticket.pk), reverse=True)


def ticket_row(ticket: Ticket, staff: bool = False) -> dict[str, Any]:
    """A ticket of the fixture ``desk``, whose relations are loaded."""
    assignee = ticket.assignee
    cost = {"cost": None if ticket.cost is None else f"{ticket.cost:.2f}"} if staff else {}
    return {
        "id": ticket.pk,
        "title": ticket.title,
        "body": ticket.body,
        "status": ticket.status,
        "priority": ticket.priority,
        **cost,
        "due_on": ticket.due_on and ticket.due_on.isoformat(),
        "team": {"id": ticket.team.pk, "name": ticket.team.name},
        "assignee": assignee and {"id": assignee.pk, "username": assignee.username},
        "labels": [
            {"id": label.pk, "name": label.name, "color": label.color}
            for label in sorted(ticket.labels.all(), key=lambda label: label.pk)
        ],
        "created_at": ticket.created_at.isoformat(),
        "updated_at": ticket.updated_at.isoformat(),
        "age_days": ticket.age,  # set by the fixture
    }


def comment_row(comment: Comment) -> dict[str, Any]:
    return {
        "id": comment.pk,
        "ticket_id": comment.ticket_id,
        "author": {"id": comment.author.pk, "username": comment.author.username},
        "body": comment.body,
        "internal": comment.internal,
        "created_at": comment.created_at.isoformat(),
    }
