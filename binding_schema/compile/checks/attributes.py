"""Names on a binding class that mean nothing, but look as if they were meant to."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable
from typing import Any

from ...declare.actions import Action
from ...declare.binding import Binding
from ...declare.events import Event
from ...declare.fields import Computed, FieldOptions
from ..annotations import OWN_NAMES, Declared, effective
from ..problems import Problems
from .classes import HOOKS

#: What other libraries call what a binding has under another name.
ELSEWHERE = {
    "Meta": "attributes on the binding class itself",
    "exclude": "only the fields that are shown; `name = None` in a subclass drops one",
    "filter_fields": "filters = {...}",
    "filterset_fields": "filters = {...}",
    "http_method_names": "verbs = [...]",
    "list_filter": "filters = {...}",
    "order_by": "ordering = [...] for what clients may order by, default_order = [...] for the rest",
    "ordering_fields": "ordering = [...]",
    "paginate_by": "page_size = 25",
    "pagination_class": "page_size = 25",
    "per_page": "page_size = 25",
    "permission_classes": "permissions = [...]",
    "queryset": "def get_queryset(self, ctx)",
    "read_only_fields": "ReadOnly[...] around each field's type",
    "readonly_fields": "ReadOnly[...] around each field's type",
    "search": "search_fields = [...]",
}
#: What says something about a model's rows.
OF_A_MODEL = (
    "fields", "filters", "filterset_class", "ordering", "default_order", "search_fields", "serialize_needs", "verbs",
    "lookup_field",
)  # fmt: skip
#: A helper's name may be like a hook's (`visible`); a mistyped one (`visable_to`) is more alike.
ALIKE_VALUE, ALIKE_METHOD = 0.8, 0.85


def unknown_attributes(binding: type[Binding[Any]], problems: Problems) -> None:
    annotated = {name for base in binding.__mro__ for name in inspect.get_annotations(base)}
    for name, value in effective(binding).items():
        known = name.startswith("_") or name in OWN_NAMES or name in annotated or value is None
        if known or isinstance(value, (FieldOptions, Computed, Action, Event)):
            continue
        right = ELSEWHERE.get(name) or _alike(name, value)
        if right:
            problems.add(102, binding, f"`{name}` means nothing to a binding.", f"Write {right}, or another name.")


def _alike(name: str, value: Any) -> str:
    if isinstance(value, type):
        return ""
    if callable(value) or isinstance(value, (classmethod, staticmethod, property)):
        found = difflib.get_close_matches(name, HOOKS, n=1, cutoff=ALIKE_METHOD)
        return f"`def {found[0]}({', '.join(('self', *HOOKS[found[0]]))})`" if found else ""
    found = difflib.get_close_matches(name, OWN_NAMES - HOOKS.keys(), n=1, cutoff=ALIKE_VALUE)
    return f"`{found[0]} = ...`" if found else ""


def nothing_of_a_model(binding: type[Binding[Any]], declared: Iterable[Declared], problems: Problems) -> None:
    """Refuse, on a binding without a model, what would silently do nothing."""
    found = [f"field {item.name!r}" for item in declared]
    found += [
        f"`{name}`" for name in OF_A_MODEL if (value := getattr(binding, name)) and value != getattr(Binding, name)
    ]
    if found:
        hint = f"Write `class {binding.__name__}(Binding[SomeModel])`, or leave it out: without one there are only actions."
        problems.add(110, binding, f"{', '.join(found)}: there is no model that it could be of.", hint)
