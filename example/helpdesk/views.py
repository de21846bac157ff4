from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.views.generic import TemplateView

from .demo.accounts import ACCOUNTS
from .models import Team, Ticket


class StartView(TemplateView):
    """Says what is where; who is logged in also gets a console for frames."""

    template_name = "helpdesk/start.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        frames = example_frames(user) if isinstance(user, User) else {}
        websocket = f"{'wss' if self.request.is_secure() else 'ws'}://{self.request.get_host()}/ws/"
        return super().get_context_data(accounts=ACCOUNTS, frames=frames, websocket=websocket, **kwargs)


def example_frames(user: User) -> dict[str, dict[str, Any]]:
    """Frames that work for this user as they are, by the words on their buttons."""
    teams = Team.objects.all() if user.is_superuser else Team.objects.filter(members=user)
    team = teams.order_by("id").first()
    ticket = Ticket.objects.filter(team=team).order_by("id").first()
    me = {"event": "auth.User.retrieve", "data": {"id": user.pk}}
    schema = {"event": "helpdesk.Ticket.schema"}
    if team is None or ticket is None:
        return {"Myself": me, "Schema": schema}
    urgent = {"filters": {"status": ["open", "pending"], "priority__gte": 4}, "order": "due_on"}
    new = {"title": "The coffee machine is offline", "team": team.pk, "priority": 3}
    events: list[tuple[str, str, dict[str, Any]]] = [
        ("Search", "helpdesk.Ticket.search", {"page": 1, "limit": 5, "order": "-created_at"}),
        ("Text search", "helpdesk.Ticket.search#text", {"query": "sticker", "limit": 3}),
        ("List of urgent", "helpdesk.Ticket.list#urgent", urgent),
        ("Retrieve", "helpdesk.Ticket.retrieve", {"id": ticket.pk}),
        ("Its comments", "helpdesk.Comment.search", {"filters": {"ticket": ticket.pk}}),
        ("Create", "helpdesk.Ticket.create", new),
        ("Save", "helpdesk.Ticket.save", {"id": ticket.pk, "priority": 4}),
        ("Close", "helpdesk.Ticket.close", {"id": ticket.pk, "reason": "Solved by switching it off and on."}),
        ("Take one", "helpdesk.Ticket.take", {"team": team.pk}),
        ("Stats", "helpdesk.Ticket.stats", {}),
    ]
    return {name: {"event": event, "data": data} for name, event, data in events} | {"Myself": me, "Schema": schema}
