"""The class that a user subclasses."""

from __future__ import annotations

from collections.abc import Coroutine, Hashable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar, get_args, get_origin

from django.db.models import Model, Q, QuerySet

from .context import Context
from .filters import CustomFilter
from .registry import register

M = TypeVar("M", bound=Model)


def _is_model(item: Any) -> bool:
    """``Binding[Any]`` leaves the model to a subclass or to ``model = ...``."""
    return isinstance(item, type) and issubclass(item, Model)


class Binding(Generic[M]):
    """A typed API over a Django model, or, without a model, a stream of actions.

    Annotations are its fields; docs/design.md lists the attributes and hooks. It is compiled once, at start-up. One
    instance of it serves all requests, so hooks keep nothing on ``self``.
    """

    model: ClassVar[type[Model] | None] = None
    stream: ClassVar[str | None] = ""
    """Empty: ``app_label.ModelName``. None: for nesting only, not served."""
    abstract: ClassVar[bool] = True
    fields: ClassVar[str | Sequence[str]] = ()
    serializer_class: ClassVar[Any] = None
    """Another framework's serializer, which an adapter knows: it makes the rows, and writes them."""
    serialize_needs: ClassVar[Sequence[str]] = ()
    """The relations that an own ``serialize`` reads, fetched for all rows at once."""
    filters: ClassVar[Mapping[str, Sequence[str] | CustomFilter]] = {}
    filterset_class: ClassVar[Any] = None
    """Another framework's filters, which an adapter knows."""
    ordering: ClassVar[Sequence[str]] = ()
    default_order: ClassVar[str | Sequence[str] | None] = None
    search_fields: ClassVar[Sequence[str]] = ()
    page_size: ClassVar[int | None] = None
    max_page_size: ClassVar[int | None] = None
    list_limit: ClassVar[int | None] = None
    permissions: ClassVar[Sequence[Any] | None] = None
    throttles: ClassVar[Sequence[Any] | None] = None
    verbs: ClassVar[Iterable[str] | None] = None
    lookup_field: ClassVar[str] = "pk"
    """A unique field by which clients may name an object too: ``{"slug": ...}`` in place of ``{"id": ...}``."""
    graphql_name: ClassVar[str | None] = None
    """The name of its GraphQL type; without it, the class's name without ``Binding``."""
    auto_subscribe: ClassVar[bool] = True
    """Whether retrieve, list, search, create, update and save register an interest, so that live frames follow."""
    depends_on: ClassVar[Sequence[Any]] = ()
    """Relations whose rows count as part of an object: ``["team", "comments"]``, or ``[Ticket.team]``."""
    visibility_depends_on: ClassVar[Sequence[Any]] = ()
    """What changes who sees which rows without changing the rows: ``[Team.members]``, a model, or a path."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # Whether a class is abstract is said by each class for itself, as in a Django model's Meta.
        cls.abstract = bool(cls.__dict__.get("abstract", False))
        # Where `model = ...` says something else, a check tells.
        for base in () if "model" in vars(cls) else cls.__dict__.get("__orig_bases__", ()):
            origin, args = get_origin(base), get_args(base)
            if isinstance(origin, type) and issubclass(origin, Binding) and args and _is_model(args[0]):
                cls.model = args[0]
        register(cls)

    # Rows -----------------------------------------------------------------------------------------------------------

    def visible_to(self, user: Any) -> Q | Coroutine[Any, Any, Q]:
        """The rows that ``user`` may see and write. Use ``user`` only as a value inside the ``Q``: the live engine passes
        a reference to a row of the user table instead of a user."""
        return Q()

    def sees_all(self, ctx: Context) -> Any:
        """Whether ``visible_to`` is skipped."""
        return bool(ctx.user.is_active and getattr(ctx.user, "is_superuser", False))

    def get_queryset(self, ctx: Context) -> QuerySet[M]:
        """The rows there are, before ``visible_to``."""
        if self.model is None:
            raise TypeError(f"{type(self).__name__} has no model.")
        return self.model._default_manager.all()  # type: ignore[return-value]

    def filter_queryset(self, ctx: Context, queryset: QuerySet[M], data: Mapping[str, Any]) -> QuerySet[M]:
        """The rows of a ``list``, ``search`` or ``subscribe`` by its whole data. With an own one, keys of the data that are
        not the verb's are let through to it."""
        return queryset

    def serialize(self, ctx: Context, obj: M) -> Any:
        """With an own one: the object's row as a mapping, in place of its fields' values; ``id`` is added."""
        raise NotImplementedError

    def audience(self, ctx: Context) -> Hashable:
        """With an own ``get_queryset``, ``serialize`` or filter: users with an equal audience see the same rows and fields."""
        return ("user", ctx.user.pk)

    def has_object_permission(self, ctx: Context, obj: M) -> Any:
        """Whether the user may read (``ctx.is_read``) or write this object."""
        return True

    # Writes: each runs inside the write's transaction ------------------------------------------------------------------

    def perform_create(self, ctx: Context, obj: M) -> Any:
        obj.save(force_insert=True)

    def perform_update(self, ctx: Context, obj: M) -> Any:
        obj.save()

    def perform_delete(self, ctx: Context, obj: M) -> Any:
        obj.delete()
