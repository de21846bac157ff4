"""A serializer's fields as SerializerFields, and nested serializers as TypedDicts, once, when bindings are compiled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NotRequired

from django.db import models
from rest_framework import fields, relations, serializers
from typing_extensions import TypedDict

from binding_schema import extend

from .kinds import annotated_type, own_code, scalar
from .sources import BIG_INTEGER, attribute_of, scalar_of_model_field, source_of


@dataclass(slots=True)
class Shapes:
    """The types of one serializer. ``stack``: the serializer classes that are being described, since one may nest itself."""

    known: dict[str, Any] = field(default_factory=dict)
    stack: tuple[type, ...] = ()

    def fields(self, serializer: Any, model: Any) -> tuple[extend.SerializerField, ...]:
        """The fields of a serializer that clients read or write."""
        self.stack = (type(serializer),)
        return tuple(
            self._field(name, item, model)
            for name, item in serializer.fields.items()
            if not isinstance(item, fields.HiddenField)
        )

    def _field(self, name: str, item: Any, model: Any) -> extend.SerializerField:
        output, none = self._shown(item, model)
        source = source_of(model, [] if item.source == "*" else item.source_attrs)
        # Files come by HTTP alone, through a BindingViewSet.
        writable = not item.read_only and not isinstance(item, fields.FileField)
        return extend.SerializerField(
            name=name,
            output=output,
            input=self._written(item, model) if writable else None,
            nullable=item.allow_null or none,
            required=item.required and writable,
            readable=not item.write_only,
            writable=writable,
            label=str(item.label or ""),
            help=str(item.help_text or ""),
            choices=_choices(item),
            source=source.lookup,
        )

    # What is read -----------------------------------------------------------------------------------------------------

    def _shown(self, item: Any, model: Any) -> tuple[Any, bool]:
        """(the type of the value as it travels, whether it may be null)."""
        source = source_of(model, [] if item.source == "*" else item.source_attrs)
        if isinstance(item, fields.SerializerMethodField):
            return annotated_type(getattr(type(item.parent), item.method_name, None))
        if isinstance(item, fields.ReadOnlyField) and not own_code(type(item), "to_representation"):
            return _bare(item, source)
        kind = self._kind(item, source.model if item.source != "*" else model, written=False)
        if isinstance(source.last, models.BigIntegerField) and kind in (int, BIG_INTEGER):
            kind = scalar_of_model_field(source.last)
        none = source.nullable or isinstance(item, fields.FileField)
        # A source that leads over no relation, to nothing, is left out of a row by the framework, or null.
        return kind, none and not isinstance(item, relations.ManyRelatedField)

    def _written(self, item: Any, model: Any) -> Any:
        source = source_of(model, [] if item.source == "*" else item.source_attrs)
        return self._kind(item, source.model if item.source != "*" else model, written=True)

    def _kind(self, item: Any, model: Any, *, written: bool) -> Any:
        """``model``: what a nested serializer or a related field is about."""
        own = "to_internal_value" if written else "to_representation"
        if isinstance(item, serializers.ListSerializer):
            inner = Any if own_code(type(item), own) else self._kind(item.child, model, written=written)
            return list[inner]  # type: ignore[valid-type]
        if isinstance(item, serializers.BaseSerializer):
            return self._object(item, model, written=written)
        if isinstance(item, relations.ManyRelatedField):
            inner = self._kind(item.child_relation, model, written=written)
            return list[inner]  # type: ignore[valid-type]
        if own_code(type(item), own):
            return scalar(item, written=written)
        if isinstance(item, (fields.ListField, fields.DictField)):
            inner = self._kind(item.child, None, written=written)
            inner = inner | None if item.child.allow_null and inner is not Any else inner
            return list[inner] if isinstance(item, fields.ListField) else dict[str, inner]  # type: ignore[valid-type]
        if isinstance(item, relations.PrimaryKeyRelatedField):
            if item.pk_field is not None:
                return self._kind(item.pk_field, None, written=written)
            return _key_type(item, model)
        if isinstance(item, relations.SlugRelatedField):
            target = source_of(_related(item, model), item.slug_field.split("__")).last
            return (scalar_of_model_field(target) if target is not None else None) or Any
        return scalar(item, written=written)

    # Nested objects ---------------------------------------------------------------------------------------------------

    def _object(self, item: Any, model: Any, *, written: bool) -> Any:
        cls = type(item)
        is_open = own_code(cls, "to_internal_value" if written else "to_representation")
        if is_open or not isinstance(item, serializers.Serializer) or cls in self.stack[1:]:
            return dict[str, Any]
        before, self.stack = self.stack, (*self.stack, cls)
        try:
            members = self._members(item, _related(item, model), written=written)
        finally:
            self.stack = before
        name = _name(item, written=written)
        # The same class may be nested in several places: one type for all of them, unless its fields differ there.
        key = f"{cls.__module__}.{name}: {members!r}"
        if key not in self.known:
            self.known[key] = TypedDict(name, members)  # type: ignore[operator]
            self.known[key].__module__ = cls.__module__
        return self.known[key]

    def _members(self, item: Any, model: Any, *, written: bool) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for name, inner in item.fields.items():
            hidden = isinstance(inner, fields.HiddenField)
            if hidden or (inner.read_only if written else inner.write_only):
                continue
            if written:
                kind, none = self._written(inner, model), inner.allow_null
            else:
                kind, none = self._shown(inner, model)
                none = none or inner.allow_null
            kind = kind | None if none and kind is not Any else kind
            # The framework leaves out what it finds no value for, if the field is not required.
            sure = inner.required if written else not (none and "." in inner.source)
            members[name] = kind if sure else NotRequired[kind]
        return members


def _bare(item: Any, source: Any) -> tuple[Any, bool]:
    if source.last is not None and not source.last.is_relation:
        return scalar_of_model_field(source.last) or Any, source.nullable
    kind, none = annotated_type(attribute_of(source.model, item.source_attrs[-1]))
    return kind, none or source.nullable


def _related(item: Any, model: Any) -> Any:
    """The model that a nested serializer or related field is about, as it says itself, or as the relation says."""
    if isinstance(item, serializers.BaseSerializer):
        return getattr(getattr(type(item), "Meta", None), "model", None) or model
    queryset = getattr(item, "queryset", None)
    return getattr(queryset, "model", None) or model


def _key_type(item: Any, model: Any) -> Any:
    related = _related(item, model)
    return (scalar_of_model_field(related._meta.pk) if related is not None else None) or Any


def _name(item: Any, *, written: bool) -> str:
    name = type(item).__name__.removesuffix("Serializer")
    if name in ("", "Nested"):
        name = f"{item.Meta.model.__name__}Nested"
    return f"{name}Input" if written else name


def _choices(item: Any) -> tuple[tuple[Any, str], ...]:
    if not isinstance(item, fields.ChoiceField) or isinstance(item, fields.FilePathField):
        return ()
    return tuple((value, str(label)) for value, label in item.choices.items() if value not in ("", None))
