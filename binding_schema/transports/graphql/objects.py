"""Object types: one for each binding, and those that answers are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import strawberry

from ...compile.ir import Field, Kind, Schema, Stream
from ...declare.permissions import AllowAny, And, DjangoModelPermissions, IsAuthenticated, IsAuthenticatedOrReadOnly
from .building import plain
from .names import camel
from .typing_of import Types

_OPEN = (AllowAny, IsAuthenticated, IsAuthenticatedOrReadOnly, DjangoModelPermissions)


class Objects:
    """The object types of bindings by key, made together, since they refer to each other."""

    def __init__(self, schema: Schema, names: Mapping[str, str], types: Types) -> None:
        self.schema = schema
        self.names = names
        self.types = types
        self.made: dict[str, type[Any]] = {}

    def all(self) -> dict[str, type[Any]]:
        # Classes first, fields afterwards: two bindings may nest each other.
        for key, name in self.names.items():
            self.made[key] = type(name, (), {"__module__": __name__})
        for key, cls in self.made.items():
            stream = self.schema.by_key[key]
            shown = [item for item in stream.fields.values() if not item.write_only and item.readable is not False]
            fields = {item.name: self._field(item) for item in shown if not item.target or item.target in self.made}
            cls.__annotations__ = {name: kind for name, (kind, _) in fields.items()}
            for name, (_, made) in fields.items():
                setattr(cls, name, made)
        for key, cls in self.made.items():
            description = (type(self.schema.by_key[key].binding).__doc__ or "").strip()
            strawberry.type(cls, name=self.names[key], description=description or None)
        return self.made

    def _field(self, item: Field) -> tuple[Any, Any]:
        description = item.help or (item.label if item.label != item.name else "")
        return plain(self._kind(item), item.name, description)

    def _kind(self, item: Field) -> Any:
        certain = item.readable is True
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
        kind = self.types.output(item)
        if item.kind is Kind.IDS:
            kind = list[kind]  # type: ignore[valid-type]
        return kind if certain and not item.nullable else kind | None


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
