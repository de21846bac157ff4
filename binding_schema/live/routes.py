"""From models to streams: whose signals are listened to, and which streams an entry of the change log concerns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.db.models.deletion import CASCADE, DO_NOTHING, PROTECT, RESTRICT

from ..compile.ir import Schema, Stream
from ..compile.typemap import resolve_path
from .log import label_of

Class = type[Model]


@dataclass(slots=True)
class Link:
    """A many-to-many relation. ``near`` is the foreign key of its table to the model that declares it, ``far`` the one to the
    other; a label is empty where that side's objects do not show the relation. ``rights`` is the table's label if it decides
    who sees what."""

    near: str
    far: str
    near_label: str = ""
    far_label: str = ""
    rights: str = ""
    near_is_user: bool = False
    far_is_user: bool = False


@dataclass(slots=True)
class Routes:
    """``senders``, ``touches``, ``links``, ``referrers`` are for capture; the rest is for reading."""

    senders: dict[Class, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    touches: dict[Class, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    links: dict[Class, Link] = field(default_factory=dict)
    referrers: dict[Class, tuple[tuple[Class, str], ...]] = field(default_factory=dict)

    models: dict[str, Class] = field(default_factory=dict)
    streams: dict[str, list[Stream]] = field(default_factory=lambda: defaultdict(list))
    #: label -> (stream, path from the stream's model to the label's)
    dependents: dict[str, list[tuple[Stream, str]]] = field(default_factory=lambda: defaultdict(list))
    #: label -> the streams whose visibility its rows decide; None: all streams
    rights: dict[str, list[Stream] | None] = field(default_factory=dict)
    user: str = ""

    def labels_of(self, stream: Stream) -> set[str]:
        """Every label whose entries concern a stream."""
        assert stream.model is not None
        found = {label_of(stream.model), self.user}
        found |= {label for label, items in self.dependents.items() if any(item is stream for item, _ in items)}
        found |= {label for label, items in self.rights.items() if items is None or stream in items}
        return found


def routes_of(schema: Schema) -> Routes:
    return _Builder(schema).build()


class _Builder:
    def __init__(self, schema: Schema) -> None:
        self.streams = [stream for stream in schema.streams.values() if stream.model is not None]
        self.routes = Routes(user=label_of(get_user_model()))
        self.relations = dict(_relations())

    def build(self) -> Routes:
        watched: dict[Class, None] = {get_user_model(): None}
        for stream in self.streams:
            assert stream.model is not None
            watched.setdefault(_concrete(stream.model))
            self.routes.streams[label_of(stream.model)].append(stream)
            for dependency in stream.watch.dependencies:
                watched.setdefault(_concrete(dependency.model))
                self.routes.dependents[label_of(dependency.model)].append((stream, dependency.path))
            for model in stream.watch.rights:
                if not model._meta.auto_created:
                    watched.setdefault(_concrete(model))
                self._add_rights(model, stream)
            self._add_links(stream)
            self._add_touches(stream)
        self._add_user_rights()
        for model in watched:
            self.routes.models[label_of(model)] = model
            self._add_referrers(model)
        for sender in apps.get_models():
            labels = tuple(
                (label_of(item), item._meta.pk.attname)
                for item in watched
                if item in (_concrete(sender), *_parents(sender))
            )
            if labels:
                self.routes.senders[sender] = labels
        for child in self.routes.touches:
            self.routes.senders.setdefault(child, ())
        return self.routes

    # Many-to-many -------------------------------------------------------------------------------------------------------

    def _link(self, through: Class) -> Link | None:
        declared = self.relations.get(through)
        if declared is None:
            return None
        if through not in self.routes.links:
            user = get_user_model()
            self.routes.links[through] = Link(
                declared.m2m_field_name(), declared.m2m_reverse_field_name(),
                near_is_user=issubclass(user, declared.model), far_is_user=issubclass(user, declared.related_model),
            )  # fmt: skip
        return self.routes.links[through]

    def _add_links(self, stream: Stream) -> None:
        assert stream.model is not None
        for through, path in stream.watch.links:
            link, declared = self._link(through), self.relations.get(through)
            hops = resolve_path(stream.model, path)
            owner = hops[-2].related_model if len(hops) > 1 else stream.model
            if link is None or declared is None:
                continue
            if hops[-1].concrete:
                link.near_label = label_of(owner)
            else:
                link.far_label = label_of(owner)
            self._refer(hops[-1].related_model, owner, hops[-1].name)

    def _add_rights(self, model: Class, stream: Stream | None) -> None:
        link = self._link(model)
        if link is not None:
            link.rights = label_of(model)
        known = self.routes.rights.setdefault(label_of(model), None if stream is None else [])
        if known is not None and stream is not None and stream not in known:
            known.append(stream)

    def _add_user_rights(self) -> None:
        """Groups and permissions decide in any stream."""
        for owner, name in (
            (get_user_model(), "groups"),
            (get_user_model(), "user_permissions"),
            (_group(), "permissions"),
        ):
            try:
                relation: Any = owner._meta.get_field(name) if owner is not None else None
                through = relation.remote_field.through if relation is not None else None
            except FieldDoesNotExist:
                through = None
            if through is not None:
                self.routes.rights.pop(label_of(through), None)
                self._add_rights(through, None)

    # Foreign keys -------------------------------------------------------------------------------------------------------

    def _add_touches(self, stream: Stream) -> None:
        for child, attname, parent in stream.watch.touches:
            for item in _classes(child):
                known = self.routes.touches.get(item, ())
                entry = (attname, label_of(parent))
                self.routes.touches[item] = known if entry in known else (*known, entry)

    def _add_referrers(self, model: Class) -> None:
        """Foreign keys of a watched model that Django sets to another value when what they refer to is deleted."""
        for item in model._meta.get_fields():
            if item.is_relation and item.concrete and not item.many_to_many and _sets_on_delete(item):
                self._refer(item.related_model, model, item.name)

    def _refer(self, target: Any, model: Class, lookup: str) -> None:
        if not isinstance(target, type):
            return
        for item in _classes(target):
            known = self.routes.referrers.get(item, ())
            if (model, lookup) not in known:
                self.routes.referrers[item] = (*known, (model, lookup))


def _concrete(model: Class) -> Class:
    return model._meta.concrete_model or model


def _parents(model: Class) -> list[Class]:
    return [_concrete(parent) for parent in model._meta.get_parent_list()]


def _classes(model: Class) -> list[Class]:
    """The model, its proxies, and the models that inherit from it."""
    return [
        item for item in apps.get_models() if _concrete(item) is _concrete(model) or _concrete(model) in _parents(item)
    ]


def _relations() -> Iterator[tuple[Class, Any]]:
    """Each table between, with the field that declares it."""
    for model in apps.get_models(include_auto_created=True):
        for item in model._meta.local_many_to_many:
            relation: Any = item.remote_field
            yield relation.through, item


def _group() -> Any:
    return apps.get_model("auth", "Group") if apps.is_installed("django.contrib.auth") else None


def _sets_on_delete(item: Any) -> bool:
    """Whether rows survive the deletion of what this foreign key refers to, with another value in it."""
    action = getattr(item.remote_field, "on_delete", None)
    return action not in (None, CASCADE, PROTECT, RESTRICT, DO_NOTHING)
