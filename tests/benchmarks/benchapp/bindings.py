from django.contrib.auth.models import User

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


class OwnerBinding(Binding[User]):
    stream = None

    id: auto
    username: auto


class OwnedItemBinding(ItemBinding):
    """The same with its owner nested, for GraphQL's benchmark."""

    stream = "benchapp.OwnedItem"

    owner: OwnerBinding
    owner_id = None
