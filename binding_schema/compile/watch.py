"""Eighth pass: what the live engine listens to for a stream: shown relations, ``depends_on`` and ``visibility_depends_on``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model

from ..declare.binding import Binding
from .ir import Dependency, Field, Kind, Making, Watch
from .problems import Problems
from .typemap import is_declared, is_path, resolve_path


@dataclass(slots=True)
class WatchPass:
    binding: type[Binding[Any]]
    model: type[Model]
    problems: Problems
    filters: Collection[str] = ()
    links: dict[tuple[type[Model], str], None] = field(default_factory=dict)
    dependencies: dict[Dependency, None] = field(default_factory=dict)
    touches: dict[tuple[type[Model], str, type[Model]], None] = field(default_factory=dict)
    rights: dict[type[Model], None] = field(default_factory=dict)

    def compile(self, fields: Mapping[str, Field], making: Making | None = None) -> Watch:
        for path in (*self._shown(fields.values()), *(making.needs if making is not None else ())):
            self._link(self.model, resolve_path(self.model, path.split("__")[0])[0])
        for item in self._listed("depends_on"):
            self._depends_on(item)
        for item in self._listed("visibility_depends_on"):
            self._visibility(item)
        return Watch(tuple(self.links), tuple(self.dependencies), tuple(self.touches), tuple(self.rights))

    def _listed(self, name: str) -> Iterable[Any]:
        value = getattr(self.binding, name)
        if isinstance(value, (list, tuple)):
            return value
        self.problems.add(80, self.binding, f"`{name}` is {value!r}.", f"Write {name} = [...], a list.")
        return ()

    def _shown(self, fields: Iterable[Field]) -> Iterable[str]:
        """Paths from the model that its rows show, or are filtered by."""
        for item in fields:
            if item.kind in (Kind.MANY, Kind.IDS):
                yield item.path
            yield from item.needs
        yield from (name for name in self.filters if is_path(self.model, name))

    def _link(self, model: type[Model], hop: Any) -> None:
        """A many-to-many relation of ``model``: adding to it and taking from it changes the model's object."""
        if hop.is_relation and hop.many_to_many:
            relation = hop.remote_field if is_declared(hop) else hop.field.remote_field
            self.links[(relation.through, hop.name)] = None

    # depends_on ---------------------------------------------------------------------------------------------------------

    def _depends_on(self, item: Any) -> None:
        path = item if isinstance(item, str) else _name_of(item, self.model)
        try:
            hops = resolve_path(self.model, path or "")
        except FieldDoesNotExist:
            return self._unknown("depends_on", item)
        relations = [hop for hop in hops if hop.is_relation]
        if not relations:
            return self.problems.add(
                81, self.binding, f"`depends_on` names {path!r}, which is no relation.",
                "A change of the model's own columns is always told; name relations, such as `team`.",
            )  # fmt: skip
        model, steps = self.model, list[str]()
        for hop in relations:
            self._hop(model, hop, steps)
            steps.append(hop.name)
            model = hop.related_model
            self.dependencies[Dependency("__".join(steps), model)] = None

    def _hop(self, model: type[Model], hop: Any, steps: list[str]) -> None:
        if hop.many_to_many:
            relation = hop.remote_field if is_declared(hop) else hop.field.remote_field
            self.links[(relation.through, "__".join([*steps, hop.name]))] = None
        elif not is_declared(hop):
            # The rows on the other side hold the key: one that comes, goes or moves changes the row on this side.
            self.touches[(hop.related_model, hop.field.attname, model)] = None

    # visibility_depends_on ------------------------------------------------------------------------------------------------

    def _visibility(self, item: Any) -> None:
        if isinstance(item, type) and issubclass(item, Model):
            self.rights[item] = None
            return
        through = getattr(item, "through", None)  # the descriptor of a many-to-many relation, on either side
        if isinstance(through, type):
            self.rights[through] = None
            return
        try:
            hops = resolve_path(self.model, item) if isinstance(item, str) else []
        except FieldDoesNotExist:
            hops = []
        if not any(hop.is_relation for hop in hops):
            return self._unknown("visibility_depends_on", item)
        for hop in hops:
            if hop.is_relation and hop.many_to_many:
                relation = hop.remote_field if is_declared(hop) else hop.field.remote_field
                self.rights[relation.through] = None
            elif hop.is_relation:
                self.rights[hop.related_model] = None

    def _unknown(self, name: str, item: Any) -> None:
        known = ", ".join(sorted(hop.name for hop in self.model._meta.get_fields() if hop.is_relation))
        hint = f"Relations of {self.model.__name__}: {known or 'none'}."
        if name == "visibility_depends_on":
            hint = f"Name a many-to-many relation (Team.members), a model, or a path of relations. {hint}"
        self.problems.add(82, self.binding, f"`{name}` names {item!r}, which is no relation.", hint)


def _name_of(descriptor: Any, model: type[Model]) -> str | None:
    """The name of a relation that a descriptor (``Ticket.team``) stands for."""
    for hop in model._meta.get_fields():
        name = hop.name if is_declared(hop) else getattr(hop, "get_accessor_name", lambda: None)()
        if name and hop.is_relation and getattr(model, name, None) is descriptor:
            return hop.name
    return None
