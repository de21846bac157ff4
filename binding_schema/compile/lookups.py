"""Fifth pass: declared filters, orders and search fields."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_origin

from django.core.exceptions import FieldDoesNotExist, FieldError
from django.db import NotSupportedError, models
from pydantic import Field as PydanticField
from pydantic import TypeAdapter

from ..conf import Settings
from ..declare.binding import Binding
from ..declare.filters import CustomFilter
from .annotations import is_password
from .custom_filters import custom, filterset_of
from .ir import Field, Filter, Kind, Order, Scalar, SearchField
from .problems import Problems
from .typemap import YEAR, Text, crosses_many, enum_of, is_array, may_be_null, resolve_path, scalar_of, with_choices

TEXT_LOOKUPS = frozenset("contains icontains startswith istartswith endswith iendswith iexact".split())
VALUE_LOOKUPS = frozenset("exact gt gte lt lte".split())
#: SQLite takes 50,000 bytes after LIKE.
PATTERN = Annotated[Text, PydanticField(max_length=10_000)]
#: A client's pattern can stall the database, so regex and iregex are not among them.
LOOKUPS = TEXT_LOOKUPS | VALUE_LOOKUPS | {"in", "isnull", "range"}


@dataclass(frozen=True, slots=True)
class LookupPass:
    """Compiles what one binding lets clients filter, order and search by."""

    binding: type[Binding[Any]]
    model: type[models.Model]
    fields: Mapping[str, Field]
    problems: Problems
    settings: Settings

    def _resolve(self, name: str, what: str) -> tuple[str, list[Any], str] | None:
        """(path, model fields, the binding's field) of a declared name or a model path."""
        item = self.fields.get(name)
        if item is not None and item.kind is Kind.COMPUTED:
            hint = "Use one of the model's fields."
            return self.problems.add(30, self.binding, f"{what} {name!r} is computed in Python.", hint)
        # A serializer may not say what a field of its shows: then a name is the model's.
        path = item.path if item is not None and item.path else name
        try:
            parts = resolve_path(self.model, path)
        except FieldDoesNotExist:
            known = ", ".join(self.fields)
            hint = f"Name a field of the binding ({known}) or a path of the model, without a lookup."
            near = difflib.get_close_matches(
                name, [*self.fields, *(f.name for f in self.model._meta.get_fields())], n=1
            )
            hint = f"Did you mean {near[0]!r}? {hint}" if near else hint
            return self.problems.add(31, self.binding, f"{what} {name!r} is not a field.", hint)
        if is_password(parts[-1].model, parts[-1].name):
            hint = "Leave it out: who may compare a hash can find it out."
            return self.problems.add(38, self.binding, f"{what} {name!r} is a password hash.", hint)
        return path, parts, item.name if item is not None else self._owner(path)

    def _owner(self, path: str) -> str:
        """The binding's field that shows the same column, so that who may not read it cannot probe it either."""
        head = path.split("__")[0]
        for item in self.fields.values():
            if item.path in (path, head) or item.attribute == head:
                return item.name
        return ""

    # Filters ----------------------------------------------------------------------------------------------------------

    def filters(self, declared: Mapping[str, Iterable[str] | CustomFilter]) -> dict[str, Filter]:
        found: dict[str, Filter] = {}
        for name, lookups in declared.items():
            if isinstance(lookups, CustomFilter):
                found |= custom(self.binding, name, lookups, self.fields, self.problems)
                continue
            resolved = self._resolve(name, "filter")
            for lookup in lookups if resolved is not None else ():
                for compiled in self._filter(name, lookup, *resolved):  # type: ignore[misc]
                    found.setdefault(compiled.key, compiled)
        for name, spec in filterset_of(self.binding, self.problems).items():
            found |= custom(self.binding, name, spec, self.fields, self.problems)
        return found

    def _filter(self, name: str, lookup: str, path: str, parts: list[Any], owner: str) -> list[Filter]:
        last, final = self._transformed(parts[-1], lookup)
        scalar = _value_type(last) if last is not None else None
        if not {"year", "iso_year"}.isdisjoint(lookup.split("__")):
            scalar = scalar and YEAR
        if final not in LOOKUPS or scalar is None or not _fits(last, final) or not self._asked(path, lookup, final):
            hint = f"Lookups: {', '.join(sorted(LOOKUPS))}, after date, year, month or day where the field has them."
            self.problems.add(34, self.binding, f"filter {name!r} cannot take the lookup {lookup!r}.", hint)
            return []
        many = crosses_many(parts)
        if final not in ("exact", "in"):
            kind = self._kind(final, scalar)
            takes_list = final == "range" or (final == "contains" and is_array(last))
            return [Filter(f"{name}__{lookup}", path, lookup, TypeAdapter(kind), owner, many, takes_list)]
        # A single value, a list and null are one filter to a client (docs/protocol.md, section 2).
        head = lookup.rpartition("__")[0] if lookup.split("__")[-1] == final else lookup  # "date" is "date__exact"
        base, key = (f"{head}__" if head else ""), f"{name}__{head}" if head else name
        is_key = not base and (parts[-1].is_relation or parts[-1].primary_key)
        one, some = TypeAdapter(scalar.input), TypeAdapter(self._kind("in", scalar))
        return [
            Filter(key, path, f"{base}exact", one, owner, many, is_key=is_key),
            Filter(f"{key}__in", path, f"{base}in", some, owner, many, True, is_key),
            Filter(f"{key}__exact", path, f"{base}exact", one, owner, many, is_key=is_key),
        ]

    def _transformed(self, last: Any, lookup: str) -> tuple[Any, str]:
        """The field that the last part of a lookup compares, and that part: ("year" -> its IntegerField, "exact")."""
        last = last.target_field if last.is_relation and last.concrete and not last.many_to_many else last
        if last.is_relation:
            last = last.related_model._meta.pk
        names = lookup.split("__")
        for number, name in enumerate(names):
            if name in LOOKUPS and number == len(names) - 1:
                return last, name
            # Any text is a transform of JSON: the key of that name, which has no type.
            transform = None if isinstance(last, models.JSONField) else last.get_transform(name)
            if transform is None:
                return None, lookup
            last = transform(models.F(last.name)).output_field if not _fixed(transform) else _fixed(transform)
        return last, "exact"

    def _asked(self, path: str, lookup: str, final: str) -> bool:
        """Whether Django takes the lookup at all: a foreign key, for one, takes no `range`."""
        sample: Any = {"in": [], "isnull": True, "range": (models.F("pk"), models.F("pk"))}.get(final, models.F("pk"))
        try:
            self.model._base_manager.filter(**{f"{path}__{lookup}": sample})
        except (FieldError, NotSupportedError, TypeError, ValueError):
            return False
        return True

    def _kind(self, lookup: str, scalar: Scalar) -> Any:
        if lookup == "in":
            return Annotated[list[scalar.input], PydanticField(max_length=self.settings.MAX_IN_VALUES)]  # type: ignore[name-defined]
        if lookup == "range":
            return tuple[scalar.input, scalar.input]  # type: ignore[name-defined]
        if lookup == "isnull":
            return bool
        return PATTERN if lookup in TEXT_LOOKUPS and get_origin(_bare(scalar.input)) is not list else scalar.input

    # Orders and text search ---------------------------------------------------------------------------------------------

    def order(self, name: str, what: str = "ordering") -> Order | None:
        resolved = self._resolve(name, what)
        if resolved is None:
            return None
        path, parts, owner = resolved
        if crosses_many(parts):
            hint = "Order by a column of the model or of a foreign key."
            return self.problems.add(35, self.binding, f"{what} {name!r} has several values for one row.", hint)
        scalar = _value_type(parts[-1])
        if scalar is None or isinstance(parts[-1], (models.JSONField, models.BinaryField)):
            hint = "Order by a number, a text, a date or a key."
            return self.problems.add(36, self.binding, f"{what} {name!r} has no order.", hint)
        nullable = may_be_null(parts)
        if parts[-1].is_relation:
            path = "__".join([*path.split("__")[:-1], parts[-1].attname])
        return Order(name, path, nullable, TypeAdapter(scalar.input | None), owner)

    def orders(self, declared: Iterable[str]) -> dict[str, Order]:
        found = (self.order(name) for name in declared)
        return {item.name: item for item in found if item is not None}

    def default_order(self, names: Iterable[str] | None) -> tuple[tuple[Order, bool], ...]:
        """(order, descending) pairs; ``Meta.ordering`` counts as far as it consists of plain names."""
        if names is None:
            names = [name for name in self.model._meta.ordering or () if isinstance(name, str) and name != "?"]
        found = []
        for name in names:
            item = self.order(name.removeprefix("-"), "default_order")
            if item is not None:
                found.append((item, name.startswith("-")))
        return tuple(found)

    def search(self, declared: Iterable[str]) -> tuple[SearchField, ...]:
        found = []
        for name in declared:
            resolved = self._resolve(name, "search field")
            if resolved is None:
                continue
            path, parts, owner = resolved
            if not isinstance(parts[-1], (models.CharField, models.TextField, models.GenericIPAddressField)):
                hint = "Text search looks into text fields; use `filters` for the others."
                self.problems.add(37, self.binding, f"search field {name!r} is not text.", hint)
                continue
            found.append(SearchField(path, owner, crosses_many(parts)))
        return tuple(found)


def _fits(last: Any, final: str) -> bool:
    """Whether a lookup means something for a field. Text lookups are for text and what is cast to it; JSON, binary data and
    arrays are compared as a whole, and an array's `contains` takes an array."""
    if is_array(last):
        return final in ("exact", "in", "isnull", "contains")
    if isinstance(last, (models.JSONField, models.BinaryField)):
        return final in ("exact", "in", "isnull")
    return True


def _bare(kind: Any) -> Any:
    return kind.__origin__ if get_origin(kind) is Annotated else kind


def _fixed(transform: Any) -> Any:
    """The output field that a transform class states (``year`` -> integer), where it does."""
    output = getattr(transform, "output_field", None)
    return output if isinstance(output, models.Field) else None


def _value_type(last: Any) -> Scalar | None:
    """What a client compares a field with: unlike what it writes, a text has no maximum length."""
    if last.is_relation:
        last = last.target_field if last.concrete and not last.many_to_many else last.related_model._meta.pk
    scalar = scalar_of(last)
    if scalar is not None and isinstance(last, models.CharField):
        scalar = Scalar(Text, str)
    pairs = enum_of(last, "Choices")[1]
    return with_choices(last, scalar, pairs) if scalar is not None and pairs else scalar
