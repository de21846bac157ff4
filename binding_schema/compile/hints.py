"""Annotations become types. A name means what it means in the module that wrote it, or else a binding of that name."""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_type_hints

from ..declare.binding import Binding

#: What evaluating an annotation can raise.
UNRESOLVED = (NameError, TypeError, AttributeError, LookupError, SyntaxError, ValueError)


def names_of(bindings: Iterable[type[Binding[Any]]]) -> dict[str, Any]:
    """Bindings by class name, for references to later ones and to those imported for type checking only.

    A name that two bindings share is left out: which of them is meant must be said by an import.
    """
    found = list(bindings)
    count = Counter(item.__name__ for item in found)
    return {item.__name__: item for item in found if count[item.__name__] == 1}


def class_hints(
    binding: type, names: Mapping[str, Any], failed: Callable[[str, Exception], None]
) -> dict[str, tuple[Any, type]]:
    """``{name: (type, the class that annotates it)}`` of a class and its bases, bases first.

    ``failed`` is told of each annotation that cannot be resolved; the others are returned all the same.
    """
    found: dict[str, tuple[Any, type]] = {}
    for base in reversed(binding.__mro__):
        module = vars(sys.modules.get(base.__module__, sys))
        scope = {**vars(base), **names, **module}
        for name, annotation in inspect.get_annotations(base).items():
            try:
                found[name] = (_resolved(name, annotation, scope), base)
            except UNRESOLVED as error:
                found.pop(name, None)
                failed(name, error)
    return found


def _resolved(name: str, annotation: Any, scope: dict[str, Any]) -> Any:
    # A class of its own: only there a ClassVar may stand, and only here one wrong annotation leaves the others alone.
    holder = type("Holder", (), {})
    holder.__annotations__ = {name: annotation}
    return get_type_hints(holder, globalns=scope, include_extras=True)[name]


def function_hints(function: Callable[..., Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """The resolved annotations of a function. Raises one of UNRESOLVED."""
    scope = {**names, **getattr(inspect.unwrap(function), "__globals__", {})}
    return get_type_hints(function, globalns=scope, include_extras=True)
