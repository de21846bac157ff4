"""Which of the connected users see which rows: one query for all of them, where the row rule is a condition on a user.

``visible_to`` is called once, with a reference in the user's place; the condition that it returns is asked of all users at
once. A hook that looks at the user in Python, instead of comparing with it, cannot be asked that way, and says so here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import FieldDoesNotExist
from django.db import NotSupportedError, connections
from django.db.models import F, Func, Model, OuterRef, Q, Subquery, TextField

from ..compile.ir import Stream
from ..resolve.threads import call
from .among import among
from .match import Undecidable

#: vendor -> the function that makes one JSON array of a column's values.
_ARRAYS = {"postgresql": "JSONB_AGG", "sqlite": "JSON_GROUP_ARRAY", "mysql": "JSON_ARRAYAGG"}


class Reference:
    """Stands for a user in ``visible_to``. It can be compared with inside a ``Q``, as a whole or by one of its columns;
    anything else raises Undecidable."""

    #: Only users who are logged in are asked for this way.
    is_authenticated = True
    is_anonymous = False

    def __init__(self, name: str = "pk", *, is_user: bool = True) -> None:
        self._name: str = name
        self._is_user: bool = is_user
        self._ready: bool = False

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        # A queryset of the hook's own would take it for a column of another table.
        if not self._ready:
            raise Undecidable("a queryset inside visible_to refers to the user")
        return OuterRef(self._name).resolve_expression(*args, **kwargs)

    def __getattr__(self, name: str) -> Reference:
        if self._ready or name.startswith("_"):
            raise AttributeError(name)  # Django feels its way along a value's attributes
        if not self._is_user:
            raise Undecidable(f"visible_to reads user.{self._name}.{name}")
        model = get_user_model()
        try:
            item: Any = model._meta.pk if name == "pk" else model._meta.get_field(name)
        except FieldDoesNotExist:
            item = None
        if item is None or not getattr(item, "concrete", False) or item.many_to_many:
            raise Undecidable(f"visible_to reads user.{name}")
        return Reference(name, is_user=False)

    def _refuse(self, *_: object) -> Any:
        raise Undecidable("visible_to decides by the user in Python")

    __bool__ = __str__ = __format__ = __int__ = __index__ = __iter__ = __len__ = __contains__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __add__ = __radd__ = __mod__ = __rmod__ = _refuse

    def __eq__(self, other: object) -> bool:
        if self._ready or isinstance(other, Reference):
            return self is other
        raise Undecidable("visible_to compares the user in Python")

    def __hash__(self) -> int:
        return id(self)

    def __deepcopy__(self, memo: Any) -> Reference:
        return self


def rule_of(stream: Stream) -> Q:
    """The row rule with references for the user. Raises Undecidable."""
    try:
        rule = call(stream.binding.visible_to, Reference())
    except Undecidable:
        raise
    except Exception as error:
        raise Undecidable(str(error)) from error
    if not isinstance(rule, Q):
        raise Undecidable("visible_to returns no Q")
    _make_ready(rule)
    return rule


def _make_ready(item: Any) -> None:
    if isinstance(item, Reference):
        item._ready = True
    elif isinstance(item, Q):
        for child in item.children:
            _make_ready(child[1] if isinstance(child, tuple) else child)
    elif isinstance(item, (list, tuple, set)):
        for part in item:
            _make_ready(part)


class Flags(NamedTuple):
    """Stands for a user where only the library's own permissions are asked: cheaper to read than users, and who has the same
    ones has the same rights."""

    is_active: bool
    is_staff: bool
    is_superuser: bool

    @property
    def is_authenticated(self) -> bool:
        return True


def has_flags() -> bool:
    """Whether the user model says by columns what ``Flags`` says."""
    model: Any = get_user_model()
    columns = {item.name for item in model._meta.concrete_fields}
    return columns.issuperset(Flags._fields) and model.is_authenticated is AbstractBaseUser.is_authenticated


def users_of(keys: Iterable[Any], using: str, *, flags: bool = False) -> dict[Any, Any]:
    """The users as they are now, by key, or their ``Flags``; who is gone is missing."""
    asked = get_user_model()._base_manager.using(using).filter(among(keys, using))
    if flags:
        return {key: Flags(*found) for key, *found in asked.values_list("pk", *Flags._fields)}
    return {user.pk: user for user in asked}


def sights(
    stream: Stream, rule: Q, rows: Iterable[Any], users: Iterable[Any], using: str, *, flags: bool = False
) -> tuple[dict[Any, Any], dict[Any, frozenset[Any]]]:
    """(the users as they are now, or their ``Flags``; the keys among ``rows`` that each of them sees), by the user's key.
    Raises Undecidable."""
    assert stream.model is not None
    function = _ARRAYS.get(connections[using].vendor)
    if function is None or not stream.model._meta.pk.column:
        raise Undecidable("no way to ask for all users at once")
    array: Any = Func(F("pk"), function=function, output_field=TextField())
    known: dict[Any, frozenset[Any]] = {}
    try:
        inner = stream.model._default_manager.using(using).order_by().filter(pk__in=list(rows)).filter(rule)
        seen = Subquery(inner.annotate(binding_schema_keys=array).values("binding_schema_keys"))
        asked = get_user_model()._base_manager.using(using).filter(among(users, using))
        asked = asked.annotate(binding_schema_seen=seen)
        if flags:
            answers = list(asked.values_list("pk", "binding_schema_seen", *Flags._fields))
            found = {key: Flags(*rest) for key, _, *rest in answers}
            return found, {key: _shared(stream.model, array, known) for key, array, *_ in answers}
        full = list(asked)
    except (NotSupportedError, TypeError, ValueError) as error:
        raise Undecidable(str(error)) from error
    seen_by = {user.pk: _shared(stream.model, user.__dict__.pop("binding_schema_seen"), known) for user in full}
    return {user.pk: user for user in full}, seen_by


def _shared(model: type[Model], array: Any, known: dict[Any, frozenset[Any]]) -> frozenset[Any]:
    """The keys of an array, decoded once for all users who see the same."""
    if not isinstance(array, (str, bytes)):
        return _keys(model, array)
    if array not in known:
        known[array] = _keys(model, array)
    return known[array]


def _keys(model: type[Model], array: Any) -> frozenset[Any]:
    values = orjson.loads(array) if isinstance(array, (str, bytes)) else array or ()
    pk: Any = model._meta.pk
    while pk.remote_field is not None:
        pk = pk.target_field
    return frozenset(pk.to_python(value) for value in values if value is not None)
