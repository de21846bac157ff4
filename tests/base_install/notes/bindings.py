from django.db.models import Q

from binding_schema import Binding, IsAuthenticated, auto, field
from notes.models import Note, Tag


class NoteBinding(Binding[Note]):
    id: auto
    title: auto
    owner_id: auto

    filters = {"title": ["exact", "icontains"]}
    permissions = [IsAuthenticated]

    def visible_to(self, user) -> Q:
        return Q(owner=user)


class TagBinding(Binding[Tag]):
    """A relation to many from either side."""

    id: auto
    name: auto
    note_ids: list[int] = field(source="notes")

    permissions = [IsAuthenticated]


class NestedTag(Binding[Tag]):
    stream = None
    permissions = [IsAuthenticated]

    id: auto
    name: auto


class TaggedBinding(NoteBinding):
    stream = "notes.Tagged"

    tags: list[NestedTag]

    filters = {"tags": ["exact", "in"], "tags__name": ["exact"]}
