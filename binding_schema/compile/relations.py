"""How related rows are reached: one description for foreign keys, one-to-one, many-to-many, each in both directions."""

from __future__ import annotations

from typing import Any

from .ir import Relation


def relation_of(model_field: Any) -> Relation | None:
    """The Relation of a relational model field, or None where rows of one fixed model cannot be found (generic keys)."""
    related = model_field.related_model
    if related is None or isinstance(related, str):
        return None
    if model_field.many_to_many:
        return _many_to_many(model_field)
    if model_field.concrete:
        target = model_field.target_field
        return Relation(
            model_field.name, related, False, model_field.attname, target.attname, joinable=True, key=target.name
        )
    source = getattr(model_field, "field", None)
    if source is None or not hasattr(source, "attname") or getattr(source, "target_field", None) is None:
        return None
    return Relation(
        model_field.name,
        related,
        many=bool(model_field.one_to_many),
        parent=source.target_field.attname,
        link=source.attname,
        joinable=bool(model_field.one_to_one),
    )


def _many_to_many(model_field: Any) -> Relation:
    forward = hasattr(model_field, "m2m_field_name")
    declared = model_field if forward else model_field.field
    names = declared.m2m_field_name(), declared.m2m_reverse_field_name()
    link, target = names if forward else names[::-1]
    through = declared.remote_field.through
    parent = through._meta.get_field(link).target_field.attname
    return Relation(
        model_field.name,
        model_field.related_model,
        True,
        parent,
        through._meta.get_field(link).attname,
        through,
        target,
    )


def is_plain_through(model_field: Any) -> bool:
    """Whether ids alone can fill a many-to-many: its table between was made by Django, or has defaults for the rest."""
    through = model_field.remote_field.through
    if through._meta.auto_created:
        return True
    ends = {model_field.m2m_field_name(), model_field.m2m_reverse_field_name()}
    return all(
        item.primary_key or item.name in ends or item.has_default() or item.null or item.blank
        for item in through._meta.concrete_fields
    )
