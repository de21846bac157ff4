"""``AsyncBinding`` and ``SyncBinding``: a class in an app's ``bindings.py`` declares what a model's stream serves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import Any, ClassVar

from binding_schema import Context, extend

from .declaring import declare
from .handlers import answer_of, bind, plain
from .requests import Consumer

__all__ = ["AsyncBinding", "SyncBinding", "bind"]


class BaseBinding:
    """An instance is made for each request: ``self.user``, ``self.consumer`` (with ``.scope`` and ``.hash``), ``self.stream``
    and ``self.model``.

    What binding-schema's own bindings declare may stand here too: ``filters``, ``ordering``, ``search_fields``,
    ``default_order``, ``visible_to(self, user)``, ``perform_create(self, ctx, obj)`` and so on.
    """

    model: ClassVar[Any] = None
    stream: ClassVar[Any] = None
    queryset: ClassVar[Any] = None
    fields: ClassVar[Any] = ()
    page_size: ClassVar[int | None] = None
    lookup_field: ClassVar[str] = "pk"
    serializer_class: ClassVar[Any] = None
    permission_classes: ClassVar[Sequence[Any]] = ()
    post_save_retrieve: ClassVar[bool] = True
    """Accepted, and without effect: each change is told, after its commit, to those who have asked for the object."""

    _event: str = ""
    _sent: dict[str, Any] | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        declare(cls, (BaseBinding, AsyncBinding, SyncBinding) if cls.__module__ != __name__ else ())

    def __init__(self, consumer: Consumer) -> None:
        self.consumer = consumer
        self.user = consumer.user

    # Rows -----------------------------------------------------------------------------------------------------------

    def get_queryset(self, data: dict[str, Any]) -> Any:
        """The rows there are for this user. ``data`` is that of a ``search``, ``list`` or ``subscribe``; it is empty where it is
        asked what the user may see at all, which is what the rows for some data are taken from."""
        return self.queryset.all() if self.queryset is not None else self.model._default_manager.all()

    def filter_queryset(self, queryset: Any, data: dict[str, Any]) -> Any:
        """The rows of a ``search``, ``list`` or ``subscribe`` by its whole data."""
        return queryset

    def filter_in(self, queryset: Any, name: str, data: dict[str, Any], lookup: str | None = None) -> Any:
        """By one key of the data, if it is there: equal to a value, or one of a list; an empty list filters nothing."""
        value = data.get(name, [])
        if not isinstance(value, list):
            return queryset.filter(**{lookup or name: value})
        return queryset.filter(**{f"{lookup or name}__in": value}) if value else queryset

    def serialize(self, instance: Any, data: dict[str, Any]) -> Any:
        """The object's row; ``id`` is added. ``data`` is empty: a row is made once for all who see the same."""
        for name in ("__json__", "to_json"):
            if callable(getattr(instance, name, None)):
                return plain(getattr(instance, name)())
        return {item.attname: _value(item, instance) for item in instance._meta.concrete_fields if _is_shown(item)}

    # Writes, as the library's bindings have them: each runs inside the write's transaction ---------------------------------

    def perform_create(self, ctx: Context, obj: Any) -> Any:
        obj.save(force_insert=True)

    def perform_update(self, ctx: Context, obj: Any) -> Any:
        obj.save()

    def perform_delete(self, ctx: Context, obj: Any) -> Any:
        obj.delete()

    # Events ---------------------------------------------------------------------------------------------------------

    def reflect(self, event: str, data: Any, *, stream: str | None = None, hash: str | None = None) -> Awaitable[None]:
        """Send to the connection that asked. What a handler sends under its own event first is its answer, over HTTP as well."""
        hash = self.consumer.hash if hash is None else hash
        if event == self._event and stream in (None, self.stream) and hash == self.consumer.hash and self._sent is None:
            self._sent = answer_of(data)
            return _Done()
        name = f"{self._named(event, stream)}#{hash}" if hash else self._named(event, stream)
        return _do(lambda: self._context.reflect(name, answer_of(data)))

    def dispatch(self, event: str, data: Any, *, stream: str | None = None) -> Awaitable[None]:
        """Send to all who have an interest in the stream and may read it."""
        return _do(lambda: self._context.dispatch(self._named(event, stream), answer_of(data)))

    def broadcast(self, event: str, data: Any, *, stream: str | None = None) -> Awaitable[None]:
        """Send to every connection: nothing in it may be for some only."""
        return _do(lambda: self._context.broadcast(self._named(event, stream), answer_of(data)))

    def subscribe(self, group: str | None = None, **data: Any) -> Awaitable[None]:
        """Subscribe the connection that asked to a stream, its own if none is named; ``data`` is what a client might send."""
        return _do(lambda: self._context.subscribe(group or self.stream, **data))

    def unsubscribe(self, group: str | None = None, **data: Any) -> Awaitable[None]:
        return _do(lambda: self._context.unsubscribe(group or self.stream, **data))

    def _named(self, event: str, stream: str | None) -> str:
        return event if "." in event else f"{stream or self.stream}.{event}"

    @property
    def _context(self) -> Any:
        return self.consumer.context


class AsyncBinding(BaseBinding):
    """Handlers are ``async def``, and await ``self.reflect(...)`` and its like. A plain ``def`` runs on a worker thread."""


class SyncBinding(BaseBinding):
    """Handlers are plain ``def``, each in a transaction on a worker thread; ``self.reflect(...)`` is a plain call."""


def _is_shown(item: Any) -> bool:
    return not (item.name == "password" and hasattr(item.model, "check_password"))


def _value(item: Any, instance: Any) -> Any:
    value = getattr(instance, item.attname)
    if hasattr(value, "storage"):  # a file's field
        return value.url if value else None
    return value


class _Done:
    """What has been done can be awaited all the same."""

    def __await__(self) -> Generator[Any, None, None]:
        return
        yield


def _do(work: Callable[[], None]) -> Awaitable[None]:
    """At once on a worker thread; on an event loop, where the database cannot be asked, when it is awaited."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        work()
        return _Done()
    return extend.run_on_worker(work)
