from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.views.generic import TemplateView

from .demo.accounts import ACCOUNTS
from .models import Ticket

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
