"""The model's own validation: what ``full_clean`` checks, without a query for each row of a batch."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError as ModelError
from django.db import models

from ..compile.ir import Field, Stream
from .failures import model_errors

if TYPE_CHECKING:
    from .write import Draft


def check(stream: Stream, drafts: list[Draft], many: bool) -> None:
    """Validate each draft; complaints stay with it. In a batch uniqueness and constraints are the database's to refuse,
    and ``locate`` names the rows afterwards."""
    for draft in drafts:
        if not draft.errors:
            _clean(stream, draft, unique=not many or len(drafts) == 1)


def locate(stream: Stream, drafts: list[Draft]) -> None:
    """After a batch broke a constraint: ask for each row what it breaks, and which rows of the batch are alike."""
    for draft in drafts:
        _clean(stream, draft, unique=True)
    assert stream.model is not None
    for names in _unique_sets(stream.model):
        seen: dict[Any, int] = {}
        for draft in drafts:
            values = tuple(getattr(draft.instance, name) for name in names)
            if None not in values and seen.setdefault(values, draft.index) != draft.index and not draft.errors:
                shown = [stream.by_attribute.get(name, name) for name in names]
                error = ModelError(f"Row {seen[values]} has the same {', '.join(shown)}.", code="unique")
                draft.complain(model_errors(stream, ModelError({names[0]: error}) if len(names) == 1 else error))


def _unique_sets(model: type[models.Model]) -> list[tuple[str, ...]]:
    single = [(item.name,) for item in model._meta.concrete_fields if item.unique and not item.primary_key]
    together = [tuple(names) for names in model._meta.unique_together]
    return [*single, *together, *(tuple(item.fields) for item in model._meta.total_unique_constraints)]


def _clean(stream: Stream, draft: Draft, unique: bool) -> None:
    instance, exclude = draft.instance, _excluded(stream, draft)
    own = [item for item in stream.fields.values() if item.validators is not None and item.attribute not in exclude]
    for item in own:
        _collect(stream, draft, lambda item=item: _validate(instance, item))
    exclude_too = exclude | {item.attribute for item in own}
    if type(instance).full_clean is not models.Model.full_clean:
        _collect(
            stream,
            draft,
            lambda: instance.full_clean(exclude=exclude_too, validate_unique=unique, validate_constraints=unique),
        )
        return
    relations = {item.name for item in instance._meta.concrete_fields if item.is_relation}  # already looked up
    _collect(stream, draft, lambda: instance.clean_fields(exclude=exclude_too | relations))
    _collect(stream, draft, instance.clean)
    if unique:
        exclude = exclude - _touched(draft)
        exclude = exclude | {stream.fields[name].attribute for name in draft.errors if name in stream.fields}
        _collect(stream, draft, lambda: instance.validate_unique(exclude=exclude))
        _collect(stream, draft, lambda: instance.validate_constraints(exclude=exclude))


def _validate(instance: Any, item: Field) -> None:
    """What ``clean_fields`` does for one field, with the binding's validators in place of the model's."""
    column = instance._meta.get_field(item.attribute)
    value = getattr(instance, column.attname)
    if column.blank and value in column.empty_values:
        return
    errors: list[ModelError] = []
    for check in (lambda value: column.validate(column.to_python(value), instance), *(item.validators or ())):
        try:
            check(value)
        except ModelError as error:
            errors.extend(error.error_list)
    if errors:
        raise ModelError({item.attribute: errors})


def _collect(stream: Stream, draft: Draft, step: Any) -> None:
    try:
        step()
    except ModelError as error:
        draft.complain(model_errors(stream, error))


def _excluded(stream: Stream, draft: Draft) -> set[str]:
    """As in a ModelForm: fields that a client does not write are not its fault; in an update, neither are those not sent."""
    assert stream.model is not None
    names = {item.name for item in stream.model._meta.fields}
    if draft.creating:
        return names - {item.attribute for item in stream.fields.values() if item.writable is not False}
    return names - {item.attribute for item in draft.values}


def _touched(draft: Draft) -> set[str]:
    """The fields that stand in one rule with a field that an update writes: such a rule is to be asked, whole as the row is."""
    sent = {item.attribute for item in draft.values}
    model: type[models.Model] = type(draft.instance)
    rules = () if draft.creating else _rules(model)
    return {name for rule in rules if not rule.isdisjoint(sent) for name in rule}


@lru_cache(maxsize=1024)
def _rules(model: type[models.Model]) -> tuple[frozenset[str], ...]:
    """The fields of each rule over several of them."""
    found = [frozenset(names) for names in model._meta.unique_together]
    for constraint in model._meta.constraints:
        condition = getattr(constraint, "condition", None)
        referred = condition.referenced_base_fields if isinstance(condition, models.Q) else ()
        found.append(frozenset({*getattr(constraint, "fields", ()), *referred}))
    return tuple(found)
