from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.models import User
from django.urls import reverse
from django.views.generic import TemplateView

from .demo.accounts import ACCOUNTS
from .models import Team, Ticket

WEBSOCKET = "/ws/"
API = "/api/"


class PlacesView(TemplateView):
    """Says what is where, and who can log in."""

    template_name = "helpdesk/about.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        websocket = f"{'wss' if self.request.is_secure() else 'ws'}://{self.request.get_host()}{WEBSOCKET}"
        return super().get_context_data(accounts=ACCOUNTS, websocket=websocket, **kwargs)


class StartView(PlacesView):
    """The live board; who is not logged in is told what this is."""

    def get_template_names(self) -> list[str]:
        return ["helpdesk/board.html" if self.request.user.is_authenticated else "helpdesk/welcome.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        choices = {
            "websocket": WEBSOCKET,
            "api": API,
            "login": f"{reverse('login')}?next={reverse('start')}",
            "about": reverse("about"),
            "me": {"id": self.request.user.pk, "username": self.request.user.get_username()},
            "statuses": dict(Ticket.Status.choices),
            "priorities": dict(Ticket.Priority.choices),
            "priority": Ticket.Priority.NORMAL,
        }
        return super().get_context_data(choices=choices, **kwargs)


class ConsoleView(LoginRequiredMixin, TemplateView):
    """Frames by hand."""

    template_name = "helpdesk/console.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        assert isinstance(user, User)
        return super().get_context_data(frames=example_frames(user), websocket=WEBSOCKET, **kwargs)


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
