"""The objects that a write refers to: a serializer finds those that its querysets have, and of these the user sees some."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.utils.encoding import smart_str
from rest_framework import fields, relations, serializers

from binding_schema import Context, extend


def hold_to_sight(ctx: Context, serializer: Any) -> None:
    """Make the related fields of a serializer that was made for one write refuse what is out of the user's sight, as they refuse
    what does not exist: in the same words, and before any validator sees it."""
    for item in _related(serializer):
        # On the instance: a serializer copies its fields, so that these are of this write alone.
        item.to_internal_value = _held(ctx, item, item.to_internal_value)


def _related(item: Any) -> Iterator[Any]:
    if item.read_only:
        return
    if isinstance(item, serializers.Serializer):
        for inner in item.fields.values():
            yield from _related(inner)
    elif isinstance(item, (relations.ManyRelatedField, relations.RelatedField)):
        yield item
    elif isinstance(item, (serializers.ListSerializer, fields.ListField, fields.DictField)):
        yield from _related(item.child)


def _held(ctx: Context, item: Any, inner: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def to_internal_value(data: Any) -> Any:
        found = inner(data)
        many = isinstance(item, relations.ManyRelatedField)
        pairs = list(zip(found, data, strict=False)) if many else [(found, data)]
        models = {type(obj) for obj, _ in pairs if hasattr(obj, "_meta")}
        seen = {
            model: extend.in_sight(ctx, model, {obj.pk for obj, _ in pairs if type(obj) is model}) for model in models
        }
        for obj, given in pairs:
            if type(obj) in seen and obj.pk not in seen[type(obj)]:
                _refuse(item.child_relation if many else item, given)
        return found

    return to_internal_value


def _refuse(item: Any, given: Any) -> None:
    """Complain as of an object that does not exist."""
    if isinstance(item, relations.SlugRelatedField):
        item.fail("does_not_exist", slug_name=item.slug_field, value=smart_str(given))
    item.fail("does_not_exist", pk_value=given)
