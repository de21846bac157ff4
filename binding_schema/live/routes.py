"""From models to streams: whose signals are listened to, and which streams an entry of the change log concerns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.db.models.deletion import CASCADE, DO_NOTHING, PROTECT, RESTRICT

from ..compile.ir import Schema, Stream
from ..compile.typemap import is_declared, resolve_path
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


class Touch(NamedTuple):
    """A foreign key whose rows change the object of ``parent`` that they refer to. ``attname`` holds the value of the parent's
    attribute ``to``; empty: its key."""

    attname: str
    parent: Class
    to: str = ""

    @property
    def label(self) -> str:
        return label_of(self.parent)


@dataclass(slots=True)
class Routes:
    """``senders``, ``touches``, ``links``, ``referrers``, ``ends`` are for capture; the rest is for reading."""

    senders: dict[Class, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    touches: dict[Class, tuple[Touch, ...]] = field(default_factory=dict)
    links: dict[Class, Link] = field(default_factory=dict)
    referrers: dict[Class, tuple[tuple[Class, str], ...]] = field(default_factory=dict)
    #: model -> (table between that decides who sees what, whether the model is at its far end)
    ends: dict[Class, tuple[tuple[Class, bool], ...]] = field(default_factory=dict)

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
            watched |= self._depend(stream, stream.model, "")
            for dependency in stream.watch.dependencies:
                watched.setdefault(_concrete(dependency.model))
                self.routes.dependents[label_of(dependency.model)].append((stream, dependency.path))
                watched |= self._depend(stream, dependency.model, dependency.path)
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

    def _depend(self, stream: Stream, model: Class, path: str) -> dict[Class, None]:
        """The tables that a model inherits from: a change there is one of its own rows. Returns their models."""
        parents = _parents(model)
        for parent in parents:
            steps = [info.join_field.name for info in _concrete(model)._meta.get_path_to_parent(parent)]
            self.routes.dependents[label_of(parent)].append((stream, "__".join([path, *steps] if path else steps)))
        return dict.fromkeys(parents)

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
            is_near = is_declared(hops[-1])
            if is_near or declared.remote_field.symmetrical:
                link.near_label = label_of(owner)
            if not is_near or declared.remote_field.symmetrical:
                link.far_label = label_of(owner)
            if not through._meta.auto_created:  # its rows may be saved and deleted as any others
                self._touch(through, link.near if is_near else link.far, owner)
            self._refer(hops[-1].related_model, owner, hops[-1].name)

    def _add_rights(self, model: Class, stream: Stream | None) -> None:
        link = self._link(model)
        if link is not None:
            link.rights = label_of(model)
            declared = self.relations[model]
            for end, is_far in ((declared.model, False), (declared.related_model, True)):
                for item in _classes(end):
                    known_ends = self.routes.ends.get(item, ())
                    self.routes.ends[item] = (
                        known_ends if (model, is_far) in known_ends else (*known_ends, (model, is_far))
                    )
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
            self._touch(child, attname, parent)

    def _touch(self, child: Class, name: str, parent: Class) -> None:
        """A foreign key by its own name or its column's: a child that is saved or deleted changes its parent."""
        key: Any = child._meta.get_field(name)
        target = key.target_field
        for item in _classes(child):
            known = self.routes.touches.get(item, ())
            entry = Touch(key.attname, parent, "" if target.primary_key else target.attname)
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
