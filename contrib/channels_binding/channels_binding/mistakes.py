"""What was overridden in the original and cannot be here, with what to write instead."""

from __future__ import annotations

from typing import Final

_ROWS = (
    "Write `def get_queryset(self, data)`, `def filter_queryset(self, queryset, data)` or `def serialize(self, instance, data)`; "
    "or bind another name."
)
_WRITE = (
    "Write `def perform_create(self, ctx, obj)` or `def perform_update(self, ctx, obj)`, which save the object, or the model's "
    "own clean() and save(); or bind another name."
)
_FOLLOW = "Clients subscribe by themselves, and reading subscribes too; in a handler write `self.subscribe(...)`."
_NAME = "Bind another name."

#: Events that the library answers itself.
BUILT_IN: Final = {
    "search": _ROWS,
    "list": _ROWS,
    "retrieve": _ROWS,
    "create": _WRITE,
    "update": _WRITE,
    "save": _WRITE,
    "delete": "Write `def perform_delete(self, ctx, obj)`, or bind another name.",
    "subscribe": _FOLLOW,
    "unsubscribe": _FOLLOW,
    "schema": _NAME,
    "events": _NAME,
    "resync": _NAME,
}
#: Methods and attributes of the original's that nothing asks.
GONE: Final = {
    "get_object": "Write `def get_queryset(self, data)`: with no data it says which objects there are.",
    "paginate": "Write `page_size = 25`; clients may send `limit`.",
    "get_search_data": _ROWS,
    "get_search_extra_data": "Bind an event of another name that answers it.",
    "get_retrieve_data": _ROWS,
    "get_retrieve_extra_data": "Write `def serialize(self, instance, data)`.",
    "serialize_queryset": "Write `def serialize(self, instance, data)`, for one object.",
    "serialize_form": "The answer of a write is {success, id}, or {success: false, errors}.",
    "get_save_data": _WRITE,
    "get_form": _WRITE,
    "get_form_fields": "Write `fields = [...]`.",
    "form_is_valid": "Write the model's clean().",
    "save_form": _WRITE,
    "model_form": "Write `fields = [...]` and the model's clean().",
    "data_pk": "The key is called `id`; `lookup_field` names a field that may stand for it.",
}
