"""The objects that a write refers to by id: they must exist, and be in the user's sight. One query a field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db.models import Model, QuerySet

from ..compile import current
from ..compile.ir import Field, Kind, Schema, Stream
from ..declare.context import Context
from ..types import error_item
from .access import allows, base, row_rule

if TYPE_CHECKING:
    from .write import Draft


def check(ctx: Context, schema: Schema, drafts: list[Draft]) -> None:
    """Complain of each id that the user cannot refer to. Whether it exists at all is not told."""
    fields = {item for draft in drafts for item in draft.values if item.relation is not None}
    for item in fields:
        wanted = {key for draft in drafts if item in draft.values for key in keys_of(item, draft.values[item])}
        allowed = _allowed(ctx, schema, item, wanted) if wanted else set()
        for draft in drafts:
            wrong = [key for key in keys_of(item, draft.values.get(item)) if key not in allowed]
            if wrong:
                draft.complain(
                    {item.name: [error_item("invalid_choice", f"There is no object {key!r}.") for key in wrong]}
                )


def keys_of(item: Field, value: Any) -> list[Any]:
    if value is None:
        return []
    return value if item.kind in (Kind.MANY, Kind.IDS) else [value]


def _allowed(ctx: Context, schema: Schema, item: Field, wanted: set[Any]) -> set[Any]:
    relation = item.relation
    assert relation is not None
    # A bare key obeys the same rule as a nested object: that of the binding its model is served by.
    target = schema.by_key.get(item.target or schema.by_model.get(relation.model, ""))
    column = relation.key if not relation.many else "pk"
    rows = seen(ctx, target, relation.model)
    if rows is None:
        return set()
    limit = item.limit_choices_to() if callable(item.limit_choices_to) else item.limit_choices_to
    if limit:
        rows = rows.complex_filter(limit)
    return set(rows.filter(**{f"{column}__in": wanted}).values_list(column, flat=True))


def seen(ctx: Context, target: Stream | None, model: type[Model]) -> QuerySet[Any] | None:
    """The rows of a model that a write may refer to; None for none of them. A model without a binding has no rule."""
    if target is None:
        return model._default_manager.order_by()
    inner = ctx.to(target.name, "retrieve", is_read=True, model=target.model)
    return base(inner, target, row_rule(inner, target)) if allows(target.permission, inner) else None


def in_sight(ctx: Context, model: type[Model], keys: Iterable[Any]) -> set[Any]:
    """Which of these primary keys a write may refer to for the context's user, by the first binding that serves the model."""
    schema = current.schema()
    rows = seen(ctx, schema.by_key.get(schema.by_model.get(model, "")), model)
    wanted = set(keys)
    return set(rows.filter(pk__in=wanted).values_list("pk", flat=True)) if rows is not None and wanted else set()
