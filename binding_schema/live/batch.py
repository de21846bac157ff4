"""Log entries become what happened to which stream, on the worker that has read them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from ..compile.ir import Stream
from .log import LOGIN, NAMES, decode_key, merged
from .reader import Logged
from .routes import Routes

logger = logging.getLogger("binding_schema")

#: Objects of one stream that a change of something they depend on may concern; beyond that all that is held is looked up.
MAX_AFFECTED = 2000


@dataclass(slots=True)
class Changed:
    """What happened to an object: ``op`` is a code of ``live.log``, or ``v`` where nothing did, but someone's sight of it
    may have changed. ``origins`` are the requests that did it."""

    op: str
    origins: tuple[str, ...] = ()

    @property
    def cause(self) -> str:
        return NAMES.get(self.op, "update")

    def ref(self, session: str) -> str:
        """The event of the request by which that session made the change."""
        found = (item.partition("|")[2] for item in self.origins if item.partition("|")[0] == session)
        return next(found, "")


@dataclass(slots=True)
class Batch:
    """``changed``: by stream and key. ``everything``: streams of which too much changed to say what. ``rights``: by stream,
    the users (as JSON keys) whose sight may have changed, None for all; under an empty name, for every stream.
    ``users``: whose own rows or sessions changed; ``logouts``: who logged out. ``events``: the details of custom events.
    """

    changed: dict[str, dict[Any, Changed]] = field(default_factory=dict)
    everything: set[str] = field(default_factory=set)
    rights: dict[str, set[str] | None] = field(default_factory=dict)
    users: set[str] = field(default_factory=set)
    logouts: set[str] = field(default_factory=set)
    events: list[dict[str, Any]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.changed or self.everything or self.rights or self.users or self.events)

    def note(self, stream: str, key: Any, op: str, origin: str) -> None:
        join(self.changed.setdefault(stream, {}), {key: Changed(op, (origin,) if origin else ())})

    def note_rights(self, stream: str, users: set[str] | None) -> None:
        known = self.rights.get(stream, set())
        self.rights[stream] = None if users is None or known is None else known | users

    def add(self, other: Batch) -> None:
        """What happened after it."""
        for stream, changed in other.changed.items():
            join(self.changed.setdefault(stream, {}), changed)
        self.everything |= other.everything
        for stream, users in other.rights.items():
            self.note_rights(stream, users)
        self.users |= other.users
        self.logouts |= other.logouts
        self.events += other.events

    def sight(self, stream: str, user: str) -> str:
        """How a user's sight of a stream may have changed: ``u`` if rows may look different too, as they may where the user's
        own rights changed, ``v`` if they may only have come into sight or left it; empty if it did not."""
        found = ""
        for name in self.rights.keys() & {"", stream}:
            users = self.rights[name]
            if users is None or user in users:
                found = "v" if name and users is None and found != "u" else "u"
        return found


def join(known: dict[Any, Changed], changes: Mapping[Any, Changed]) -> None:
    """Add what happened to objects after what is known."""
    for key, change in changes.items():
        older = known.get(key)
        if older is None:
            known[key] = Changed(change.op, change.origins)
        else:
            older.op = merged(older.op, change.op)
            if change.origins and change.origins != older.origins:
                older.origins = tuple(dict.fromkeys((*older.origins, *change.origins)))


def batch_of(entries: Iterable[Logged], routes: Routes, listening: set[str], using: str) -> Batch:
    """``listening`` are the keys of streams that somebody has an interest in: nothing is asked for the others."""
    batch = Batch()
    related: dict[str, set[Any]] = {}
    for entry in entries:
        if entry.op == "e":
            batch.events.append(orjson.loads(entry.detail))
            continue
        if entry.op == "r":
            batch.users.add(entry.key)
            batch.logouts.add(entry.key)
            continue
        if entry.model == routes.user and entry.detail != LOGIN:
            batch.users.add(entry.key)
            batch.note_rights("", {entry.key})
        model = routes.models.get(entry.model)
        if entry.model in routes.rights:
            streams, users = routes.rights[entry.model], _users(entry.key, model)
            for name in [""] if streams is None else [stream.key for stream in streams]:
                batch.note_rights(name, users)
            if users is not None or not entry.key:
                continue  # of a link, which is no object of the model between
        if model is None:
            continue
        try:
            key = decode_key(model, entry.key)
        except Exception:
            logger.exception("An entry of the change log has a key that is none of %s.", entry.model)
            continue
        for stream in routes.streams.get(entry.model, ()):
            if stream.key in listening:
                batch.note(stream.key, key, entry.op, entry.origin)
        related.setdefault(entry.model, set()).add(key)
    _relate(batch, related, routes, listening, using)
    return batch


def _users(key: str, model: Any) -> set[str] | None:
    """The users that a link's entry names, as JSON keys; None for all of them."""
    is_object = model is not None and hasattr(model._meta.pk, "fields")  # a key of several columns is a list too
    return set(orjson.loads(key)) if key.startswith("[") and not is_object else None


def _relate(batch: Batch, related: dict[str, set[Any]], routes: Routes, listening: set[str], using: str) -> None:
    """Objects that show the rows that changed."""
    for label, keys in related.items():
        for stream, path in routes.dependents.get(label, ()):
            if stream.key not in listening:
                continue
            found = _affected(stream, path, keys, using)
            if found is None:
                batch.everything.add(stream.key)
            else:
                for key in found:
                    batch.note(stream.key, key, "u", "")


def _affected(stream: Stream, path: str, keys: set[Any], using: str) -> set[Any] | None:
    assert stream.model is not None
    rows = stream.model._base_manager.using(using).order_by().filter(**{f"{path}__in": list(keys)})
    found = list(rows.values_list("pk", flat=True)[: MAX_AFFECTED + 1])
    return None if len(found) > MAX_AFFECTED else set(found)
