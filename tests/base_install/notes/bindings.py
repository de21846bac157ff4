from django.db.models import Q

from binding_schema import Binding, IsAuthenticated, auto
from notes.models import Note


class NoteBinding(Binding[Note]):
    id: auto
    title: auto
    owner_id: auto

    filters = {"title": ["exact", "icontains"]}
    permissions = [IsAuthenticated]

    def visible_to(self, user) -> Q:
        return Q(owner=user)
