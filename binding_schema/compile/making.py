"""Rows that the plan does not make: those of a ``serializer_class``, or of a binding's own ``serialize``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ..declare.adapters import Misdeclared
from ..declare.binding import Binding
from ..declare.serializers import Serializer, SerializerField
from .annotations import Declared
from .inputs import undescribed
from .ir import Field, Kind, Making, Scalar
from .permissions import adapted_class, overrides
from .problems import Problems
from .typemap import enum_of_pairs, is_path, scalar_of


def serializer_of(binding: type[Binding[Any]], problems: Problems) -> Serializer | None:
    """What an adapter makes of the binding's ``serializer_class``; None where there is none, or after a problem was noted."""
    if binding.serializer_class is None:
        return None
    if binding.model is None:
        hint = "Write `class X(Binding[SomeModel])`, or leave it out: without a model there are only actions."
        return problems.add(111, binding, "`serializer_class`: there is no model that it could be of.", hint)
    if binding.fields or overrides(binding, "serialize"):
        hint = "Take `fields` and `serialize` away: the serializer says which fields there are, and makes the rows."
        problems.add(112, binding, "it has a `serializer_class`, and says besides what its rows are.", hint)
    try:
        found: Serializer = adapted_class(binding, "serializer_class", "serializer")
    except Misdeclared as error:
        return problems.add(111, binding, error.message, error.hint)
    return found


def making_of(binding: type[Binding[Any]], serializer: Serializer | None, problems: Problems) -> Making | None:
    """How rows are made, if not by the plan."""
    if serializer is not None:
        needs, open_, per_user = tuple(serializer.needs), serializer.open, serializer.per_user
    elif overrides(binding, "serialize") and binding.model is not None:
        needs, open_, per_user = _listed(binding, problems), True, True
    else:
        return None
    assert binding.model is not None
    known = tuple(need for need in needs if is_path(binding.model, need))
    for need in (need for need in needs if need not in known):
        hint = "Name model fields, paths through foreign keys, or relations, as filters name them."
        problems.add(20, binding, f"making its rows needs {need!r}, which the model has not.", hint)
    return Making(serializer, known, open_, per_user)


def _listed(binding: type[Binding[Any]], problems: Problems) -> tuple[str, ...]:
    value: Any = binding.serialize_needs
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        return tuple(value)
    first = value if isinstance(value, str) else "team"
    problems.add(100, binding, f"`serialize_needs` is {value!r}.", f'Write serialize_needs = ["{first}"].')
    return ()


def serialized(
    binding: type[Binding[Any]], serializer: Serializer, declared: Iterable[Declared], problems: Problems
) -> dict[str, Field]:
    """The serializer's fields. An annotation of the same name with ``auto`` adds the options of its ``field(...)``."""
    found = {}
    for item in serializer.fields:
        made = _field(binding, serializer, item, problems)
        if made is not None:
            found[item.name] = made
        if made is not None and item.name == "id" and _is_key(binding, item):
            found["id"] = _key(binding, made)
    for annotation in declared:
        if annotation.computed is not None or annotation.name == "id":
            continue
        if annotation.options.validators is not None:
            hint = "Give them to the serializer's field: the serializer validates what is written."
            problems.add(
                113, binding, f"field {annotation.name!r} has validators, and is one of the serializer's.", hint
            )
        elif annotation.name in found and annotation.is_auto:
            found[annotation.name] = _with_options(found[annotation.name], annotation)
        elif annotation.name in found:
            hint = f"Write `{annotation.name}: auto = field(...)`: the serializer says the type."
            problems.add(113, binding, f"field {annotation.name!r} has a type, and is one of the serializer's.", hint)
        else:
            known = ", ".join(found)
            hint = f"Add it to the serializer, or use @computed. The serializer's fields: {known}."
            problems.add(113, binding, f"field {annotation.name!r} is none of the serializer's.", hint)
    return found


def _is_key(binding: type[Binding[Any]], item: SerializerField) -> bool:
    assert binding.model is not None
    return item.source in ("", "pk", "id", binding.model._meta.pk.name)


def _key(binding: type[Binding[Any]], made: Field) -> Field:
    """Rows are told apart by the key, so it travels as it does everywhere; it is written when a row is created only."""
    assert binding.model is not None
    pk = binding.model._meta.pk
    return replace(
        made, kind=Kind.COLUMN, path="pk", type=scalar_of(pk) or made.type, attribute=pk.name, create_only=True
    )


def _field(
    binding: type[Binding[Any]], serializer: Serializer, item: SerializerField, problems: Problems
) -> Field | None:
    taken = item.output if item.input is None else item.input
    error = undescribed(item.output, "serialization") or undescribed(taken, "validation")
    if error:
        hint = "Give it a type that Pydantic can describe, or Any."
        return problems.add(27, binding, f"field {item.name!r}: its type cannot travel as JSON: {error}", hint)
    assert binding.model is not None
    name = f"{binding.model.__name__}{item.name.title().replace('_', '')}"
    return Field(
        item.name, Kind.SERIALIZED, item.source.replace(".", "__"), Scalar(taken, item.output), nullable=item.nullable,
        required=item.required, writable=item.writable and serializer.writes, write_only=not item.readable,
        attribute=item.source if item.source and "__" not in item.source else "",
        label=item.label or item.name.replace("_", " "), help=item.help, choices=item.choices,
        enum=enum_of_pairs(item.choices, name)[0] if item.choices else None,
    )  # fmt: skip


def _with_options(made: Field, declared: Declared) -> Field:
    given = declared.options
    return replace(
        made, readable=given.readable, writable=made.writable and given.writable, label=given.label or made.label,
        help=given.help or made.help,
    )  # fmt: skip
