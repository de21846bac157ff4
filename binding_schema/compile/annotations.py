"""First pass: what a binding class declares, read from its annotations and those of its bases and mixins."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin

from django.contrib.auth.base_user import AbstractBaseUser

from ..declare.actions import Action
from ..declare.binding import Binding
from ..declare.fields import Computed, FieldOptions, Marker
from ..types import ALL
from .attributes import Attributes
from .hints import UNRESOLVED, class_hints, function_hints
from .problems import Problems

#: Names that a binding uses itself: attributes and hooks.
OWN_NAMES = frozenset(name for name in (*vars(Binding), *Binding.__annotations__) if not name.startswith("_"))
#: A name that no class of a binding gives a value.
MISSING: Any = object()


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


@dataclass(slots=True)
class AnnotationPass:
    """Reads the fields of one binding."""

    binding: type[Binding[Any]]
    attributes: Attributes
    names: Mapping[str, Any]
    problems: Problems
    found: dict[str, Declared] = field(default_factory=dict)
    annotated: set[str] = field(default_factory=set)

    def read(self) -> list[Declared]:
        """The fields in their order of declaration, computed ones last."""
        for name, (annotation, owner) in class_hints(self.binding, self.names, self._unresolved).items():
            if name.startswith("_") or annotation is ClassVar or get_origin(annotation) is ClassVar:
                continue
            if name in OWN_NAMES:
                self._check_own(name, owner)
                continue
            self.annotated.add(name)
            options = self._options(name, owner)
            if options is not None:
                self.found[name] = parse(name, annotation, options)
        self._add_listed()
        self._add_computed()
        return list(self.found.values())

    def _unresolved(self, name: str, error: Exception) -> None:
        self.annotated.add(name)
        hint = (
            "Import the name in the same module, outside of `if TYPE_CHECKING`. A binding needs no import, "
            "if no other has its name."
        )
        self.problems.add(1, self.binding, f"the annotation of {name!r} cannot be resolved: {error}.", hint)

    def _options(self, name: str, owner: type) -> FieldOptions | None:
        """The ``field(...)`` beside an annotation; None where a subclass drops or computes the field, or after a problem."""
        value, at = value_of(self.binding, name)
        if value is MISSING:
            return FieldOptions()
        if isinstance(value, FieldOptions):
            return value
        order = self.binding.__mro__
        if isinstance(value, (Computed, Action)) and order.index(at) > order.index(owner):
            return FieldOptions()  # the annotation is the later word
        if isinstance(value, (Computed, Action)) or (value is None and at is not owner):
            return None
        hint = (
            f"Write `{name}: ... = field(...)`; defaults come from the model. `{name} = None` in a subclass drops it."
        )
        return self.problems.add(2, self.binding, f"field {name!r} has the value {value!r}.", hint)

    def _check_own(self, name: str, owner: type) -> None:
        """An own attribute may be annotated, if it has a value: ``page_size: int = 50``."""
        value, at = value_of(self.binding, name)
        if owner is not Binding and (at is Binding or isinstance(value, FieldOptions)):
            self._taken(f"field {name!r}", f"Write `{name}_: auto = field(source={name!r})`, or another name.")

    def _taken(self, what: str, hint: str) -> None:
        self.problems.add(3, self.binding, f"{what} has the name of a binding's own attribute or hook.", hint)

    def _add_listed(self) -> None:
        """The fields that the attribute ``fields`` names, unless they are declared, under another name, or dropped."""
        renamed = {item.options.source for item in self.found.values()}
        for name in _listed(self.binding, self.attributes):
            value, _ = value_of(self.binding, name)
            if name in renamed or name in self.annotated or value is None:
                continue
            options = value if isinstance(value, FieldOptions) else FieldOptions()
            self.found[name] = Declared(name, Any, False, frozenset({Marker.AUTO}), (), options)

    def _add_computed(self) -> None:
        for name, value in effective(self.binding).items():
            if isinstance(value, FieldOptions) and name not in {*self.found, *self.annotated, *OWN_NAMES}:
                hint = f"Write `{name}: auto = field(...)`."
                self.problems.add(5, self.binding, f"{name!r} is a field(...) without an annotation.", hint)
            if isinstance(value, Computed) and name in OWN_NAMES:
                self._taken(f"computed field {name!r}", "Give it another name.")
            elif isinstance(value, Computed) and name not in self.found:
                self._computed(name, value)

    def _computed(self, name: str, value: Computed) -> None:
        try:
            result = function_hints(value.func, self.names).get("return", MISSING)
        except UNRESOLVED as error:
            self._unresolved(name, error)
            return
        if result is MISSING or result is type(None):
            hint = f"Write `def {name}(self, obj) -> int:` with the type of its value."
            self.problems.add(6, self.binding, f"computed field {name!r} does not say its type.", hint)
            return
        parsed = parse(name, result, value.options)
        self.found[name] = Declared(
            name, parsed.type, parsed.optional, parsed.markers, parsed.metadata, value.options, value
        )


def value_of(binding: type[Binding[Any]], name: str) -> tuple[Any, type]:
    """What the classes of a binding say that ``name`` is, and which of them says so; (MISSING, object) for none."""
    for base in binding.__mro__:
        if name in vars(base):
            return vars(base)[name], base
    return MISSING, object


def effective(binding: type[Binding[Any]]) -> dict[str, Any]:
    """Everything that a binding's classes define, bases first, each name with the value that counts."""
    found: dict[str, Any] = {}
    for base in reversed(binding.__mro__):
        if base not in (Binding, object):
            found.update(vars(base))
    return found


def parse(name: str, annotation: Any, options: FieldOptions) -> Declared:
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


def _listed(binding: type[Binding[Any]], attributes: Attributes) -> list[str]:
    if attributes.fields != ALL:
        return list(attributes.fields)
    if binding.model is None:
        return []
    concrete = binding.model._meta.concrete_fields
    return ["id", *(f.attname for f in concrete if not f.primary_key and not is_password(binding.model, f.name))]


def declared_actions(binding: type[Binding[Any]]) -> dict[str, Action]:
    """The actions by name; one that a subclass overrides with a plain method or None is gone."""
    return {name: value for name, value in effective(binding).items() if isinstance(value, Action)}
