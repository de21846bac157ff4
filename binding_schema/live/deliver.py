"""On a worker: what changed is looked up as it is now, once for all receivers, with the rights that each of them has now.

Where a row rule is a condition on the user, one query asks it for all users, and rows are fetched whole and cut down for each
set of rights. Where it is more than that (an own queryset, rules about objects in Python, a hook that looks at the user), the
rows are read once for each audience.
"""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connections, models, router, transaction
from django.db.models import BooleanField, Case, Q, Value, When

from ..compile.ir import Stream
from ..declare.binding import Binding
from ..declare.context import Context
from ..declare.permissions import AllowAny, And, Not, Or, is_staff
from ..errors import BindingError
from ..resolve.access import Gate, View, allows, grants_all, readable, view
from ..resolve.authentication import Fixed
from ..resolve.conditions import Conditions
from ..resolve.plan import Node, Planner
from ..resolve.read import by_key
from ..resolve.rows import fetch
from ..resolve.threads import call
from . import sight
from .interest import Query
from .match import Undecidable, match
from .session import Session
from .standing import ByAudience, ByUser, Rows, Standing

logger = logging.getLogger("binding_schema")
Matches = dict[tuple[Query, Any], bool]


@dataclass(slots=True)
class Job:
    """The changed ``keys`` of one stream, the sessions that may have to hear of them, and the lists they may be in."""

    planner: Planner
    stream: Stream
    keys: list[Any]
    sessions: list[Session]
    queries: list[Query]


@dataclass(slots=True)
class Findings:
    """``standings`` is missing a session that may see nothing; ``gone`` are sessions whose user may not connect any more."""

    standings: dict[Session, Standing] = field(default_factory=dict)
    matches: Matches = field(default_factory=dict)
    gone: set[Session] = field(default_factory=set)


@contextmanager
def snapshot(using: str) -> Iterator[None]:
    """One view of the database for several statements: a row and the right to see it are of the same moment."""
    connection: Any = connections[using]
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(using):
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        # On SQLite a transaction that only reads must not take the writer's lock, whatever OPTIONS say of transactions.
        mode, connection.transaction_mode = getattr(connection, "transaction_mode", None), None
        try:
            with transaction.atomic(using):
                yield
        finally:
            connection.transaction_mode = mode


def run(job: Job) -> Findings:
    """Raises nothing that one receiver's rights could cause: who cannot be judged is told nothing."""
    assert job.stream.model is not None
    using = router.db_for_read(job.stream.model)
    with snapshot(using):
        return _Work(job, using).run()


class _Work:
    def __init__(self, job: Job, using: str) -> None:
        assert job.stream.model is not None
        self.job = job
        self.stream = job.stream
        self.model = job.stream.model
        self.using = using
        self.gates = job.planner.gates(job.stream)
        self.found = Findings()
        self.text_is_exact = connections[using].vendor != "mysql"
        self.by_audience: dict[Hashable, ByAudience] = {}
        self.rule: Q | None = None

    def run(self) -> Findings:
        rule = self.rule = self._rule()
        members = {session.user_key for session in self.job.sessions if session.user_key is not None}
        pure = is_pure(self.job.planner, self.stream)
        by_flags = pure and rule is not None and sight.has_flags()
        users, seen = self._users(members, rule, by_flags)
        rows = self._rows()
        self._match(rows)
        nested = self._nested(rows, members) if rule is not None else None
        if by_flags and (seen is None or nested is None):  # hooks are asked after all
            users = sight.users_of(members, self.using)
        shared: dict[Hashable, Standing | None] = {}
        for session in self.job.sessions:
            key = session.user_key
            user = session.user if key is None else users.get(key)
            if user is None or not (user.is_active or key is None):
                self.found.gone.add(session)
                continue
            same: Hashable = (key,) if pure and key is not None else session
            if by_flags and key is not None and seen is not None and nested is not None:
                same = (user, seen.get(key), *(item.get(key) if item else None for item in nested.values()))
            if same not in shared:
                shared[same] = self._standing(session, user, rows, seen, nested)
            standing = shared[same]
            if standing is not None:
                self.found.standings[session] = standing
        return self.found

    # What is asked once for all ---------------------------------------------------------------------------------------

    def _rule(self) -> Q | None:
        """The row rule for a reference to a user; an empty one where there is no rule; None if it cannot be said so."""
        targets = [self.job.planner.schema.by_key[gate.target] for gate in self.gates if gate.target]
        if self.stream.shows_by_user or any(item.shows_by_user for item in targets):
            return None
        try:
            return sight.rule_of(self.stream) if self.stream.has_row_rule else Q()
        except Undecidable as reason:
            _say_once(self.stream, reason)
            return None

    def _users(
        self, members: set[Any], rule: Q | None, by_flags: bool
    ) -> tuple[dict[Any, Any], dict[Any, frozenset[Any]] | None]:
        if not members:
            return {}, {}
        if rule:
            try:
                return sight.sights(self.stream, rule, self.job.keys, members, self.using, flags=by_flags)
            except Undecidable as reason:
                _say_once(self.stream, reason)
                return sight.users_of(members, self.using), None
        return sight.users_of(members, self.using, flags=by_flags), {} if rule is not None else None

    def _rows(self) -> Rows:
        plan = self.job.planner.plan(self.stream, View(None, {}, ("binding_schema.live", self.stream.key)))
        attnames = [item.attname for item in self.model._meta.concrete_fields if _is_comparable(item)]
        ctx = Context(Fixed(None), self.stream.name, "retrieve", model=self.model)
        chosen = self.model._default_manager.order_by().filter(pk__in=self.job.keys)
        if self.rule is None:
            # Each audience's rows are read for it: here only what lists compare is wanted.
            plan = Node(self.stream, None)
        found = (
            fetch(ctx, replace(plan, checks_objects=False), chosen, ["pk", *attnames])
            if not self.stream.own_queryset
            else []
        )
        rows = {lead[0]: row for lead, row in found}
        columns = {lead[0]: dict(zip(attnames, lead[1:], strict=True)) for lead, _ in found}
        return Rows(self.stream, self.gates, rows, columns, self.text_is_exact)

    def _nested(self, rows: Rows, members: set[Any]) -> dict[str, dict[Any, frozenset[Any]] | None] | None:
        """For each nested stream with a row rule: which users see which of the nested rows. None if that cannot be asked."""
        found: dict[str, dict[Any, frozenset[Any]] | None] = {}
        wanted: dict[str, set[Any]] = {}
        for number, gate in enumerate(self.gates):
            if gate.target and self.job.planner.schema.by_key[gate.target].has_row_rule:
                wanted.setdefault(gate.target, set()).update(*(rows.nested(key, number) for key in rows.rows))
        for key, keys in wanted.items():
            target = self.job.planner.schema.by_key[key]
            try:
                found[key] = sight.sights(target, sight.rule_of(target), keys, members, self.using)[1] if keys else {}
            except Undecidable as reason:
                _say_once(target, reason)
                return None
        return found

    # Which lists rows are in ------------------------------------------------------------------------------------------

    def _match(self, rows: Rows) -> None:
        asked: list[tuple[Query, Q]] = []
        for query in self.job.queries:
            condition = self._condition(query)
            try:
                for key, columns in rows.columns.items():
                    self.found.matches[(query, key)] = not condition or match(
                        self.model, condition, columns, text_is_exact=self.text_is_exact
                    )
            except Undecidable:
                asked.append((query, condition))
        keys = self.job.keys
        if self.stream.own_queryset:
            asked = [(query, self._condition(query)) for query in self.job.queries]
        for start in range(0, len(asked), 50):
            self._ask(asked[start : start + 50], keys)

    def _condition(self, query: Query) -> Q:
        ctx = Context(Fixed(None), self.stream.name, "list", model=self.model)
        conditions = Conditions(ctx, self.stream)
        found = conditions.parse(query.args.f_filters) if query.args.f_filters else Q()
        if query.args.f_query and query.args.f_query.strip():
            found &= conditions.search(query.args.f_query)
        return found

    def _ask(self, asked: list[tuple[Query, Q]], keys: list[Any]) -> None:
        """What Python cannot decide: all lists by one statement."""
        rows = self.model._base_manager.using(self.using).order_by().filter(pk__in=keys)
        names = [f"binding_schema_{number}" for number in range(len(asked))]
        for name, (_, condition) in zip(names, asked, strict=True):
            inside = self.model._base_manager.filter(pk=models.OuterRef("pk")).filter(condition or Q(pk__isnull=False))
            when = When(models.Exists(inside), then=Value(True))
            rows = rows.annotate(**{name: Case(when, default=Value(False), output_field=BooleanField())})
        for key, *flags in rows.values_list("pk", *names):
            for (query, _), flag in zip(asked, flags, strict=True):
                self.found.matches[(query, key)] = bool(flag)

    # What each one may see ----------------------------------------------------------------------------------------------

    def _standing(self, session: Session, user: Any, rows: Rows, seen: Any, nested: Any) -> Standing | None:
        ctx = session.context(self.stream, user)
        try:
            if not allows(self.stream.permission, ctx):
                return None
            own_hook = type(self.stream.binding).has_object_permission is not Binding.has_object_permission
            checks_objects = self.stream.object_rules and (own_hook or not grants_all(self.stream.permission, ctx))
            if seen is not None and nested is not None and session.user_key is not None and not checks_objects:
                try:
                    return self._by_user(ctx, session.user_key, rows, seen, nested)
                except Undecidable as reason:
                    _say_once(self.stream, reason)
            return self._by_audience(ctx)
        except BindingError:
            return None
        except Exception:
            logger.exception(
                "The rights of a receiver of %s could not be judged; it is told nothing.", self.stream.name
            )
            return None

    def _by_user(self, ctx: Context, user: Any, rows: Rows, seen: Any, nested: Any) -> ByUser:
        everything = not self.rule or call(self.stream.binding.sees_all, ctx)
        answers = tuple(self._answer(ctx, user, gate, nested) for gate in self.gates)
        standing = ByUser(
            rows, None if everything else seen.get(user, frozenset()), answers,
            plain=not any(isinstance(item, (Q, frozenset)) for item in answers),
        )  # fmt: skip
        if any(isinstance(item, Q) for item in answers):
            for key in rows.rows:
                standing._judged(key)  # Undecidable is raised now, while there is another way
        return standing

    def _answer(self, ctx: Context, user: Any, gate: Gate, nested: Mapping[str, Any]) -> Any:
        if gate.field is not None:
            return readable(ctx, gate.field)
        target = self.job.planner.schema.by_key[gate.target]
        inner = ctx.to(target.name, "retrieve", is_read=True, model=target.model)
        if not allows(target.permission, inner):
            return False
        if not target.has_row_rule or call(target.binding.sees_all, inner):
            return None
        return nested[gate.target].get(user, frozenset())

    def _by_audience(self, ctx: Context) -> Standing:
        found = view(ctx, self.job.planner.schema, self.stream, self.gates)
        if found.key is not None and found.key in self.by_audience:
            return self.by_audience[found.key]
        standing = ByAudience(by_key(ctx, self.job.planner.plan(self.stream, found), found, self.job.keys))
        if found.key is not None:
            self.by_audience[found.key] = standing
        return standing


def _is_comparable(item: Any) -> bool:
    return bool(item.column) and not isinstance(item, (models.TextField, models.JSONField, models.BinaryField))


_said: set[tuple[str, str]] = set()


def _say_once(stream: Stream, reason: Exception) -> None:
    if (stream.key, str(reason)) not in _said:
        _said.add((stream.key, str(reason)))
        logger.info("Live frames of %s are judged for each audience by itself: %s.", stream.key, reason)


def is_pure(planner: Planner, stream: Stream) -> bool:
    """Whether rights follow from the user and ``visible_to`` alone: only the library's own permissions, and no hook."""
    gates = planner.gates(stream)
    nested = [planner.schema.by_key[gate.target] for gate in gates if gate.target]
    return all(map(_is_plain, (stream, *nested))) and all(
        gate.field is None or gate.field.readable in (True, False, is_staff) for gate in gates
    )


def _is_plain(stream: Stream) -> bool:
    return (
        not (stream.shows_by_user or stream.object_rules)
        and type(stream.binding).sees_all is Binding.sees_all
        and _plain_permission(stream.permission)
    )


def _plain_permission(permission: Any) -> bool:
    if isinstance(permission, (And, Or)):
        return all(_plain_permission(part) for part in permission.parts)
    if isinstance(permission, Not):
        return _plain_permission(permission.part)
    return type(permission).__module__ == AllowAny.__module__
