"""Second pass: each declared field, held against its model, becomes an ``ir.Field``."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models.fields import NOT_PROVIDED
from pydantic import AfterValidator

from ..declare.binding import Binding
from ..declare.fields import Marker
from . import options
from .agreement import agrees, spelled
from .annotations import Declared, is_password
from .inputs import undescribed
from .ir import Field, Kind, Scalar
from .problems import Problems
from .relations import is_plain_through, relation_of
from .typemap import (
    check_json,
    crosses_many,
    enum_of,
    is_declared,
    is_path,
    may_be_null,
    resolve_path,
    scalar_of,
    with_choices,
)


@dataclass(frozen=True, slots=True)
class FieldPass:
    """Compiles the fields of one binding. ``keys`` maps binding classes to their schema keys."""

    binding: type[Binding[Any]]
    model: type[models.Model]
    keys: Mapping[type, str]
    problems: Problems

    def compile(self, item: Declared) -> Field | None:
        """The field, or None after a problem was noted."""
        if not options.sound(self.binding, item, self.problems):
            return None
        if item.computed is not None:
            return self._described(self._computed(item))
        path = item.options.source or item.name
        if path == "id" and item.options.source is None:
            path = "pk"
        try:
            parts = resolve_path(self.model, path)
        except FieldDoesNotExist:
            return self._unknown(item, path)
        last = parts[-1]
        missing = [part for part in parts if isinstance(part.related_model, str)]
        if missing:
            hint = "Mend the model first: Django's own check fields.E300 says the same."
            return self._problem(23, f"field {item.name!r}: there is no model {missing[0].related_model!r}.", hint)
        if is_password(last.model, last.name):
            hint = "Leave it out, and declare an @action that calls set_password()."
            return self._problem(11, f"field {item.name!r} is a password hash.", hint)
        if crosses_many(parts[:-1]):
            hint = "Nest a binding for the relation, or use @computed(needs=[...])."
            return self._problem(12, f"field {item.name!r}: the path {path!r} goes through a relation to many.", hint)
        if self._nested_class(item.type) is not None:
            return self._writing(item, self._nested(item, last, path))
        if (last.is_relation and not is_declared(last)) or last.many_to_many:
            return self._writing(item, self._ids(item, last, path))
        made = self._writing(item, self._column(item, parts, path))
        return made if item.is_auto and not item.metadata else self._described(made)

    def _writing(self, item: Declared, made: Field | None) -> Field | None:
        """Refuse what asks to be written, or to be written only, where nothing can be written."""
        if made is None or made.writable is not False:
            return made
        if made.write_only:
            hint = f"Write `{item.name}: auto`, or leave it out."
            return self._problem(25, f"field {item.name!r} is WriteOnly, and cannot be written.", hint)
        if item.options.writable not in (True, False):
            hint = (
                "Take `writable` away; keys that the database makes, files, reverse relations and paths are read only."
            )
            return self._problem(26, f"field {item.name!r} has a rule for writing, and cannot be written.", hint)
        return made

    def _problem(self, number: int, message: str, hint: str) -> None:
        self.problems.add(number, self.binding, message, hint)

    def _described(self, made: Field | None) -> Field | None:
        """Refuse a stated type that no client can be told of."""
        if made is None:
            return None
        error = undescribed(made.type.input, "validation") or undescribed(made.type.output, "serialization")
        if error:
            hint = "Use plain values, a TypedDict, a dataclass or a Pydantic model; nest a binding for another model's object."
            return self._problem(27, f"field {made.name!r}: its type cannot travel as JSON: {error}", hint)
        return made

    def _unknown(self, item: Declared, path: str) -> None:
        names = sorted(f.name for f in self.model._meta.get_fields())
        hint = f"Fields of the model: {', '.join(names)}. Use field(source=...) for another name, or @computed(needs=[...])."
        near = difflib.get_close_matches(path, names, n=1)
        accessors = {relation.get_accessor_name(): relation.name for relation in self.model._meta.related_objects}
        if path in accessors:
            hint = f'Write `field(source="{accessors[path]}")`: the name that filters use.'
        elif near:
            hint = f"Did you mean {near[0]!r}? {hint}"
        return self._problem(10, f"field {item.name!r}: {self.model.__name__} has no field {path!r}.", hint)

    # Columns ----------------------------------------------------------------------------------------------------------

    def _column(self, item: Declared, parts: list[Any], path: str) -> Field | None:
        last = parts[-1]
        enum, pairs = enum_of(last, f"{self.model.__name__}{item.name.title().replace('_', '')}")
        scalar = self._scalar(item, last)
        if scalar is None:
            return None
        if pairs:
            scalar = with_choices(last, scalar, pairs)
        nullable = may_be_null(parts)
        if not item.is_auto and item.type is not Any and item.optional != nullable:
            return self._nullability(item, nullable)
        is_own = len(parts) == 1
        writable = self._writable(item, last) if is_own else False
        fk = last.is_relation
        return Field(
            item.name, Kind.COLUMN, path if not fk else _fk_path(path, last), scalar,
            nullable=nullable, required=is_own and is_required(last), readable=item.options.readable, writable=writable,
            write_only=Marker.WRITE_ONLY in item.markers, create_only=_is_key(self.model, last) and is_own,
            attribute=last.name if is_own else "", label=item.options.label or str(last.verbose_name),
            help=item.options.help or str(last.help_text), choices=pairs, enum=enum,
            relation=relation_of(last) if fk and is_own else None,
            limit_choices_to=_limit(last) if fk else None,
            validators=None if item.options.validators is None else tuple(item.options.validators),
        )  # fmt: skip

    def _nullability(self, item: Declared, nullable: bool) -> None:
        right = f"{spelled(item.type)}{' | None' if nullable else ''}"
        word = "null in some rows" if nullable else "never null"
        return self._problem(13, f"field {item.name!r} is {word}.", f"Write `{item.name}: {right}`.")

    def _scalar(self, item: Declared, last: Any) -> Scalar | None:
        scalar = scalar_of(last)
        if item.is_auto:
            if scalar is None:
                hint = f"Write its type: `{item.name}: str`."
                return self._problem(14, f"field {item.name!r}: {type(last).__name__} has no known type.", hint)
            return scalar
        if scalar is None or isinstance(last, models.JSONField):
            return Scalar(Annotated[item.type, *item.metadata, AfterValidator(check_json)], item.type)
        if not agrees(item.type, scalar, frozenset(value for value, _ in enum_of(last, "Choices")[1])):
            hint = f"Write `{item.name}: auto`, or the type that the model has."
            if last.is_relation:
                hint = (
                    f"Write `{item.name}: auto` for the bare key, or nest a binding of {last.related_model.__name__}."
                )
            said = (
                f"field {item.name!r} is said to be {spelled(item.type)}, but the model's {type(last).__name__} is not."
            )
            return self._problem(15, said, hint)
        if item.metadata:
            return Scalar(Annotated[scalar.input, *item.metadata], scalar.output, scalar.dump)
        return scalar

    def _writable(self, item: Declared, last: Any) -> Any:
        fixed = not last.editable or isinstance(last, (models.AutoField, models.FileField, models.GeneratedField))
        composite = isinstance(last, getattr(models, "CompositePrimaryKey", ()))
        # The link of a child table to its parent's row, which is made along with it.
        parent = last.is_relation and last.remote_field.parent_link
        if fixed or composite or parent or Marker.READ_ONLY in item.markers:
            return False
        # "id" names the row in update and save, so a natural key is only written when a row is created.
        return item.options.writable

    # Relations --------------------------------------------------------------------------------------------------------

    @staticmethod
    def _nested_class(kind: Any) -> type | None:
        if get_origin(kind) is list and get_args(kind):
            kind = get_args(kind)[0]
        return kind if isinstance(kind, type) and issubclass(kind, Binding) else None

    def _nested(self, item: Declared, last: Any, path: str) -> Field | None:
        target = self._nested_class(item.type)
        assert target is not None
        many = get_origin(item.type) is list
        relation = relation_of(last) if "__" not in path and last.is_relation else None
        if relation is None:
            hint = f"Nest {target.__name__} under a direct relation of {self.model.__name__}."
            return self._problem(16, f"field {item.name!r}: {path!r} is not a relation to one model.", hint)
        theirs = getattr(target, "model", None)
        if target not in self.keys:
            hint = "Nest a binding that is not abstract; stream = None keeps it from being served."
            return self._problem(17, f"field {item.name!r} nests {target.__name__}, which is abstract.", hint)
        if theirs is None or not _is_same(relation.model, theirs):
            said = f"field {item.name!r} nests {target.__name__}, of another model."
            return self._problem(17, said, f"Nest a binding of {relation.model.__name__}.")
        if relation.many != many or (many and item.optional):
            right = f"list[{target.__name__}]" if relation.many else target.__name__
            return self._problem(18, f"field {item.name!r}: wrong number of objects.", f"Write `{item.name}: {right}`.")
        nullable = not many and (not is_declared(last) or last.null)
        if item.optional != nullable:
            return self._nullability(item, nullable)
        return Field(
            item.name, Kind.MANY if many else Kind.ONE, relation.name, _key_type(relation.model, last),
            nullable=nullable, required=bool(is_declared(last) and not many and is_required(last)),
            readable=item.options.readable, writable=self._relation_writable(item, last),
            write_only=Marker.WRITE_ONLY in item.markers, create_only=_is_key(self.model, last),
            attribute=last.name if is_declared(last) else "",
            label=item.options.label or _label(last), help=item.options.help or str(getattr(last, "help_text", "")),
            relation=relation, target=self.keys[target], depth=item.options.depth,
            limit_choices_to=_limit(last),
        )  # fmt: skip

    def _ids(self, item: Declared, last: Any, path: str) -> Field | None:
        relation = relation_of(last) if "__" not in path else None
        if relation is None or not relation.many:
            hint = f"Nest a binding: `{item.name}: SomeBinding`, or leave it out."
            return self._problem(19, f"field {item.name!r}: {path!r} cannot be shown as bare ids.", hint)
        key = _key_type(relation.model, last)
        if not item.is_auto and (item.optional or not agrees(item.type, Scalar(Any, list[key.output]))):  # type: ignore[name-defined]
            hint = f"Write `{item.name}: auto`, or `list[...]` of a binding or of the key's type."
            said = f"field {item.name!r} is said to be {spelled(item.type)}, but it is a list of ids."
            return self._problem(15, said, hint)
        return Field(
            item.name, Kind.IDS, relation.name, key, readable=item.options.readable,
            writable=self._relation_writable(item, last), write_only=Marker.WRITE_ONLY in item.markers,
            attribute=last.name if is_declared(last) else "", label=item.options.label or _label(last),
            help=item.options.help or str(getattr(last, "help_text", "")), relation=relation,
            limit_choices_to=_limit(last),
        )  # fmt: skip

    def _relation_writable(self, item: Declared, last: Any) -> Any:
        fixed = not is_declared(last) or not last.editable or Marker.READ_ONLY in item.markers
        if fixed or (last.many_to_many and not is_plain_through(last)):
            return False
        return item.options.writable

    # Computed ---------------------------------------------------------------------------------------------------------

    def _computed(self, item: Declared) -> Field | None:
        assert item.computed is not None
        needs = item.computed.needs
        if not isinstance(needs, tuple) or not all(isinstance(need, str) for need in needs):
            first = needs if isinstance(needs, str) else "created_at"
            hint = f'Write `@computed(needs=["{first}"])`, or needs=[] if it reads no field.'
            return self._problem(7, f"computed {item.name!r}: `needs` is {needs!r}.", hint)
        if not options.takes(item.computed.func, 2):
            hint = f"Write `def {item.name}(self, obj):`."
            return self._problem(28, f"computed {item.name!r} does not take the binding and one object.", hint)
        for need in needs:
            if not is_path(self.model, need):
                hint = "`needs` names model fields, paths through foreign keys, or relations, as filters name them."
                return self._problem(20, f"computed {item.name!r} needs {need!r}, which the model has not.", hint)
        kind = item.type | None if item.optional else item.type
        return Field(
            item.name, Kind.COMPUTED, "", Scalar(kind, kind), nullable=item.optional, readable=item.options.readable,
            writable=False, label=item.options.label or item.name.replace("_", " "),
            help=item.options.help or inspect.getdoc(item.computed.func) or "", compute=item.computed.func,
            needs=needs, is_async=inspect.iscoroutinefunction(item.computed.func),
        )  # fmt: skip


def _is_same(related: type[models.Model], theirs: type[models.Model]) -> bool:
    """Whether a binding of ``theirs`` can show rows of ``related``: the model, a proxy of it, or a parent."""
    return issubclass(related, theirs) or related._meta.concrete_model is theirs._meta.concrete_model


def _is_key(model: type[models.Model], last: Any) -> bool:
    """Whether a field is the key or part of it: written when a row is created, and never again."""
    return last in model._meta.pk_fields


def is_required(last: Any) -> bool:
    """Whether a client that creates a row must give a value."""
    if last.null or last.blank or last.has_default():
        return False
    return bool(getattr(last, "db_default", NOT_PROVIDED) is NOT_PROVIDED)


def _fk_path(path: str, last: Any) -> str:
    head = path.rsplit("__", 1)[:-1]
    return "__".join([*head, last.attname])


def _label(last: Any) -> str:
    return str(getattr(last, "verbose_name", last.name.replace("_", " ")))


def _key_type(model: type[models.Model], last: Any) -> Scalar:
    target = last.target_field if is_declared(last) and not last.many_to_many else model._meta.pk
    return scalar_of(target) or Scalar(Any, Any)


def _limit(last: Any) -> Any:
    """What a foreign key or many-to-many restricts its choices to: a ``Q``, a dict, or a function that returns one."""
    remote = last.remote_field if is_declared(last) else None
    return getattr(remote, "limit_choices_to", None) or None
