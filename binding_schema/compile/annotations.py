"""First pass: what a binding class declares, read from its annotations and those of its bases and mixins."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin, get_type_hints

from django.contrib.auth.base_user import AbstractBaseUser

from ..declare.actions import Action
from ..declare.binding import Binding
from ..declare.fields import Computed, FieldOptions, Marker
from .problems import Problems

#: Names that a binding uses itself: attributes and hooks.
OWN_NAMES = frozenset(name for name in (*vars(Binding), *Binding.__annotations__) if not name.startswith("_"))


@dataclass(frozen=True, slots=True)
class Declared:
    """One field as it was written. ``type`` is the annotation without ``None``, markers and extra ``metadata``."""

    name: str
    type: Any
    optional: bool
    markers: frozenset[Marker]
    metadata: tuple[Any, ...]
    options: FieldOptions
    computed: Any = None  # a Computed: a descriptor, which a type checker would take for what it gives

    @property
    def is_auto(self) -> bool:
        return Marker.AUTO in self.markers


def hints_of(obj: Any, names: Mapping[str, Any]) -> dict[str, Any]:
    """Resolved annotations; ``names`` holds every binding by class name, for references to later ones."""
    return get_type_hints(obj, localns=dict(names), include_extras=True)


def declared_fields(binding: type[Binding[Any]], names: Mapping[str, Any], problems: Problems) -> list[Declared]:
    """The fields in their order of declaration, computed ones last."""
    try:
        hints = hints_of(binding, names)
    except (NameError, TypeError, SyntaxError) as error:
        problems.add(1, binding, f"an annotation cannot be resolved: {error}.", "Import the name in the same module.")
        return []
    found: dict[str, Declared] = {}
    for name, annotation in hints.items():
        value = getattr(binding, name, None)
        if name.startswith("_") or get_origin(annotation) is ClassVar or _is_config(binding, name, value, problems):
            continue
        if value is not None and not isinstance(value, FieldOptions):
            hint = f"Write `{name}: ... = field(...)`; defaults come from the model."
            problems.add(2, binding, f"field {name!r} has the value {value!r}.", hint)
            continue
        found[name] = _parse(name, annotation, value or FieldOptions())
    renamed = {item.options.source for item in found.values()}
    for name in _all_names(binding, problems):
        if name in renamed:
            continue
        found.setdefault(name, Declared(name, Any, False, frozenset({Marker.AUTO}), (), FieldOptions()))
    _add_computed(binding, names, found, problems)
    return list(found.values())


def _is_config(binding: type[Binding[Any]], name: str, value: Any, problems: Problems) -> bool:
    if name not in OWN_NAMES:
        return False
    annotated = any(name in vars(base).get("__annotations__", {}) for base in binding.__mro__ if base is not Binding)
    if annotated and (
        isinstance(value, FieldOptions) or all(name not in vars(b) for b in binding.__mro__ if b is not Binding)
    ):
        problems.add(
            3, binding, f"field {name!r} has the name of a binding's own attribute or hook.",
            f"Write `{name}_: auto = field(source={name!r})`, or another name.",
        )  # fmt: skip
    return True


def _parse(name: str, annotation: Any, options: FieldOptions) -> Declared:
    markers: set[Marker] = set()
    metadata: list[Any] = []
    optional = False
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            for item in annotation.__metadata__:
                (markers.add if isinstance(item, Marker) else metadata.append)(item)
            annotation = annotation.__origin__
        elif origin in (Union, types.UnionType) and type(None) in get_args(annotation):
            optional = True
            rest = tuple(arg for arg in get_args(annotation) if arg is not type(None))
            annotation = rest[0] if len(rest) == 1 else Union[rest]  # noqa: UP007 - built at run time
        else:
            return Declared(name, annotation, optional, frozenset(markers), tuple(metadata), options)


def is_password(model: Any, name: str) -> bool:
    """Whether a model's field holds a password hash."""
    return name == "password" and isinstance(model, type) and issubclass(model, AbstractBaseUser)


def _all_names(binding: type[Binding[Any]], problems: Problems) -> list[str]:
    wanted = binding.fields
    if isinstance(wanted, str):
        if wanted == "__all__" and binding.model is not None:
            concrete = binding.model._meta.concrete_fields
            return [
                "id",
                *(f.attname for f in concrete if not f.primary_key and not is_password(binding.model, f.name)),
            ]
        hint = 'Write `fields = "__all__"`, a list of names, or annotate the fields.'
        problems.add(4, binding, f"fields = {wanted!r} means nothing here.", hint)
        return []
    return list(wanted)


def _add_computed(
    binding: type[Binding[Any]], names: Mapping[str, Any], found: dict[str, Declared], problems: Problems
) -> None:
    for base in reversed(binding.__mro__):
        members: dict[str, Any] = dict(vars(base))
        for name, value in members.items():
            if isinstance(value, FieldOptions) and name not in found and name not in OWN_NAMES:
                hint = f"Write `{name}: auto = field(...)`."
                problems.add(5, binding, f"{name!r} is a field(...) without an annotation.", hint)
            overridden = getattr(binding, name, None) is not value
            if not isinstance(value, Computed) or overridden:
                continue
            result = typing.get_type_hints(value.func, localns=dict(names), include_extras=True).get("return")
            if result is None:
                hint = f"Write `def {name}(self, obj) -> int:` with the type of its value."
                problems.add(6, binding, f"computed field {name!r} does not say its type.", hint)
                continue
            parsed = _parse(name, result, value.options)
            found[name] = Declared(
                name, parsed.type, parsed.optional, parsed.markers, parsed.metadata, value.options, value
            )


def declared_actions(binding: type[Binding[Any]]) -> dict[str, Action]:
    """The actions by name; one that a subclass overrides with a plain method or None is gone."""
    found: dict[str, Action] = {}
    for base in reversed(binding.__mro__):
        for name, value in vars(base).items():
            if isinstance(value, Action):
                found[name] = value
            else:
                found.pop(name, None)
    return found
