"""What rows there are and what is in them."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from apps.desk.models import Note, Place, Tag, Task, Visit
from binding_schema import AllowAny, BasePermission, Context, IsAuthenticated, auto, field
from binding_schema import Binding as CoreBinding
from channels_binding.bindings import AsyncBinding, SyncBinding


class NotesOfOthersAreTheirs(BasePermission):
    def has_object_permission(self, ctx: Context, obj: Any) -> bool:
        return ctx.is_read or obj.owner_id == ctx.user.pk


class Binding(AsyncBinding):
    """Every habit at once."""

    model = Note
    queryset = Note.objects.order_by("-title")
    fields = ["title", "slug", "status", "owner"]
    page_size = 2
    lookup_field = "slug"
    permission_classes = [IsAuthenticated, NotesOfOthersAreTheirs]
    post_save_retrieve = True

    def get_queryset(self, data: dict[str, Any]) -> QuerySet[Note]:
        rows = super().get_queryset(data)
        return rows if self.user.is_superuser else rows.filter(owner=self.user)

    def filter_queryset(self, queryset: QuerySet[Note], data: dict[str, Any]) -> QuerySet[Note]:
        queryset = self.filter_in(queryset, "status", data)
        return self.filter_in(queryset, "contains", data, lookup="title__icontains")


class TagBinding(SyncBinding):
    model = Tag
    permission_classes = [IsAuthenticated]


class PlaceBinding(AsyncBinding):
    model = Place
    permission_classes = [AllowAny]

    def serialize(self, instance: Place, data: dict[str, Any]) -> dict[str, Any]:
        row: dict[str, Any] = super().serialize(instance, data)
        return {**row, "seen_by": self.user.username, "stream": self.stream, "model": self.model.__name__}


class JobBinding(CoreBinding[Task]):
    """One of the library's own, in the same project."""

    stream = "desk.Own"
    permissions = [IsAuthenticated]

    id: auto
    title: auto


class VisitBase(AsyncBinding):
    abstract = True
    model = Visit
    permission_classes = [AllowAny]


class VisitBinding(VisitBase):
    """Written with annotations, and async: `count` is a key of the protocol's, so the field has another name here."""

    place_id: auto
    count_: auto = field(source="count")

    async def get_queryset(self, data: dict[str, Any]) -> QuerySet[Visit]:
        if await Visit.objects.acount() > 2:
            return Visit.objects.none()
        return Visit.objects.all()


class Shown(VisitBase):
    """Its rows ask for more than the visit itself."""

    stream = "desk.Shown"
    fields = ["place"]
    serialize_needs = ["place"]

    def serialize(self, instance: Visit, data: dict[str, Any]) -> dict[str, Any]:
        return {**super().serialize(instance, data), "place": instance.place, "data": data}


class Shared(AsyncBinding):
    """A base of one's own, without a model."""

    permission_classes = [IsAuthenticated]
    ordering = ["title"]
    filters = {"done": ["exact"]}


class TaskBinding(Shared):
    """What the library's own bindings declare may stand here too."""

    model = Task
    stream = "desk.Job"
    search_fields = ["title"]

    def visible_to(self, user: Any) -> Q:
        return Q(team="red")

    def perform_create(self, ctx: Context, obj: Task) -> None:
        obj.title = f"{obj.title} by {self.user.username}"
        super().perform_create(ctx, obj)
