"""Model signals, many-to-many changes and cascades become entries of the change log.

Receivers are connected for the models that some stream watches, and no others: a model without listeners keeps Django's fast
ways of saving and deleting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from types import SimpleNamespace
from typing import Any

import orjson
from django.contrib.auth import get_user_model, user_logged_out
from django.db import connections, router, transaction
from django.db.models import Model, QuerySet, signals
from django.dispatch import Signal

from . import log
from .log import Entry, encode_key, label_of
from .routes import Link, Routes, Touch


class Capture:
    """Connected once, at start-up, for the routes of the compiled schema; ``uid`` tells it from others that are."""

    def __init__(self, routes: Routes, uid: str = "binding_schema.live") -> None:
        self.routes = routes
        self.uid = uid
        self.user = label_of(get_user_model())

    def connect(self) -> None:
        for sender in self.routes.senders:
            _save_together(sender)
        for signal, receiver, sender in self._receivers():
            signal.connect(receiver, sender=sender, dispatch_uid=self.uid, weak=False)

    def disconnect(self) -> None:
        for signal, _, sender in self._receivers():
            signal.disconnect(sender=sender, dispatch_uid=self.uid)

    def _receivers(self) -> Iterator[tuple[Signal, Callable[..., None], Any]]:
        for sender in self.routes.senders:
            yield signals.post_save, self._saved, sender
            yield signals.post_delete, self._deleted, sender
        for child in self.routes.touches:
            yield signals.pre_save, self._moving, child
        for target in {**self.routes.referrers, **self.routes.ends}:
            yield signals.pre_delete, self._referred, target
        for through in self.routes.links:
            yield signals.m2m_changed, self._linked, through
        yield user_logged_out, self._logged_out, None

    # Rows -------------------------------------------------------------------------------------------------------------

    def _saved(
        self, sender: type[Model], instance: Model, created: bool, using: str, update_fields: Any = None, **_: Any
    ) -> None:
        detail = log.LOGIN if update_fields is not None and set(update_fields) == {"last_login"} else ""
        log.write(using, self._entries(sender, instance, "create" if created else "update", using, detail))

    def _deleted(self, sender: type[Model], instance: Model, using: str, **_: Any) -> None:
        log.write(using, self._entries(sender, instance, "delete", using))

    def columns(self, model: type[Model]) -> list[str]:
        """The attributes of a row that its entries are made of."""
        link = self._plain_link(model)
        if link is not None:
            return [model._meta.get_field(name).attname for name in (link.near, link.far)]  # type: ignore[union-attr]
        own = (attname for _, attname in self.routes.senders.get(model, ()))
        return list(dict.fromkeys((*own, *(touch.attname for touch in self.routes.touches.get(model, ())))))

    def entries(self, model: type[Model], row: Any, op: str, using: str) -> Iterable[Entry]:
        """What is to be noted of a row that was written without a signal; it has the attributes that ``columns`` names."""
        link = self._plain_link(model)
        if link is None:
            return self._entries(model, row, op, using)
        near, far = (getattr(row, name) for name in self.columns(model))
        return self._link_entries(link, {near}, {far})

    def _plain_link(self, model: type[Model]) -> Link | None:
        return self.routes.links.get(model) if model._meta.auto_created else None

    def _entries(self, sender: type[Model], row: Any, op: str, using: str, detail: str = "") -> Iterator[Entry]:
        for label, attname in self.routes.senders.get(sender, ()):
            yield Entry(label, encode_key(getattr(row, attname)), log.OPS[op], detail=detail)
        for touch in self.routes.touches.get(sender, ()):
            yield from self._touched(touch, getattr(row, touch.attname), using)

    @staticmethod
    def _touched(touch: Touch, value: Any, using: str) -> Iterator[Entry]:
        if value is None:
            return
        keys: Iterable[Any] = (value,)
        if touch.to:
            keys = touch.parent._base_manager.using(using).filter(**{touch.to: value}).values_list("pk", flat=True)
        for key in keys:
            yield Entry(touch.label, encode_key(key), "u")

    def _moving(self, sender: type[Model], instance: Model, using: str, update_fields: Any = None, **_: Any) -> None:
        """A child that moves changes the parent that it leaves as well: who that is has to be asked before it is saved."""
        if instance._state.adding or instance.pk is None:
            return
        for touch in self.routes.touches.get(sender, ()):
            names = {touch.attname, touch.attname.removesuffix("_id")}
            if update_fields is not None and not names & set(update_fields):
                continue
            rows = sender._base_manager.using(using).filter(pk=instance.pk)
            old = rows.values_list(touch.attname, flat=True).first()
            if old != getattr(instance, touch.attname):
                log.write(using, self._touched(touch, old, using))

    def _referred(self, sender: type[Model], instance: Model, using: str, **_: Any) -> None:
        """Django sets foreign keys to null, and removes links, without a signal for the rows that they belong to."""
        for model, lookup in self.routes.referrers.get(sender, ()):
            keys = model._base_manager.using(using).filter(**{lookup: instance.pk}).values_list("pk", flat=True)
            log.write(using, [Entry(label_of(model), encode_key(key), "u") for key in keys])
        for through, is_far in self.routes.ends.get(sender, ()):
            link = self.routes.links[through]
            others = self._cleared(through, link, instance, is_far, using)
            near, far = ({instance.pk}, others) if not is_far else (others, {instance.pk})
            log.write(using, self._rights_entries(link, near, far) if others else ())

    # Links ------------------------------------------------------------------------------------------------------------

    def _linked(
        self, sender: type[Model], instance: Model, action: str, reverse: bool, pk_set: Any, using: str, **_: Any
    ) -> None:
        if action not in ("post_add", "post_remove", "pre_clear"):
            return
        link = self.routes.links[sender]
        others = set(pk_set or ())
        if action == "pre_clear":
            others = self._cleared(sender, link, instance, reverse, using)
        if not others:
            return
        near, far = ({instance.pk}, others) if not reverse else (others, {instance.pk})
        log.write(using, self._link_entries(link, near, far))

    @staticmethod
    def _cleared(sender: type[Model], link: Link, instance: Model, reverse: bool, using: str) -> set[Any]:
        mine, theirs = (link.far, link.near) if reverse else (link.near, link.far)
        rows = sender._base_manager.using(using).filter(**{mine: instance.pk})
        return set(rows.values_list(theirs, flat=True))

    def _link_entries(self, link: Link, near: set[Any], far: set[Any]) -> Iterable[Entry]:
        """``near`` are keys of the model that declares the relation, ``far`` of the one that it leads to."""
        for label, keys in ((link.near_label, near), (link.far_label, far)):
            if label:
                yield from (Entry(label, encode_key(key), "u") for key in keys)
        yield from self._rights_entries(link, near, far)

    @staticmethod
    def _rights_entries(link: Link, near: set[Any], far: set[Any]) -> Iterator[Entry]:
        if link.rights:
            users = near if link.near_is_user else far if link.far_is_user else None
            yield Entry(
                link.rights, "" if users is None else orjson.dumps(sorted(map(encode_key, users))).decode(), "u"
            )

    # Users ------------------------------------------------------------------------------------------------------------

    def _logged_out(self, sender: Any, user: Any, **_: Any) -> None:
        if user is not None and user.pk is not None:
            log.write(user._state.db or "default", [Entry(self.user, encode_key(user.pk), "r")])


#: The project's, once it has started with LIVE on.
active: list[Capture] = []


def record(model: type[Model], keys: Iterable[Any], op: str, using: str) -> None:
    """Note changes of rows, by their keys, that send no signal."""
    for capture in active:
        columns, found = capture.columns(model), list(keys)
        if columns in ([], [model._meta.pk.attname]):
            rows: Iterable[Any] = [SimpleNamespace(**dict.fromkeys(columns, key)) for key in found]
        else:
            rows = rows_of(model._base_manager.using(using).filter(pk__in=found), columns)
        log.write(using, [entry for row in rows for entry in capture.entries(model, row, op, using)])


def rows_of(rows: QuerySet[Any], columns: list[str]) -> Iterator[Any]:
    """Rows as objects with just these attributes."""
    for values in rows.order_by().values_list(*columns).iterator():
        yield SimpleNamespace(**dict(zip(columns, values, strict=True)))


def _save_together(model: type[Model]) -> None:
    """Have saving and what ``post_save`` does be one transaction, as Django does it for models with parents: the log entry
    is to stand if and only if the row does, also where no transaction is open."""
    original: Callable[..., None] = model.save_base
    if getattr(original, "_binding_schema", False):
        return

    @wraps(original)
    def save_base(self: Model, *args: Any, **kwargs: Any) -> None:
        using = kwargs.get("using") or router.db_for_write(type(self), instance=self)
        if connections[using].in_atomic_block:
            return original(self, *args, **kwargs)
        with transaction.atomic(using):
            return original(self, *args, **kwargs)

    save_base._binding_schema = True  # type: ignore[attr-defined]
    model.save_base = save_base  # type: ignore[method-assign]
