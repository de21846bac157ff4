"""Rights: permissions, row rules and readable fields, judged for one user at one moment."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from ..compile.ir import Field, Schema, Shape, Stream
from ..compile.typemap import crosses_many, resolve_path
from ..declare.binding import Binding
from ..declare.context import Context
from ..declare.permissions import And, BasePermission, Not, Or
from ..errors import Forbidden, RateLimited, Unauthenticated
from .threads import call


class Unkeyable(Exception):
    """A rule holds a value whose equality cannot be told: it is judged each time and shared with nobody."""


# Permissions ------------------------------------------------------------------------------------------------------------


def allows(permission: Any, ctx: Context) -> bool:
    """Whether a permission, or a combination of them, lets the request through."""
    if isinstance(permission, And):
        return all(allows(part, ctx) for part in permission.parts)
    if isinstance(permission, Or):
        return any(allows(part, ctx) for part in permission.parts)
    if isinstance(permission, Not):
        # What is decided object by object cannot be denied before an object is known.
        return _decides_objects(permission.part) or not allows(permission.part, ctx)
    return bool(call(permission.has_permission, ctx))


def allows_object(permission: Any, ctx: Context, obj: Any) -> bool:
    """The same for one object. A part of an ``|`` grants only if it grants the request as well."""
    if isinstance(permission, And):
        return all(allows_object(part, ctx, obj) for part in permission.parts)
    if isinstance(permission, Or):
        return any(allows(part, ctx) and allows_object(part, ctx, obj) for part in permission.parts)
    if isinstance(permission, Not):
        part = permission.part
        return not _decides_objects(part) or not (allows(part, ctx) and allows_object(part, ctx, obj))
    return bool(call(permission.has_object_permission, ctx, obj))


def grants_all(permission: Any, ctx: Context) -> bool:
    """Whether a permission allows every object that it is asked about, so that no instance is needed to ask it."""
    if isinstance(permission, And):
        return all(grants_all(part, ctx) for part in permission.parts)
    if isinstance(permission, Or):
        return any(allows(part, ctx) and grants_all(part, ctx) for part in permission.parts)
    return not _decides_objects(permission)


def _decides_objects(permission: Any) -> bool:
    if isinstance(permission, (And, Or)):
        return any(_decides_objects(part) for part in permission.parts)
    if isinstance(permission, Not):
        return _decides_objects(permission.part)
    return type(permission).has_object_permission is not BasePermission.has_object_permission


def require(ctx: Context, permission: Any) -> None:
    """Raises Unauthenticated for an anonymous user, Forbidden for another one, unless the permission allows."""
    # Asked for first, also where the permission does not: whose rights have ended is told so here.
    user = ctx.user
    if not allows(permission, ctx):
        raise Forbidden() if user.is_authenticated else Unauthenticated()


def admit(ctx: Context, stream: Stream) -> None:
    """Raises RateLimited if one of the stream's throttles makes the user wait. Each of them counts the request."""
    waits = [wait for item in stream.throttles if (wait := call(item.wait, ctx)) is not None]
    if waits:
        raise RateLimited("Too many requests of this kind.", retry_after=max(float(wait) for wait in waits))


def require_object(ctx: Context, stream: Stream, obj: Any, permission: Any = None) -> None:
    """Raises Forbidden unless the permission and the binding's own hook allow this object."""
    if not object_allowed(ctx, stream, obj, permission):
        raise Forbidden()


def object_allowed(ctx: Context, stream: Stream, obj: Any, permission: Any = None) -> bool:
    permission = stream.permission if permission is None else permission
    return allows_object(permission, ctx, obj) and bool(call(stream.binding.has_object_permission, ctx, obj))


# Row rules ----------------------------------------------------------------------------------------------------------------


def row_rule(ctx: Context, stream: Stream) -> Q | None:
    """The rows that the user may see, as a ``Q``; None for all."""
    if not stream.has_row_rule or call(stream.binding.sees_all, ctx):
        return None
    assert stream.model is not None
    rule = call(stream.binding.visible_to, ctx.user)
    return settled(stream.model, rule) or None


def settled(model: type[Model], rule: Q) -> Q:
    """A rule whose user is one that a database knows: nobody's row is an anonymous user's, and a key is compared with a key.

    ``Q(owner=user)`` would be an error for an anonymous user, and so would ``Q(pk=user)`` for any.
    """
    if not any(_is_unsettled(child) for child in _leaves(rule)):
        return rule
    found = Q(_connector=rule.connector, _negated=rule.negated)
    for child in rule.children:
        if isinstance(child, Q):
            found.children.append(settled(model, child))
        elif isinstance(child, tuple) and getattr(child[1], "is_anonymous", False) is True:
            found.children.append(("pk__in", ()))
        elif isinstance(child, tuple) and isinstance(child[1], Model) and not _is_relation(model, child[0]):
            found.children.append((child[0], child[1].pk))
        else:
            found.children.append(child)
    return found


def _leaves(rule: Q) -> Iterator[Any]:
    for child in rule.children:
        if isinstance(child, Q):
            yield from _leaves(child)
        else:
            yield child


def _is_unsettled(child: Any) -> bool:
    return isinstance(child, tuple) and (
        isinstance(child[1], Model) or getattr(child[1], "is_anonymous", False) is True
    )


@lru_cache(maxsize=4096)
def _is_relation(model: type[Model], path: str) -> bool:
    """Whether a lookup's path ends at a relation, which is compared with an object; a key is compared with a key."""
    name = path.removesuffix("__exact")
    try:
        last = resolve_path(model, name)[-1]
    except FieldDoesNotExist:
        return True  # Django's own to refuse
    return bool(last.is_relation) and not name.endswith("_id")


def base(ctx: Context, stream: Stream, rule: Q | None) -> QuerySet[Any]:
    """The rows of a stream that the rule lets through, unordered and without doubles."""
    assert stream.model is not None
    every: QuerySet[Any] = (
        call(stream.binding.get_queryset, ctx) if stream.own_queryset else stream.model._default_manager.all()
    )
    rows = every.order_by()
    return rows if rule is None else rows.filter(single(stream.model, rule))


def single(model: type[Model], condition: Q) -> Any:
    """A condition that yields each row once: one that crosses a relation to many becomes EXISTS."""
    if not spans_many(model, condition):
        return condition
    return Exists(model._base_manager.order_by().filter(pk=OuterRef("pk")).filter(condition))


def spans_many(model: type[Model], condition: Q) -> bool:
    for child in condition.children:
        if isinstance(child, Q):
            if spans_many(model, child):
                return True
        elif isinstance(child, tuple) and _path_spans_many(model, child[0]):
            return True
    return False


@lru_cache(maxsize=4096)
def _path_spans_many(model: type[Model], path: str) -> bool:
    parts = path.split("__")
    for end in range(len(parts), 0, -1):
        try:
            return crosses_many(resolve_path(model, "__".join(parts[:end])))
        except Exception:  # noqa: BLE001 - the tail is a lookup; what is no path at all Django itself refuses
            continue
    return False


def key_of(rule: Any) -> Hashable:
    """A hashable that is equal for rules that select the same rows. Raises Unkeyable."""
    if rule is None or isinstance(rule, (bool, int, str, float)):
        return (rule.__class__.__name__, rule)
    if isinstance(rule, Q):
        children = (
            (child[0], key_of(child[1])) if isinstance(child, tuple) else key_of(child) for child in rule.children
        )
        return (rule.connector, rule.negated, *children)
    if isinstance(rule, Model):
        model = rule._meta.concrete_model
        return (model, *(getattr(rule, name) for name in _unique_names(model)))
    if isinstance(rule, (list, tuple, set, frozenset)):
        return tuple(key_of(item) for item in rule)
    raise Unkeyable


@lru_cache(maxsize=1024)
def _unique_names(model: Any) -> tuple[str, ...]:
    """The key and the unique columns: what a foreign key to this model may compare."""
    return tuple(item.attname for item in model._meta.concrete_fields if item.unique)


# Readable fields --------------------------------------------------------------------------------------------------------


def readable(ctx: Context, item: Field) -> bool | Q:
    """True, False, or the rows on which the user may read the field."""
    if item.write_only:
        return False
    rule = item.readable
    return rule if isinstance(rule, bool) else _judged(rule, ctx)


def writable(ctx: Context, item: Field) -> bool:
    rule = item.writable
    return rule if isinstance(rule, bool) else bool(_judged(rule, ctx))


def _judged(rule: Any, ctx: Context) -> bool | Q:
    if isinstance(rule, (And, Or, Not, BasePermission)) or (
        isinstance(rule, type) and issubclass(rule, BasePermission)
    ):
        return allows(rule() if isinstance(rule, type) else rule, ctx)
    answer = call(rule, ctx)
    return answer if isinstance(answer, Q) and answer else bool(answer) or isinstance(answer, Q)


@dataclass(frozen=True, slots=True)
class Gate:
    """A place in a shape where rights decide: a field's ``readable``, or a nested stream."""

    path: tuple[str, ...]
    owner: str
    field: Field | None = None
    target: str = ""


def gates_of(shape: Shape, path: tuple[str, ...] = ()) -> tuple[Gate, ...]:
    """All gates of a shape, in the order in which ``view`` judges them."""
    found: list[Gate] = []
    for item in shape.fields:
        here = (*path, item.name)
        if not isinstance(item.readable, bool):
            found.append(Gate(here, shape.key, field=item))
        if item.shape is not None:
            found.append(Gate(here, shape.key, target=item.target))
            found.extend(gates_of(item.shape, here))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class View:
    """What one user may see of one stream now. ``key`` is equal for users who see the same; None if that cannot be told.

    ``answers`` maps a gate's path, marked ``"readable"`` or ``"rows"``, to False, True or a ``Q``.
    """

    rule: Q | None
    answers: dict[tuple[str, tuple[str, ...]], bool | Q | None]
    key: Hashable | None
    checks_objects: bool = False


def view(ctx: Context, schema: Schema, stream: Stream, gates: tuple[Gate, ...]) -> View:
    """Judge the row rule and every gate. The stream's own read permission is the caller's to ask."""
    rule = row_rule(ctx, stream)
    answers: dict[tuple[str, tuple[str, ...]], bool | Q | None] = {}
    known: dict[str, bool | Q | None] = {}
    by_user = stream.shows_by_user or stream.filters_by_user
    for gate in gates:
        if gate.field is not None:
            answers["readable", gate.path] = readable(ctx, gate.field)
            continue
        if gate.target not in known:
            known[gate.target] = _nested(ctx, schema.by_key[gate.target])
        by_user = by_user or schema.by_key[gate.target].shows_by_user
        answers["rows", gate.path] = known[gate.target]
    own_hook = type(stream.binding).has_object_permission is not Binding.has_object_permission
    checks_objects = stream.object_rules and (own_hook or not grants_all(stream.permission, ctx))
    # Rules in Python may tell users apart in any way, as may a queryset of one's own, a filter or a serializer.
    audience = call(stream.binding.audience, ctx) if by_user or checks_objects else None
    try:
        judged = tuple(key_of(item) for item in answers.values())
        key: Hashable = (stream.key, key_of(rule), judged, audience, checks_objects)
    except Unkeyable:
        key = None
    return View(rule, answers, key, checks_objects)


def _nested(ctx: Context, target: Stream) -> bool | Q | None:
    """False if the user may not read the nested stream at all, else its row rule."""
    inner = ctx.to(target.name, "retrieve", is_read=True, model=target.model)
    if not allows(target.permission, inner):
        return False
    return row_rule(inner, target)
