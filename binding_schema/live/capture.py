"""Model signals, many-to-many changes and cascades become entries of the change log.

Receivers are connected for the models that some stream watches, and no others: a model without listeners keeps Django's fast
ways of saving and deleting.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from django.contrib.auth import get_user_model, user_logged_out
from django.db.models import Model, signals

from . import log
from .log import Entry, encode_key, label_of
from .routes import Link, Routes

UID = "binding_schema.live"


class Capture:
    """Connected once, at start-up, for the routes of the compiled schema."""

    def __init__(self, routes: Routes) -> None:
        self.routes = routes
        self.user = label_of(get_user_model())

    def connect(self) -> None:
        for sender in self.routes.senders:
            signals.post_save.connect(self._saved, sender=sender, dispatch_uid=UID, weak=False)
            signals.post_delete.connect(self._deleted, sender=sender, dispatch_uid=UID, weak=False)
        for child in self.routes.touches:
            signals.pre_save.connect(self._moving, sender=child, dispatch_uid=UID, weak=False)
        for target in self.routes.referrers:
            signals.pre_delete.connect(self._referred, sender=target, dispatch_uid=UID, weak=False)
        for through in self.routes.links:
            signals.m2m_changed.connect(self._linked, sender=through, dispatch_uid=UID, weak=False)
        user_logged_out.connect(self._logged_out, dispatch_uid=UID, weak=False)

    # Rows -------------------------------------------------------------------------------------------------------------

    def _saved(self, sender: type[Model], instance: Model, created: bool, using: str, **_: Any) -> None:
        log.write(using, self._entries(sender, instance, "create" if created else "update"))

    def _deleted(self, sender: type[Model], instance: Model, using: str, **_: Any) -> None:
        log.write(using, self._entries(sender, instance, "delete"))

    def _entries(self, sender: type[Model], instance: Model, op: str) -> Iterable[Entry]:
        for label, attname in self.routes.senders.get(sender, ()):
            yield Entry(label, encode_key(getattr(instance, attname)), log.OPS[op])
        for attname, parent in self.routes.touches.get(sender, ()):
            value = getattr(instance, attname)
            if value is not None:
                yield Entry(parent, encode_key(value), "u")

    def _moving(self, sender: type[Model], instance: Model, using: str, update_fields: Any = None, **_: Any) -> None:
        """A child that moves changes the parent that it leaves as well: who that is has to be asked before it is saved."""
        if instance._state.adding or instance.pk is None:
            return
        for attname, parent in self.routes.touches.get(sender, ()):
            names = {attname, attname.removesuffix("_id")}
            if update_fields is not None and not names & set(update_fields):
                continue
            old = sender._base_manager.using(using).filter(pk=instance.pk).values_list(attname, flat=True).first()
            if old is not None and old != getattr(instance, attname):
                log.write(using, [Entry(parent, encode_key(old), "u")])

    def _referred(self, sender: type[Model], instance: Model, using: str, **_: Any) -> None:
        """Django sets foreign keys to null, and removes links, without a signal for the rows that they belong to."""
        for model, lookup in self.routes.referrers.get(sender, ()):
            keys = model._base_manager.using(using).filter(**{lookup: instance.pk}).values_list("pk", flat=True)
            log.write(using, [Entry(label_of(model), encode_key(key), "u") for key in keys])

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
        if link.rights:
            users = near if link.near_is_user else far if link.far_is_user else None
            yield Entry(
                link.rights, "" if users is None else orjson.dumps(sorted(map(encode_key, users))).decode(), "u"
            )

    # Users ------------------------------------------------------------------------------------------------------------

    def _logged_out(self, sender: Any, user: Any, **_: Any) -> None:
        if user is not None and user.pk is not None:
            log.write(user._state.db or "default", [Entry(self.user, encode_key(user.pk), "r")])


def record(model: type[Model], keys: Iterable[Any], op: str, using: str) -> None:
    """Note changes that send no signal."""
    label = label_of(model)
    log.write(using, [Entry(label, encode_key(key), log.OPS[op]) for key in keys])
