"""Zeroth pass: a binding's own attributes, read once. A wrong one is told and counts as not set, so that the rest compiles."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ..conf import Settings
from ..declare.binding import Binding
from ..declare.filters import CustomFilter
from ..types import ALL, VERBS
from .problems import Problems

#: Names that begin with two underscores are GraphQL's own.
GRAPHQL_NAME = re.compile(r"(?!__)[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a binding class says beside its fields, hooks and actions; defaults of the settings are filled in."""

    fields: str | tuple[str, ...]
    filters: Mapping[str, tuple[str, ...] | CustomFilter]
    ordering: tuple[str, ...]
    default_order: tuple[str, ...] | None
    search_fields: tuple[str, ...]
    verbs: frozenset[str]
    page_size: int
    max_page_size: int
    list_limit: int
    auto_subscribe: bool
    graphql_name: str


def attributes_of(binding: type[Binding[Any]], config: Settings, problems: Problems) -> Attributes:
    reader = Reader(binding, problems)
    page_size, max_page_size = reader.pages(config)
    return Attributes(
        fields=reader.fields(),
        filters=reader.filters(),
        ordering=reader.names("ordering") or (),
        default_order=reader.default_order(),
        search_fields=reader.names("search_fields") or (),
        verbs=reader.verbs(),
        page_size=page_size,
        max_page_size=max_page_size,
        list_limit=reader.count("list_limit") or config.LIST_LIMIT,
        auto_subscribe=reader.flag("auto_subscribe"),
        graphql_name=reader.graphql_name(),
    )


@dataclass(frozen=True, slots=True)
class Reader:
    binding: type[Binding[Any]]
    problems: Problems

    def wrong(self, name: str, hint: str, number: int = 100) -> None:
        value = getattr(self.binding, name)
        self.problems.add(number, self.binding, f"`{name}` is {value!r}.", hint)

    def names(self, name: str) -> tuple[str, ...] | None:
        """A list of texts; None and a problem for anything else. One text is not taken for the list of its letters."""
        value = getattr(self.binding, name)
        if _are_texts(value):
            return tuple(value)
        first = value if isinstance(value, str) else "name"
        return self.wrong(name, f'Write {name} = ["{first}"].')

    def fields(self) -> str | tuple[str, ...]:
        value = self.binding.fields
        if value == ALL or _are_texts(value):
            return ALL if value == ALL else tuple(value)
        self.wrong("fields", 'Write `fields = "__all__"`, a list of names, or annotate the fields.', 4)
        return ()

    def filters(self) -> dict[str, tuple[str, ...] | CustomFilter]:
        value: Any = self.binding.filters
        if not isinstance(value, Mapping) or not _are_texts(list(value)):
            self.wrong("filters", 'Write filters = {"status": ["exact", "in"]}.', 32)
            return {}
        found: dict[str, tuple[str, ...] | CustomFilter] = {}
        for name, lookups in value.items():
            if isinstance(lookups, CustomFilter):
                found[name] = lookups
            elif _are_texts(lookups):
                found[name] = tuple(lookups)
            else:
                first = lookups if isinstance(lookups, str) else "exact"
                message = f"filter {name!r}: the lookups are {lookups!r}."
                self.problems.add(33, self.binding, message, f'Write {{{name!r}: ["{first}"]}}.')
        return found

    def default_order(self) -> tuple[str, ...] | None:
        value = self.binding.default_order
        if value is None:
            return None
        return (value,) if isinstance(value, str) else self.names("default_order")

    def verbs(self) -> frozenset[str]:
        if self.binding.model is None:
            return frozenset()
        wanted: Any = VERBS if self.binding.verbs is None else self.binding.verbs
        if not _are_texts(list(wanted) if isinstance(wanted, Mapping) else wanted):
            first = wanted if isinstance(wanted, str) else "retrieve"
            self.wrong("verbs", f'Write verbs = ["{first}"], or leave it out to serve all.')
            return frozenset(VERBS)
        for name in sorted(frozenset(wanted) - frozenset(VERBS)):
            near = difflib.get_close_matches(name, VERBS, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Verbs: {', '.join(VERBS)}. Actions are always served."
            self.problems.add(76, self.binding, f"`verbs` names {name!r}, which is no built-in verb.", hint)
        return frozenset(wanted) & frozenset(VERBS)

    def graphql_name(self) -> str:
        """What it says, or the class's name without ``Binding``."""
        value = self.binding.graphql_name
        if value is None:
            name = self.binding.__name__
            return name.removesuffix("Binding") or name
        if isinstance(value, str) and GRAPHQL_NAME.fullmatch(value):
            return value
        self.wrong("graphql_name", 'Write graphql_name = "Ticket": ASCII letters, digits and underscores.')
        return self.binding.__name__

    def flag(self, name: str) -> bool:
        value = getattr(self.binding, name)
        if not isinstance(value, bool):
            self.wrong(name, f"Write {name} = True or False.")
        return bool(value)

    def count(self, name: str) -> int | None:
        value = getattr(self.binding, name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
            return value
        return self.wrong(name, f"Write a positive number, such as {name} = 50.")

    def pages(self, config: Settings) -> tuple[int, int]:
        """(page_size, max_page_size). The settings' page size gives way to a smaller maximum of the binding's own."""
        page, most = self.count("page_size"), self.count("max_page_size")
        if page is not None and most is not None and page > most:
            hint = f"Write page_size = {most}, or a larger max_page_size."
            self.problems.add(101, self.binding, f"`page_size` {page} is over `max_page_size` {most}.", hint)
        limit = most or max(config.MAX_PAGE_SIZE, page or 0)
        return page or min(config.DEFAULT_PAGE_SIZE, limit), limit


def _are_texts(value: Any) -> bool:
    if isinstance(value, (str, Mapping)) or not isinstance(value, Collection):
        return False
    return all(isinstance(item, str) and item for item in value)
