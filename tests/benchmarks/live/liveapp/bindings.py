from django.db.models import Q

from binding_schema import Binding, IsAuthenticated, auto

from .models import Item, Team, Ticket


class ItemBinding(Binding[Item]):
    id: auto
    title: auto
    body: auto
    status: auto
    priority: auto
    amount: auto
    team_id: auto
    due_on: auto
    created_at: auto

    filters = {"status": ["exact", "in"]}
    permissions = [IsAuthenticated]


class TicketBinding(Binding[Ticket]):
    id: auto
    title: auto
    body: auto
    status: auto
    priority: auto
    amount: auto
    team_id: auto
    due_on: auto
    created_at: auto

    filters = {"status": ["exact", "in"]}
    permissions = [IsAuthenticated]
    visibility_depends_on = [Team.members]

    def visible_to(self, user) -> Q:
        return Q(team__members=user)
