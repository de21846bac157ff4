"""On a worker: lists that are asked again, since a change may have pushed a row in or out; once for all who see the same."""

from __future__ import annotations

import logging
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from django.db import router

from ..compile.ir import Stream
from ..errors import BindingError
from ..resolve.access import View, require, view
from ..resolve.plan import Planner
from ..resolve.read import Read, by_key, keys_in_window
from .deliver import snapshot
from .interest import Interest
from .session import Session
from .sight import users_of
from .standing import ByAudience

logger = logging.getLogger("binding_schema")


@dataclass(slots=True)
class Window:
    """What a list holds now, in its order; ``rows`` are those that some receiver is to be sent. None of both: the receiver
    may not ask for it any more."""

    keys: tuple[Any, ...]
    rows: ByAudience


@dataclass(slots=True)
class WindowJob:
    """Interests of one stream with a query, and the keys that changed for each."""

    planner: Planner
    stream: Stream
    changed: dict[Interest, set[Any]]


@dataclass(slots=True)
class WindowFindings:
    windows: dict[Interest, Window | None] = field(default_factory=dict)
    gone: set[Session] = field(default_factory=set)


def run(job: WindowJob) -> WindowFindings:
    assert job.stream.model is not None
    with snapshot(router.db_for_read(job.stream.model)):
        return _Work(job).run()


class _Work:
    def __init__(self, job: WindowJob) -> None:
        self.job = job
        self.found = WindowFindings()
        self.views: dict[Session, View | None] = {}

    def run(self) -> WindowFindings:
        assert self.job.stream.model is not None
        members = {interest.session.user_key for interest in self.job.changed} - {None}
        users = users_of(members, router.db_for_read(self.job.stream.model))
        groups: dict[Hashable, list[Interest]] = {}
        for interest in self.job.changed:
            session = interest.session
            user = session.user if session.user_key is None else users.get(session.user_key)
            if user is None or not (user.is_active or session.user_key is None):
                self.found.gone.add(session)
                continue
            seen = self._view(session, user)
            if seen is None:
                self.found.windows[interest] = None
                continue
            query = interest.query
            assert query is not None
            alone: Hashable = session if seen.key is None or query.guarded else seen.key
            groups.setdefault((query, query.start, query.limit, alone), []).append(interest)
        for members_ in groups.values():
            self._ask(members_, users)
        return self.found

    def _view(self, session: Session, user: Any) -> View | None:
        if session not in self.views:
            ctx, stream = session.context(self.job.stream, user), self.job.stream
            try:
                require(ctx, stream.permission)
                self.views[session] = view(ctx, self.job.planner.schema, stream, self.job.planner.gates(stream))
            except BindingError:
                self.views[session] = None
            except Exception:
                logger.exception("The rights of a receiver of %s could not be judged; it is told nothing.", stream.name)
                self.views[session] = None
        return self.views[session]

    def _ask(self, interests: list[Interest], users: dict[Any, Any]) -> None:
        first = interests[0]
        query, session, seen = first.query, first.session, self.views[first.session]
        assert query is not None
        assert seen is not None
        user = session.user if session.user_key is None else users[session.user_key]
        ctx = session.context(self.job.stream, user, "list")
        try:
            keys = keys_in_window(Read(ctx, self.job.stream, query.args), seen, query.start, query.limit)
            wanted = {
                key for item in interests for key in keys if key not in item.held or key in self.job.changed[item]
            }
            rows = ByAudience(by_key(ctx, self.job.planner.plan(self.job.stream, seen), seen, list(wanted)))
        except BindingError:  # a field that the list filters by may not be read any more
            for interest in interests:
                self.found.windows[interest] = None
            return
        if seen.checks_objects:
            # What a rule about objects hides was counted in the window; it is not held.
            shown = by_key(ctx, self.job.planner.plan(self.job.stream, seen), seen, list(keys))
            keys = [key for key in keys if key in shown]
        for interest in interests:
            self.found.windows[interest] = Window(tuple(keys), rows)
