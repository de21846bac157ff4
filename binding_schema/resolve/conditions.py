"""Filters and text search of a request become conditions. Only what is declared, and only on fields that the user may read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, Q
from pydantic import ValidationError

from ..compile.ir import Filter, Stream
from ..conf import settings
from ..declare.context import Context
from ..errors import InvalidFilter
from .access import readable, single
from .threads import call

MAX_WORDS = 10


@dataclass(slots=True)
class Conditions:
    """Parses one request's filters for one user. Raises InvalidFilter, naming what is allowed."""

    ctx: Context
    stream: Stream
    terms: int = 0
    _readable: dict[str, bool | Q] = field(default_factory=dict)

    def readable(self, name: str) -> bool | Q:
        """Whether the user may read a field, so that he may filter by it too: else he could find out its values."""
        if name not in self.stream.fields:
            return True  # a path that the binding declares a filter on, without showing it
        if name not in self._readable:
            self._readable[name] = readable(self.ctx, self.stream.fields[name])
        return self._readable[name]

    def parse(self, data: Any, depth: int = 0) -> Q:
        if not isinstance(data, Mapping):
            raise InvalidFilter("`filters` must be an object.")
        if depth > settings().MAX_FILTER_DEPTH:
            raise InvalidFilter(f"`filters` are nested deeper than {settings().MAX_FILTER_DEPTH}.")
        condition = Q()
        for key, value in data.items():
            self._count(1)
            if key == "not":
                condition &= ~self._grouped(self.parse(value, depth + 1))
            elif key in ("or", "and"):
                condition &= self._combined(key, value, depth)
            else:
                condition &= self._term(key, value)
        return condition

    def _count(self, terms: int) -> None:
        self.terms += terms
        if self.terms > settings().MAX_FILTER_TERMS:
            raise InvalidFilter(f"`filters` have more than {settings().MAX_FILTER_TERMS} terms.")

    def _combined(self, key: str, value: Any, depth: int) -> Q:
        if not isinstance(value, list) or not value:
            raise InvalidFilter(f"`{key}` must be a list of filters.")
        self._count(len(value))  # also empty ones, which have no terms of their own
        parts = [self._grouped(self.parse(item, depth + 1)) for item in value]
        combined = parts[0]
        for part in parts[1:]:
            combined = combined | part if key == "or" else combined & part
        return combined

    @staticmethod
    def _grouped(condition: Q) -> Q:
        # An empty Q vanishes from an OR, and would turn "anything or x" into "x".
        return condition or Q(pk__isnull=False)

    def _term(self, key: str, value: Any) -> Q:
        if value is None:
            return self._is_null(key)
        spec = (
            self._find(f"{key}__in")
            if isinstance(value, list) and f"{key}__in" in self.stream.filters
            else self._find(key)
        )
        allowed = self.readable(spec.field)
        try:
            parsed = spec.adapter.validate_python(value)
        except ValidationError as error:
            raise InvalidFilter(f"Filter {key!r}: {error.errors()[0]['msg']}.") from None
        condition = self._condition(spec, parsed)
        if spec.many:
            assert self.stream.model is not None
            rows = self.stream.model._base_manager.order_by().filter(pk=OuterRef("pk")).filter(condition)
            condition = Q(Exists(rows))
        return condition & Q(single_q(self.stream, allowed)) if isinstance(allowed, Q) else condition

    def _condition(self, spec: Filter, value: Any) -> Q:
        if spec.condition is None:
            return Q(**{f"{spec.path}__{spec.lookup}": value})
        found = call(spec.condition, self.ctx, value)
        if not isinstance(found, Q):
            raise TypeError(f"The filter {spec.key!r} of {self.stream.key} returned {found!r}, not a Q.")
        return found

    def _is_null(self, key: str) -> Q:
        spec = self._find(key)
        if spec.lookup not in ("exact", "in"):
            raise InvalidFilter(f"Filter {key!r} takes no null.")
        allowed = self.readable(spec.field)
        condition = Q(**{f"{spec.path}__isnull": True})
        return condition & Q(single_q(self.stream, allowed)) if isinstance(allowed, Q) else condition

    def _find(self, key: str) -> Filter:
        spec = self.stream.filters.get(key)
        if spec is None or self.readable(spec.field) is False:
            known = ", ".join(
                name for name, item in self.stream.filters.items() if self.readable(item.field) is not False
            )
            raise InvalidFilter(
                f"{str(key)[:100]!r} is not a filter of {self.stream.name}. Declared: {known or 'none'}."
            )
        return spec

    def search(self, text: str) -> Q:
        """Each word must be found in one of the search fields."""
        condition = Q()
        fields = [(item, self.readable(item.field)) for item in self.stream.search]
        if not self.stream.search:
            raise InvalidFilter(f"{self.stream.name} has no text search.")
        for word in text.split()[:MAX_WORDS]:
            found = Q()
            for item, allowed in fields:
                if allowed is False:
                    continue
                part = Q(**{f"{item.path}__icontains": word})
                if item.many:
                    assert self.stream.model is not None
                    part = Q(single(self.stream.model, part))
                found |= part & Q(single_q(self.stream, allowed)) if isinstance(allowed, Q) else part
            condition &= found or Q(pk__in=())
        return condition


def single_q(stream: Stream, condition: Q) -> Any:
    assert stream.model is not None
    return single(stream.model, condition)


def guarded(stream: Stream, filters: Any, text: Any) -> bool:
    """Whether a list filters or searches by a field that not everyone may read, or by what is decided in Python."""
    used = [stream.filters[key] for key in _keys(filters) if key in stream.filters]
    if stream.own_filter or any(item.condition is not None for item in used):
        return True
    names = {item.field for item in stream.search} if text else set()
    names |= {item.field for item in used}
    return any(name in stream.fields and stream.fields[name].readable is not True for name in names)


def _keys(filters: Any) -> Iterator[str]:
    """The filter keys of a request, nested ones too, with those that a list or null stands for."""
    if isinstance(filters, Mapping):
        for key, value in filters.items():
            if key in ("and", "or", "not"):
                yield from _keys(value)
            else:
                yield from (key, f"{key}__in")
    elif isinstance(filters, list):
        for item in filters:
            yield from _keys(item)
