"""Second pass: each declared field, held against its model, becomes an ``ir.Field``."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, get_args, get_origin

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models.fields import NOT_PROVIDED
from pydantic import AfterValidator

from ..declare.binding import Binding
from ..declare.fields import Marker
from .annotations import Declared, is_password
from .ir import Field, Kind, Scalar
from .problems import Problems
from .relations import is_plain_through, relation_of
from .typemap import AGREE, check_json, crosses_many, enum_of, resolve_path, scalar_of, with_choices


@dataclass(frozen=True, slots=True)
class FieldPass:
    """Compiles the fields of one binding. ``keys`` maps binding classes to their schema keys."""

    binding: type[Binding[Any]]
    model: type[models.Model]
    keys: Mapping[type, str]
    problems: Problems

    def compile(self, item: Declared) -> Field | None:
        """The field, or None after a problem was noted."""
        if item.computed is not None:
            return self._computed(item)
        path = item.options.source or item.name
        if path == "id" and item.options.source is None:
            path = "pk"
        try:
            parts = resolve_path(self.model, path)
        except FieldDoesNotExist:
            return self._unknown(item, path)
        last = parts[-1]
        if is_password(last.model, last.name):
            hint = "Leave it out, and declare an @action that calls set_password()."
            return self._problem(11, f"field {item.name!r} is a password hash.", hint)
        if crosses_many(parts[:-1]):
            hint = "Nest a binding for the relation, or use @computed(needs=[...])."
            return self._problem(12, f"field {item.name!r}: the path {path!r} goes through a relation to many.", hint)
        if self._nested_class(item.type) is not None:
            return self._nested(item, last, path)
        if (last.is_relation and not last.concrete) or last.many_to_many:
            return self._ids(item, last, path)
        return self._column(item, parts, path)

    def _problem(self, number: int, message: str, hint: str) -> None:
        self.problems.add(number, self.binding, message, hint)

    def _unknown(self, item: Declared, path: str) -> None:
        names = ", ".join(sorted(f.name for f in self.model._meta.get_fields()))
        return self._problem(
            10, f"field {item.name!r}: {self.model.__name__} has no field {path!r}.",
            f"Fields of the model: {names}. Use field(source=...) for another name, or @computed(needs=[...]).",
        )  # fmt: skip

    # Columns ----------------------------------------------------------------------------------------------------------

    def _column(self, item: Declared, parts: list[Any], path: str) -> Field | None:
        last = parts[-1]
        enum, pairs = enum_of(last, f"{self.model.__name__}{item.name.title().replace('_', '')}")
        scalar = self._scalar(item, last)
        if scalar is None:
            return None
        if pairs:
            scalar = with_choices(last, scalar, pairs)
        nullable = any(part.null for part in parts if part.concrete) or any(not part.concrete for part in parts)
        if not item.is_auto and item.optional != nullable:
            right = f"{getattr(item.type, '__name__', item.type)}{' | None' if nullable else ''}"
            word = "null" if nullable else "never null"
            return self._problem(
                13, f"field {item.name!r} is {word} in the model.", f"Write `{item.name}: {right}`, or auto."
            )
        is_own = len(parts) == 1
        writable = self._writable(item, last) if is_own else False
        fk = last.is_relation
        return Field(
            item.name, Kind.COLUMN, path if not fk else _fk_path(path, last), scalar,
            nullable=nullable, required=is_own and _required(last), readable=item.options.readable, writable=writable,
            write_only=Marker.WRITE_ONLY in item.markers, create_only=_is_key(self.model, last) and is_own,
            attribute=last.name if is_own else "", label=item.options.label or str(last.verbose_name),
            help=item.options.help or str(last.help_text), choices=pairs, enum=enum,
            relation=relation_of(last) if fk and is_own else None,
            limit_choices_to=_limit(last) if fk else None,
        )  # fmt: skip

    def _scalar(self, item: Declared, last: Any) -> Scalar | None:
        scalar = scalar_of(last)
        if item.is_auto:
            if scalar is None:
                hint = f"Write its type: `{item.name}: str`."
                return self._problem(14, f"field {item.name!r}: {type(last).__name__} has no known type.", hint)
            return scalar
        if scalar is None or isinstance(last, models.JSONField):
            return Scalar(Annotated[item.type, *item.metadata, AfterValidator(check_json)], item.type)
        if not _agrees(item.type, scalar, bool(last.choices)):
            said, is_ = getattr(item.type, "__name__", item.type), type(last).__name__
            return self._problem(
                15, f"field {item.name!r} is said to be {said}, but the model's {is_} is not.",
                f"Write `{item.name}: auto`, or the type that the model has.",
            )  # fmt: skip
        if item.metadata:
            return Scalar(Annotated[scalar.input, *item.metadata], scalar.output, scalar.dump)
        return scalar

    def _writable(self, item: Declared, last: Any) -> Any:
        fixed = not last.editable or isinstance(last, (models.AutoField, models.FileField, models.GeneratedField))
        composite = isinstance(last, getattr(models, "CompositePrimaryKey", ()))
        if fixed or composite or Marker.READ_ONLY in item.markers:
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
        if target not in self.keys or theirs is None or not issubclass(relation.model, theirs):
            right = f"a binding of {relation.model.__name__}, not abstract"
            return self._problem(
                17, f"field {item.name!r} nests {target.__name__}, of another model.", f"Nest {right}."
            )
        if relation.many != many:
            right = f"list[{target.__name__}]" if relation.many else target.__name__
            return self._problem(18, f"field {item.name!r}: wrong number of objects.", f"Write `{item.name}: {right}`.")
        return Field(
            item.name, Kind.MANY if many else Kind.ONE, relation.name, _key_type(relation.model, last),
            nullable=not many and (not last.concrete or last.null), required=bool(last.concrete and not many and _required(last)),
            readable=item.options.readable, writable=self._relation_writable(item, last),
            write_only=Marker.WRITE_ONLY in item.markers, create_only=_is_key(self.model, last),
            attribute=last.name if last.concrete else "",
            label=item.options.label or _label(last), help=item.options.help or str(getattr(last, "help_text", "")),
            relation=relation, target=self.keys[target], depth=item.options.depth,
            limit_choices_to=_limit(last),
        )  # fmt: skip

    def _ids(self, item: Declared, last: Any, path: str) -> Field | None:
        relation = relation_of(last) if "__" not in path else None
        if relation is None or not relation.many:
            hint = f"Nest a binding: `{item.name}: SomeBinding`, or leave it out."
            return self._problem(19, f"field {item.name!r}: {path!r} cannot be shown as bare ids.", hint)
        return Field(
            item.name, Kind.IDS, relation.name, _key_type(relation.model, last), readable=item.options.readable,
            writable=self._relation_writable(item, last), write_only=Marker.WRITE_ONLY in item.markers,
            attribute=last.name if last.concrete else "", label=item.options.label or _label(last),
            help=item.options.help or str(getattr(last, "help_text", "")), relation=relation,
            limit_choices_to=_limit(last),
        )  # fmt: skip

    def _relation_writable(self, item: Declared, last: Any) -> Any:
        fixed = not last.concrete or not last.editable or Marker.READ_ONLY in item.markers
        if fixed or (last.many_to_many and not is_plain_through(last)):
            return False
        return item.options.writable

    # Computed ---------------------------------------------------------------------------------------------------------

    def _computed(self, item: Declared) -> Field | None:
        assert item.computed is not None
        for need in item.computed.needs:
            try:
                resolve_path(self.model, need)
            except FieldDoesNotExist:
                hint = "`needs` names model fields, paths through foreign keys, or relations."
                return self._problem(20, f"computed {item.name!r} needs {need!r}, which the model has not.", hint)
        kind = item.type | None if item.optional else item.type
        return Field(
            item.name, Kind.COMPUTED, "", Scalar(kind, kind), nullable=item.optional, readable=item.options.readable,
            writable=False, label=item.options.label or item.name.replace("_", " "),
            help=item.options.help or inspect.getdoc(item.computed.func) or "", compute=item.computed.func,
            needs=item.computed.needs, is_async=inspect.iscoroutinefunction(item.computed.func),
        )  # fmt: skip


def _agrees(kind: Any, scalar: Scalar, has_choices: bool) -> bool:
    if kind is Any:
        return True
    if has_choices and (get_origin(kind) is Literal or (isinstance(kind, type) and issubclass(kind, Enum))):
        return True
    output = scalar.output
    base = output.__origin__ if get_origin(output) is Annotated and output not in AGREE else output
    return kind in AGREE.get(base, (base,)) or (get_origin(base) is list and get_origin(kind) is list)


def _is_key(model: type[models.Model], last: Any) -> bool:
    """Whether a field is the key or part of it: written when a row is created, and never again."""
    return last in model._meta.pk_fields


def _required(last: Any) -> bool:
    if last.null or last.blank or last.has_default():
        return False
    return bool(getattr(last, "db_default", NOT_PROVIDED) is NOT_PROVIDED)


def _fk_path(path: str, last: Any) -> str:
    head = path.rsplit("__", 1)[:-1]
    return "__".join([*head, last.attname])


def _label(last: Any) -> str:
    return str(getattr(last, "verbose_name", last.name.replace("_", " ")))


def _key_type(model: type[models.Model], last: Any) -> Scalar:
    target = last.target_field if last.concrete and not last.many_to_many else model._meta.pk
    return scalar_of(target) or Scalar(Any, Any)


def _limit(last: Any) -> Any:
    """What a foreign key or many-to-many restricts its choices to: a ``Q``, a dict, or a function that returns one."""
    remote = last.remote_field if last.concrete else None
    return getattr(remote, "limit_choices_to", None) or None
