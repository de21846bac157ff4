"""What a field's source means on a model: which columns and relations it goes through, and what they hold."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from pydantic import WithJsonSchema
from rest_framework import relations, serializers

_BIG: Final = [{"type": "integer"}, {"type": "string", "pattern": r"^-?\d+$"}]
#: 64 bits: beyond 2^53 an integer travels as text. What a database counts up reaches no 2^53: exports may call it a number.
BIG_INTEGER = Annotated[int, WithJsonSchema({"anyOf": _BIG})]
COUNTED = Annotated[int, WithJsonSchema({"anyOf": _BIG, "x-counted": True})]

#: Model field class -> the type of its bare value, as the framework's encoder renders it.
RAW: Final[Mapping[type, Any]] = {
    models.BigAutoField: COUNTED,
    models.AutoField: int,
    models.BigIntegerField: BIG_INTEGER,
    models.IntegerField: int,
    models.BooleanField: bool,
    models.FloatField: float,
    models.DecimalField: float,
    models.CharField: str,
    models.TextField: str,
    models.DateTimeField: dt.datetime,
    models.DateField: dt.date,
    models.TimeField: dt.time,
    models.DurationField: str,
    models.UUIDField: uuid.UUID,
    models.GenericIPAddressField: str,
    models.BinaryField: str,
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a source leads from a model. ``path``: relations on the way, as filters name them. ``last``: the model field at its
    end, None where it ends in other code (a property, a method). ``model``: what that code is of, or the relation's model.
    ``nullable``: a row may have no value there."""

    path: tuple[str, ...]
    last: Any
    model: Any
    nullable: bool

    @property
    def lookup(self) -> str:
        """The whole path as a filter names it; empty where it ends in code."""
        if self.last is None:
            return ""
        relation = bool(self.path) and self.last.is_relation and self.path[-1] == self.last.name
        return "__".join(self.path if relation else (*self.path, self.last.name))


def source_of(model: Any, attributes: Iterable[str]) -> Source:
    """Follow attribute names (``["team", "owner", "email"]``) from a model."""
    path: list[str] = []
    last: Any = None
    nullable = False
    for name in attributes:
        last = None if model is None else _field(model, name)
        if last is None:
            return Source(tuple(path), None, model, nullable)
        nullable = nullable or (last.null if last.concrete else last.one_to_one)
        if not last.is_relation or (last.concrete and last.attname == name != last.name):
            model = None
            continue
        path.append(last.name)
        model = last.related_model
    return Source(tuple(path), last, model, nullable)


def _field(model: Any, name: str) -> Any:
    """The model field behind an attribute's name, which for a reverse relation is that of its accessor."""
    for item in model._meta.related_objects:
        if item.get_accessor_name() == name:
            return item
    try:
        found = model._meta.pk if name == "pk" else model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    # A reverse relation's own name is no attribute; a generic foreign key leads to no model.
    usable = found.concrete or getattr(found, "many_to_many", False) or hasattr(found, "attname")
    return found if usable else None


def scalar_of_model_field(found: Any) -> Any:
    """The type of a model field's bare value; None where it is not known."""
    if isinstance(found, models.ForeignKey):
        return scalar_of_model_field(found.target_field)
    if isinstance(found, models.ManyToManyField):
        return None
    return next((RAW[cls] for cls in type(found).__mro__ if cls in RAW), None)


def attribute_of(model: Any, name: str) -> Any:
    """A property or method of a model, to look at its annotation."""
    return None if model is None else getattr(model, name, None)


# What making a row reads ------------------------------------------------------------------------------------------------------


def needs_of(serializer: Any, model: Any, before: tuple[str, ...] = ()) -> Iterator[str]:
    """The relations that a serializer reads for a row, nested ones too, as filters name them."""
    for field in serializer.fields.values():
        if field.write_only:
            continue
        attributes = _attributes(field)
        found = source_of(model, attributes)
        path = (*before, *found.path)
        if path:
            yield "__".join(path)
        nested = field.child if isinstance(field, serializers.ListSerializer) else field
        if isinstance(nested, serializers.Serializer):
            yield from needs_of(nested, found.model if attributes else model, path if attributes else before)
        related = field.child_relation if isinstance(field, relations.ManyRelatedField) else field
        if isinstance(related, relations.SlugRelatedField):
            further = source_of(found.model, related.slug_field.split("__"))
            if further.path:
                yield "__".join((*path, *further.path))


def _attributes(field: Any) -> list[str]:
    if field.source == "*":
        return []
    attributes = list(field.source_attrs)
    # A bare key stands in the row itself.
    bare = isinstance(field, relations.RelatedField) and field.use_pk_only_optimization()
    return attributes[:-1] if bare else attributes


def crosses_many(model: Any, path: str) -> bool:
    """Whether a filter's path leads to several rows, so that comparing it would give a row more than once."""
    for name in path.split("__"):
        try:
            found = model._meta.pk if name == "pk" else model._meta.get_field(name)
        except FieldDoesNotExist:
            return False  # a key of JSON, an annotation, or a lookup
        if found.many_to_many or found.one_to_many:
            return True
        model = found.related_model
        if model is None:
            return False
    return False
