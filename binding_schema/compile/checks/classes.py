"""What a binding class is: its model, its hooks, and whether it can be made."""

from __future__ import annotations

import inspect
from typing import Any, TypeVar, get_args, get_origin

from django.db.models import Model

from ...declare.actions import Action
from ...declare.binding import Binding
from ...declare.fields import Computed
from ..annotations import MISSING, value_of
from ..options import takes
from ..problems import Problems

#: A binding's hooks with their parameters after ``self``.
HOOKS = {
    name: tuple(inspect.signature(value).parameters)[1:]
    for name, value in vars(Binding).items()
    if inspect.isfunction(value) and not name.startswith("_")
}


def model(binding: type[Binding[Any]], problems: Problems) -> bool:
    """Whether the binding's model, if it has one, is one that rows can be read from."""
    found: Any = binding.model
    before = len(problems.found)
    for given in _stated(binding):
        if not _is_model(given):
            hint = f"Write `class {binding.__name__}(Binding[Ticket])`, with the model's class; import it for real."
            problems.add(107, binding, f"Binding[{getattr(given, '__name__', given)}] does not name a model.", hint)
        elif given is not found:
            hint = "Say it once: Binding[...] or `model = ...`."
            problems.add(108, binding, f"it says Binding[{given.__name__}] and `model = {found!r}`.", hint)
    if found is None or len(problems.found) > before:
        return len(problems.found) == before
    if not _is_model(found):
        hint = f"Write `class {binding.__name__}(Binding[Ticket])` or `model = Ticket`, with the model's class."
        problems.add(107, binding, f"`model` is {found!r}.", hint)
    elif found._meta.abstract:
        problems.add(72, binding, f"its model {found.__name__} is abstract.", "Bind a concrete model.")
    elif found._meta.swapped:
        hint = f"Bind {found._meta.swapped}, or get_user_model() for the user."
        problems.add(109, binding, f"its model {found.__name__} is swapped for another by the settings.", hint)
    return len(problems.found) == before


def _stated(binding: type[Binding[Any]]) -> list[Any]:
    """What stands in the brackets of ``Binding[...]``, but for what leaves the model open."""
    found: list[Any] = []
    for base in vars(binding).get("__orig_bases__", ()):
        if isinstance(get_origin(base), type) and issubclass(get_origin(base), Binding):
            found.extend(item for item in get_args(base)[:1] if item is not Any and not isinstance(item, TypeVar))
    return found


def _is_model(item: Any) -> bool:
    return isinstance(item, type) and issubclass(item, Model)


def hooks(binding: type[Binding[Any]], problems: Problems) -> None:
    """Refuse a hook that cannot be called as the library calls it."""
    for name, params in HOOKS.items():
        value, at = value_of(binding, name)
        if at is Binding or value is MISSING or isinstance(value, (Action, Computed)):
            continue
        bound = isinstance(value, classmethod) or inspect.isfunction(value)
        function = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
        if not callable(function) or not takes(function, len(params) + bound):
            right = f"def {name}({', '.join(('self', *params))})"
            message = f"the hook `{name}` cannot be called as {name}({', '.join(params)})."
            problems.add(103, binding, message, f"Write `{right}:`.")


def instance(binding: type[Binding[Any]], problems: Problems) -> Binding[Any]:
    """The one instance that serves all requests."""
    try:
        return binding()
    except TypeError as error:
        hint = "Take __init__ away, or its parameters: one instance, made without arguments, serves all requests."
        problems.add(104, binding, f"it cannot be made: {error}.", hint)
        return object.__new__(binding)
