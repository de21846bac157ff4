from binding_schema import Binding, IsAuthenticated, auto

from .models import Item


class ItemBinding(Binding[Item]):
    id: auto
    title: auto
    body: auto
    status: auto
    priority: auto
    amount: auto
    owner_id: auto
    due_on: auto
    created_at: auto

    filters = {"status": ["exact", "in"], "priority": ["exact", "gte", "lte"]}
    ordering = ["created_at", "priority"]
    permissions = [IsAuthenticated]
