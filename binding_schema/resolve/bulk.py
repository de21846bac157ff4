"""Many rows in a fixed number of statements, where the model has no code of its own to run for each."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import signals

from ..compile.ir import Field, Kind
from .changes import is_heard, needs_instances, needs_signal, record

if TYPE_CHECKING:
    from .write import Draft


def plain_save(model: type[models.Model]) -> bool:
    """Whether saving writes just the columns: an own ``save`` or a ``pre_save`` receiver may set others."""
    return model.save is models.Model.save and not is_heard(signals.pre_save, model)


def possible(model: type[models.Model]) -> bool:
    """Whether ``bulk_create`` does the same as ``save``: nobody else listens, and there are no parent tables."""
    own_save = model.save is not models.Model.save
    listened = is_heard(signals.pre_save, model) or is_heard(signals.post_save, model)
    return not own_save and not listened and not model._meta.parents and not needs_instances(model)


def written(model: type[models.Model], draft: Draft) -> list[str]:
    """The columns that an update writes: those sent, and those that a model fills in by itself (``auto_now``)."""
    sent = {item.attribute for item in draft.values if item.kind not in (Kind.MANY, Kind.IDS)}
    return sorted(sent | {item.name for item in _automatic(model)}) if sent or _automatic(model) else []


def _automatic(model: type[models.Model]) -> list[Any]:
    return [item for item in model._meta.local_concrete_fields if getattr(item, "auto_now", False)]


def create(model: type[models.Model], drafts: list[Draft], using: str) -> None:
    model._base_manager.using(using).bulk_create([draft.instance for draft in drafts])
    record(model, [draft.instance.pk for draft in drafts], "create", using)


def update(model: type[models.Model], drafts: list[Draft], using: str) -> None:
    # The rows are locked and were read whole, so that writing one row's column for all rows changes nothing.
    names = {name for draft in drafts for name in written(model, draft)}
    for draft in drafts:
        for item in _automatic(model):
            item.pre_save(draft.instance, False)
    if names:
        model._base_manager.using(using).bulk_update([draft.instance for draft in drafts], sorted(names))
        record(model, [draft.instance.pk for draft in drafts], "update", using)


# Many-to-many ---------------------------------------------------------------------------------------------------------------


def set_many(drafts: list[Draft], using: str) -> None:
    """Fill many-to-many relations with the ids that were sent."""
    fields = {item for draft in drafts for item in draft.values if item.kind in (Kind.MANY, Kind.IDS)}
    for item in fields:
        some = [draft for draft in drafts if item in draft.values]
        through = item.relation.through if item.relation is not None else None
        if len(some) == 1 or through is None or needs_signal(through):
            for draft in some:
                getattr(draft.instance, item.attribute).set(draft.values[item])
        else:
            _replace(item, through, some, using)


def _replace(item: Field, through: Any, drafts: list[Draft], using: str) -> None:
    """Two to three statements for all rows: what there is, what goes, what comes."""
    relation = item.relation
    assert relation is not None
    target = through._meta.get_field(relation.target).attname
    rows = through._base_manager.using(using)
    owners = [getattr(draft.instance, relation.parent) for draft in drafts]
    present: dict[Any, dict[Any, Any]] = defaultdict(dict)
    for key, owner, other in rows.filter(**{f"{relation.link}__in": owners}).values_list("pk", relation.link, target):
        present[owner][other] = key
    gone: list[Any] = []
    added: list[Any] = []
    for draft, owner in zip(drafts, owners, strict=True):
        wanted = set(draft.values[item])
        gone.extend(key for other, key in present[owner].items() if other not in wanted)
        added.extend(through(**{relation.link: owner, target: other}) for other in wanted - present[owner].keys())
    if gone:
        rows.filter(pk__in=gone).delete()
    if added:
        rows.bulk_create(added, ignore_conflicts=True)
    if gone or added:
        record(type(drafts[0].instance), [draft.instance.pk for draft in drafts], "update", using)
