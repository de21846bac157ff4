"""Object types: one for each binding, and those that answers are made of."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import strawberry
from strawberry.types import Info

from ...compile.ir import Field, Kind, Schema, Stream
from ...declare.binding import Binding
from ...declare.permissions import AllowAny, And, DjangoModelPermissions, IsAuthenticated, IsAuthenticatedOrReadOnly
from .building import plain
from .fetch import fetch_one
from .names import camel, distinct, place
from .shapes import Results, holds_objects, reader
from .typing_of import Types

_OPEN = (AllowAny, IsAuthenticated, IsAuthenticatedOrReadOnly, DjangoModelPermissions)


class Objects:
    """The object types of bindings by key, made together, since they refer to each other."""

    def __init__(
        self,
        schema: Schema,
        names: Mapping[str, str],
        types: Types,
        extend: Mapping[type[Binding[Any]], type[Any]],
        federation: bool,
    ) -> None:
        self.schema = schema
        self.names = names
        self.types = types
        self.extend = extend
        self.federation = federation
        self.made: dict[str, type[Any]] = {}

    def all(self) -> dict[str, type[Any]]:
        # Classes first, fields afterwards: two bindings may nest each other.
        for key, name in self.names.items():
            own = self.extend.get(type(self.schema.by_key[key].binding))
            self.made[key] = type(name, (own,) if own is not None else (), {"__module__": __name__})
        for key, cls in self.made.items():
            stream = self.schema.by_key[key]
            distinct([*stream.fields, *_extras(self.extend.get(type(stream.binding)))], place(stream))
            shown = [item for item in stream.fields.values() if not item.write_only and item.readable is not False]
            fields = {
                item.name: self._field(key, item) for item in shown if not item.target or item.target in self.made
            }
            cls.__annotations__ = {name: kind for name, (kind, _) in fields.items()}
            for name, (_, made) in fields.items():
                setattr(cls, name, made)
        for key, cls in self.made.items():
            self._decorate(self.schema.by_key[key], cls, self.names[key])
        return self.made

    def _decorate(self, stream: Stream, cls: type[Any], name: str) -> None:
        description = inspect.cleandoc(type(stream.binding).__doc__ or "") or None
        if not (self.federation and stream.name and "retrieve" in stream.verbs):
            strawberry.type(cls, name=name, description=description)
            return

        async def resolve_reference(cls: type[Any], info: Info, id: Any) -> Any:
            return strawberry.cast(cls, await fetch_one(info, stream.name, id))

        cls.resolve_reference = classmethod(resolve_reference)
        strawberry.federation.type(cls, name=name, description=description, keys=["id"])

    def _field(self, key: str, item: Field) -> tuple[Any, Any]:
        kind = self._kind(key, item)
        resolver = reader(item.name) if item.kind is Kind.SERIALIZED and holds_objects(kind) else None
        return plain(kind, item.name, item.help or _more(item), resolver, deprecated=item.deprecated)

    def _kind(self, key: str, item: Field) -> Any:
        certain = item.readable is True and (item.name == "id" or not self.schema.by_key[key].shape.open)
        if item.kind in (Kind.ONE, Kind.MANY):
            target, kind = self.schema.by_key[item.target], self.made[item.target]
            open_ = certain and is_open(target)
            if item.kind is Kind.MANY:
                return list[kind] if open_ else list[kind] | None  # type: ignore[valid-type]
            return (
                kind
                if open_ and not item.nullable and not target.has_row_rule and not target.own_queryset
                else kind | None
            )
        owner = self.names[key]
        # What a serializer nests has no stream, and so a type of its own.
        make = (
            Results(self.types, owner, "Value", place(self.schema.by_key[key]))
            if item.kind is Kind.SERIALIZED
            else None
        )
        kind = self.types.output(item, owner, make)
        if item.kind is Kind.IDS:
            kind = list[kind]  # type: ignore[valid-type]
        return kind if certain and not item.nullable else kind | None


def _extras(own: type[Any] | None) -> list[str]:
    """The names of the fields that a type is extended with."""
    return [item.python_name for item in own.__strawberry_definition__.fields] if own is not None else []


def _more(item: Field) -> str:
    """A label that says more than the name does."""
    words = item.name.removesuffix("_id").replace("_", " ").strip()
    return "" if item.label.casefold() == words.casefold() else item.label


def is_open(stream: Stream) -> bool:
    """Whether whoever gets as far as a nested stream may read it."""
    return isinstance(stream.permission, And) and all(type(part) in _OPEN for part in stream.permission.parts)


@strawberry.type(description="What is wrong with one field of a write.")
class FieldError:
    field: str = strawberry.field(description="The field, as the input names it, or `__all__`.")
    code: str
    message: str
    row: int | None = strawberry.field(default=None, description="Of a write of many: the number of the row, from 0.")


@strawberry.type(description="Where a page of a connection lies.")
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


def field_errors(errors: Mapping[str, Any], row: int | None = None) -> list[FieldError]:
    """``{field: [{code, message}]}``, or that by row, as a list."""
    found: list[FieldError] = []
    for name, items in errors.items():
        if isinstance(items, Mapping):
            found += field_errors(items, int(name))
        else:
            shown = name if name == "__all__" else camel(name)
            found += [FieldError(field=shown, code=item["code"], message=item["message"], row=row) for item in items]
    return found
