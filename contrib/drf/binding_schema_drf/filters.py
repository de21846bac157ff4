"""``filterset_class``: the filters of a FilterSet of django-filter, under its own names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import django_filters
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django_filters.constants import EMPTY_VALUES
from django_filters.filterset import BaseFilterSet
from rest_framework.request import Request

from binding_schema import Binding, Context, extend
from binding_schema.errors import InvalidFilter

from .filter_kinds import kind_of
from .requests import LocalRequest, request_of
from .sources import crosses_many

#: What would look at all filters together; each is asked by itself here.
WHOLE: Final = ("filter_queryset", "qs", "form", "get_form_class", "is_valid")


def filters_of(binding: type[Binding[Any]], item: Any) -> Mapping[str, extend.CustomFilter] | None:
    """The filters by name; None for what is no FilterSet. Raises Misdeclared for one that cannot be asked filter by filter."""
    if not (isinstance(item, type) and issubclass(item, BaseFilterSet)):
        return None
    form: Any = item._meta.form  # type: ignore[attr-defined]
    own = next((name for name in WHOLE if getattr(item, name) is not getattr(django_filters.FilterSet, name)), None)
    if own is not None or form.clean is not forms.Form.clean:
        hint = "Move it to the binding: visible_to says what a user may see, filter_queryset(ctx, queryset, data) the rest."
        raise extend.Misdeclared(f"{item.__name__} has {own or 'a form with clean()'} of its own.", hint)
    request = Request(LocalRequest())
    request.user = AnonymousUser()
    sample = item(data={}, queryset=binding.model._default_manager.none(), request=request)  # type: ignore[union-attr]
    found: dict[str, extend.CustomFilter] = {}
    for name, one in sample.filters.items():
        if isinstance(one, django_filters.OrderingFilter):
            hint = f"Write ordering = {sorted(set(one.param_map))} on the binding, and take it out of {item.__name__}."
            raise extend.Misdeclared(f"its filter {name!r} is an OrderingFilter.", hint)
        if one.extra.get("required"):
            hint = "Take required=True away; filter_queryset(ctx, queryset, data) can refuse a request without it."
            raise extend.Misdeclared(f"its filter {name!r} is required.", hint)
        field, help_ = _shown_by(binding, one.field_name or name), str(one.extra.get("help_text") or "")
        for key, kind, place in _keys(name, one):
            condition = Condition(binding, item, name, place)
            found[key] = extend.CustomFilter(kind, condition, field, help_)
    return found


def _keys(name: str, one: Any) -> Iterator[tuple[str, Any, Callable[[Any], Any]]]:
    """(key, type, how the form field takes the value) of each thing that a client may send for one filter."""
    if isinstance(one, django_filters.LookupChoiceFilter):
        # Its lookup is in another parameter there; here it is a part of the name.
        for lookup, _ in one.get_lookup_choices():
            yield f"{name}__{lookup}", kind_of(one.field.fields[0]), _Placed("pair", lookup)
        return
    field = (
        None if isinstance(one, (django_filters.AllValuesFilter, django_filters.AllValuesMultipleFilter)) else one.field
    )
    if isinstance(field, forms.MultiValueField):
        suffixes = getattr(field.widget, "suffixes", range(len(field.fields)))
        for number, (suffix, inner) in enumerate(zip(suffixes, field.fields, strict=True)):
            yield f"{name}_{suffix}" if suffix is not None else name, kind_of(inner), _Placed("part", number)
        return
    many = isinstance(one, django_filters.AllValuesMultipleFilter)
    yield name, kind_of(field) if field is not None else list[str] if many else str, _Placed("whole", None)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A value as the form field expects it: by itself, as one part of several, or with its lookup."""

    how: str
    what: Any

    def __call__(self, value: Any) -> Any:
        if self.how == "part":
            return [value if number == self.what else None for number in range(max(self.what + 1, 2))]
        return [value, self.what] if self.how == "pair" else value


@dataclass(frozen=True, slots=True)
class Condition:
    """One filter of a FilterSet as a condition on rows."""

    binding: type[Binding[Any]]
    item: Any
    name: str
    place: Callable[[Any], Any]

    def __call__(self, ctx: Context, value: Any) -> Q:
        """Raises InvalidFilter for what the filter's form field does not take."""
        rows = self._rows(ctx)
        one = self.item(data={}, queryset=rows, request=request_of(ctx)).filters[self.name]
        try:
            cleaned = one.field.clean(self.place(value))
        except forms.ValidationError as error:
            raise InvalidFilter(f"Filter {self.name!r}: {' '.join(error.messages)}") from None
        if cleaned is None or (isinstance(cleaned, (str, list, tuple, dict)) and cleaned in EMPTY_VALUES):
            return Q()
        if self._is_lookup(one):
            condition = Q(**{f"{one.field_name}__{one.lookup_expr}": cleaned})
            return ~condition if one.exclude else condition
        found = one.filter(rows, cleaned)
        return Q() if found is rows else Q(pk__in=found.order_by().values("pk"))

    def _rows(self, ctx: Context) -> Any:
        if self.binding.get_queryset is Binding.get_queryset:
            return self.binding.model._default_manager.all()  # type: ignore[union-attr]
        return extend.run_hook(extend.schema().streams[ctx.stream].binding.get_queryset, ctx)

    def _is_lookup(self, one: Any) -> bool:
        """Whether it does nothing else than compare a column, which needs no query of its own."""
        plain = type(one).filter is django_filters.Filter.filter and one.method is None and not one.distinct
        return plain and not crosses_many(self.binding.model, one.field_name)


def _shown_by(binding: type[Binding[Any]], path: str) -> str:
    """The binding's declared field that shows the column, so that who may not read it cannot filter by it either."""
    names = [name for base in binding.__mro__ if base is not Binding for name in inspect.get_annotations(base)]
    for name in names:
        source = getattr(getattr(binding, name, None), "source", None) or name
        if source in (path, path.split("__")[0]) and name not in inspect.get_annotations(Binding):
            return name
    return ""
