"""The writing verbs: create, update, save, delete. One transaction each; all or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError as ModelError
from django.db import DataError, IntegrityError, connections, models, router, transaction
from django.db.models import ProtectedError, RestrictedError

from ..compile.ir import Field, Kind, Schema, Stream
from ..declare.binding import Binding
from ..declare.context import Context
from ..errors import Forbidden, InvalidData, NotFound, WriteFailed
from ..types import ALL, FieldErrors, Result, error_item
from . import bulk, changes, targets, validate
from .access import admit, base, require, require_object, row_rule, writable
from .dump import dumps
from .failures import constraint_errors, model_errors
from .threads import call


@dataclass(slots=True)
class Draft:
    """One row to write: ``values`` by field, the model ``instance``, and what is wrong with it."""

    index: int
    creating: bool
    key: Any
    values: dict[Field, Any]
    instance: Any = None
    errors: FieldErrors = field(default_factory=dict)

    def complain(self, errors: FieldErrors) -> None:
        for name, items in errors.items():
            self.errors.setdefault(name, []).extend(items)


@dataclass(slots=True)
class Write:
    """A write of one or many rows of a stream. ``many``: asked for as ``{rows: [...]}``, answered by row."""

    ctx: Context
    schema: Schema
    stream: Stream
    drafts: list[Draft]
    many: bool

    @property
    def using(self) -> str:
        assert self.stream.model is not None
        return router.db_for_write(self.stream.model)

    def run(self) -> Result:
        """Raises WriteFailed with everything that is wrong, NotFound, Forbidden or Unauthenticated."""
        for creating, verb in ((True, "create"), (False, "update")):
            if any(draft.creating is creating for draft in self.drafts):
                require(self._as(verb), self.stream.permission)
        admit(self._as("create" if self.drafts[0].creating else "update"), self.stream)
        self._check_writable()
        try:
            with transaction.atomic(self.using):
                self._load()
                self._prepare()
                with changes.grouped(self.using):
                    self._save()
                self._check_created()
        except (IntegrityError, DataError) as error:
            self._explain(error)
            self._raise_errors()
        return self._answer()

    def _as(self, verb: str) -> Context:
        return self.ctx.to(self.stream.name, verb, is_read=False, model=self.stream.model)

    def _check_writable(self) -> None:
        allowed = {item: writable(self.ctx, item) for draft in self.drafts for item in draft.values}
        refused = [item.name for item, may in allowed.items() if not may]
        if refused:
            errors = {name: [error_item("read_only", "You may not write this field.")] for name in refused}
            raise InvalidData(f"You may not write {', '.join(refused)}.", errors=errors)

    def _load(self) -> None:
        """The rows to update, locked, as far as the user may see them."""
        assert self.stream.model is not None
        keys = [draft.key for draft in self.drafts if not draft.creating]
        found = locked(self._as("update"), self.stream, keys, self.using)
        for draft in self.drafts:
            if draft.creating:
                draft.instance = self.stream.model()
                continue
            draft.instance = found.get(draft.key)
            if draft.instance is None:
                if not self.many:
                    raise NotFound()
                draft.complain({"id": [error_item("not_found", "There is no such object.")]})
            else:
                require_object(self._as("update"), self.stream, draft.instance)
        self._raise_errors()

    def _prepare(self) -> None:
        targets.check(self.ctx, self.schema, self.drafts)
        self._assign()
        validate.check(self.stream, self.drafts, self.many)
        self._raise_errors()

    def _assign(self) -> None:
        for draft in self.drafts:
            for item, value in draft.values.items():
                if item.kind in (Kind.MANY, Kind.IDS):
                    continue
                name = item.relation.parent if item.relation is not None else item.attribute
                setattr(draft.instance, name, value)

    def _save(self) -> None:
        creating = [draft for draft in self.drafts if draft.creating]
        updating = [draft for draft in self.drafts if not draft.creating]
        binding, model = type(self.stream.binding), self.stream.model
        assert model is not None
        for drafts, verb, hook in ((creating, "create", "perform_create"), (updating, "update", "perform_update")):
            own_hook = getattr(binding, hook) is not getattr(Binding, hook)
            if len(drafts) > 1 and not own_hook and bulk.possible(model):
                (bulk.create if verb == "create" else bulk.update)(model, drafts, self.using)
                continue
            for draft in drafts:
                if verb == "update" and not own_hook and bulk.plain_save(model):
                    draft.instance.save(update_fields=bulk.written(model, draft), using=self.using)
                else:
                    call(getattr(self.stream.binding, hook), self._as(verb), draft.instance)
        bulk.set_many(self.drafts, self.using)

    def _check_created(self) -> None:
        """A created row must be in its creator's sight: what may not be read may not be planted either."""
        keys = [draft.instance.pk for draft in self.drafts if draft.creating]
        rule = row_rule(self._as("create"), self.stream) if keys else None
        if rule is not None:
            seen = base(self._as("create"), self.stream, rule).using(self.using).filter(pk__in=keys).count()
            if seen < len(keys):
                raise Forbidden("You may not create an object that you would not see.")

    def _explain(self, error: Exception) -> None:
        """Find out which rows broke a constraint. Only after the fact, so that success needs no query for it."""
        if isinstance(error, DataError):
            raise InvalidData("A value is out of the database's range.") from None
        assert isinstance(error, IntegrityError)
        errors = constraint_errors(self.stream, error)
        if self.many:
            validate.locate(self.stream, self.drafts)
            if not any(draft.errors for draft in self.drafts):
                raise WriteFailed(errors) from None
        else:
            self.drafts[0].complain(errors)

    def _raise_errors(self) -> None:
        wrong = {str(draft.index): draft.errors for draft in self.drafts if draft.errors}
        if wrong:
            raise WriteFailed(wrong if self.many else next(iter(wrong.values())))

    def _answer(self) -> Result:
        dump = self.stream.fields["id"].type.dump or (lambda value: value)
        keys = tuple(draft.instance.pk for draft in self.drafts)
        shown = [dump(key) for key in keys]
        return Result(
            dumps({"success": True, "ids": shown} if self.many else {"success": True, "id": shown[0]}), keys=keys
        )


def locked(ctx: Context, stream: Stream, keys: list[Any], using: str, rule: Any = ...) -> dict[Any, Any]:
    """The instances of these keys that the user may see, by key, locked until the transaction ends."""
    if not keys:
        return {}
    assert stream.model is not None
    rows = base(ctx, stream, row_rule(ctx, stream) if rule is ... else rule).using(using).filter(pk__in=keys)
    if not stream.own_queryset:
        # In one order, so that two batches with the same rows wait for each other, and not each for the other. One row needs
        # none, and a save takes a tenth less of the processor's time without.
        order = ["pk"] if len(keys) > 1 else []
        rows = rows.select_for_update(of=("self",)).order_by(*order)
    elif connections[using].features.has_select_for_update:
        # What a binding makes of its queryset may be a kind that takes no lock: the plain rows do.
        plain = stream.model._base_manager.using(using).filter(pk__in=keys).order_by("pk")
        list(plain.select_for_update(of=("self",)).values_list("pk"))
    return {item.pk: item for item in rows}


# delete -----------------------------------------------------------------------------------------------------------------


def delete(ctx: Context, stream: Stream, keys: list[Any], many: bool) -> Result:
    """Delete all of these rows, or none. Raises NotFound, Forbidden, WriteFailed for what protects them."""
    assert stream.model is not None
    require(ctx, stream.permission)
    admit(ctx, stream)
    using = router.db_for_write(stream.model)
    keys = list(dict.fromkeys(keys))
    try:
        with transaction.atomic(using):
            found = locked(ctx, stream, keys, using)
            if len(found) < len(keys):
                raise NotFound()
            for item in found.values():
                require_object(ctx, stream, item)
            with changes.grouped(using):
                _delete(ctx, stream, stream.model, list(found.values()), using)
    except (ProtectedError, RestrictedError):
        message = "Other objects refer to it, so it cannot be deleted."
        raise WriteFailed({ALL: [error_item("protected", message)]}) from None
    except IntegrityError as error:
        raise WriteFailed(constraint_errors(stream, error)) from None
    except ModelError as error:
        raise WriteFailed(model_errors(stream, error)) from None
    dump = stream.fields["id"].type.dump or (lambda value: value)
    shown = [dump(key) for key in keys]
    return Result(dumps({"success": True, "ids": shown} if many else {"success": True, "id": shown[0]}))


def _delete(ctx: Context, stream: Stream, model: type[models.Model], found: list[Any], using: str) -> None:
    own_hook = type(stream.binding).perform_delete is not Binding.perform_delete
    if own_hook or model.delete is not models.Model.delete:
        for item in found:
            call(stream.binding.perform_delete, ctx, item)
    else:
        model._base_manager.using(using).filter(pk__in=[item.pk for item in found]).delete()
