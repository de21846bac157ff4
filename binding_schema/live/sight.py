"""Which of the connected users see which rows: one query for all of them, where the row rule is a condition on a user.

``visible_to`` is called once, with a reference in the user's place; the condition that it returns is asked of all users at
once. A hook that looks at the user in Python, instead of comparing with it, cannot be asked that way, and says so here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db import NotSupportedError, connections
from django.db.models import F, Func, Model, OuterRef, Q, Subquery, TextField

from ..compile.ir import Stream
from ..resolve.threads import call
from .match import Undecidable

#: vendor -> the function that makes one JSON array of a column's values.
_ARRAYS = {"postgresql": "JSONB_AGG", "sqlite": "JSON_GROUP_ARRAY", "mysql": "JSON_ARRAYAGG"}


class Reference:
    """Stands for a user in ``visible_to``. It can be compared with inside a ``Q``; anything else raises Undecidable."""

    def __init__(self, name: str = "pk") -> None:
        self._name: str = name
        self._ready: bool = False

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        # A queryset of the hook's own would take it for a column of another table.
        if not self._ready:
            raise Undecidable("a queryset inside visible_to refers to the user")
        return OuterRef(self._name).resolve_expression(*args, **kwargs)

    def __getattr__(self, name: str) -> Reference:
        if self._ready or name.startswith("_"):
            raise AttributeError(name)  # Django feels its way along a value's attributes
        model = get_user_model()
        try:
            item: Any = model._meta.pk if name == "pk" else model._meta.get_field(name)
        except FieldDoesNotExist:
            item = next((one for one in model._meta.concrete_fields if one.attname == name), None)
        if item is None or not getattr(item, "concrete", False) or item.many_to_many:
            raise Undecidable(f"visible_to reads user.{name}")
        return Reference(name)

    def __bool__(self) -> bool:
        raise Undecidable("visible_to decides by the user in Python")

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


def users_of(keys: Iterable[Any], using: str) -> dict[Any, Any]:
    """The users as they are now, by key; who is gone is missing."""
    return {user.pk: user for user in get_user_model()._base_manager.using(using).filter(pk__in=keys)}


def sights(
    stream: Stream, rule: Q, rows: Iterable[Any], users: Iterable[Any], using: str
) -> tuple[dict[Any, Any], dict[Any, frozenset[Any]]]:
    """(the users as they are now, the keys among ``rows`` that each of them sees), by the user's key. Raises Undecidable."""
    assert stream.model is not None
    function = _ARRAYS.get(connections[using].vendor)
    if function is None or not stream.model._meta.pk.column:
        raise Undecidable("no way to ask for all users at once")
    inner = stream.model._default_manager.using(using).order_by().filter(pk__in=list(rows)).filter(rule)
    array: Any = Func(F("pk"), function=function, output_field=TextField())
    seen = Subquery(inner.annotate(binding_schema_keys=array).values("binding_schema_keys"))
    asked = get_user_model()._base_manager.using(using).filter(pk__in=list(users)).annotate(binding_schema_seen=seen)
    try:
        found = list(asked)
    except (NotSupportedError, TypeError, ValueError) as error:
        raise Undecidable(str(error)) from error
    seen_by = {user.pk: _keys(stream.model, user.__dict__.pop("binding_schema_seen")) for user in found}
    return {user.pk: user for user in found}, seen_by


def _keys(model: type[Model], array: Any) -> frozenset[Any]:
    values = orjson.loads(array) if isinstance(array, (str, bytes)) else array or ()
    pk: Any = model._meta.pk
    while pk.remote_field is not None:
        pk = pk.target_field
    return frozenset(pk.to_python(value) for value in values if value is not None)
