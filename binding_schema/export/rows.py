"""What a client gets of a stream's objects and what it writes of them, from the IR's fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..compile.ir import Field, Kind, Schema, Shape, Stream
from ..conf import settings
from ..declare.permissions import AllowAny, And, DjangoModelPermissions, IsAuthenticated, IsAuthenticatedOrReadOnly
from ..types import Json
from .components import Components, array, mapped, nullable, record, ref, schema_of
from .names import pascal

#: Permissions that let everyone read, and those that let everyone read who is logged in.
_ALL, _LOGGED_IN = (AllowAny, IsAuthenticatedOrReadOnly), (IsAuthenticated, DjangoModelPermissions)
#: What a type of the IR says of an optional value that is not sent; it is no value that could be sent.
_UNSENT = "default"


class Rows:
    """The row types of a schema by shape, and the enums of its fields. A nested object has the type of its own stream's rows
    where it shows the same fields, and a type of its own where it is cut short."""

    def __init__(self, schema: Schema, components: Components, prefixes: Mapping[str, str]) -> None:
        self.schema = schema
        self.components = components
        self.prefixes = prefixes
        self._shapes: dict[Any, Json] = {}
        self._enums: dict[tuple[str, str], Json] = {}

    # Rows -------------------------------------------------------------------------------------------------------------

    def row(self, shape: Shape, name: str = "") -> Json:
        """The reference to the type of a shape's rows."""
        key = _signature(shape)
        if key not in self._shapes:
            own = key == _signature(self.schema.by_key[shape.key].shape)
            claimed = self.prefixes[shape.key] if own else self.components.names.claim(name)
            self._shapes[key] = ref(claimed)
            fields = sorted(shape.fields, key=_place)
            self.components.schemas[claimed] = record(
                {item.name: self._shown(shape.key, item, claimed) for item in fields},
                [item.name for item in fields if self._is_certain(item) and (not shape.open or item.name == "id")],
                **({"additionalProperties": True} if shape.open else {}),
                **_text(self.schema.by_key[shape.key]),
            )
        return self._shapes[key]

    def _shown(self, owner: str, item: Field, within: str) -> Json:
        return {**self._noted(owner, item, self._got(owner, item, within)), **_read_only(item)}

    def _got(self, owner: str, item: Field, within: str) -> Json:
        found = self.value(owner, item)
        if item.shape is not None:
            found = self.row(item.shape, f"{within}{pascal(item.name)}")
        if item.kind in (Kind.MANY, Kind.IDS):
            return array(found)
        return nullable(found) if item.nullable or self._is_hidden(item) else found

    def _is_certain(self, item: Field) -> bool:
        """Whether every row of everyone has the field."""
        if item.readable is not True:
            return False
        return item.shape is None or _is_open(self.schema.by_key[item.target].permission)

    def _is_hidden(self, item: Field) -> bool:
        """Whether a nested object may be there, and out of the user's sight: then it is null."""
        target = self.schema.by_key[item.target] if item.kind is Kind.ONE else None
        return target is not None and (target.has_row_rule or target.own_queryset)

    def value(self, owner: str, item: Field) -> Json:
        """A field's value as it is told: of a relation, the key of an object."""
        kind = item.type.output
        schema = {} if kind is Any else schema_of(kind, "serialization")
        return self.with_enum(owner, item, self.components.adopt(schema, self.prefixes[owner]))

    # Writes -----------------------------------------------------------------------------------------------------------

    def written(self, stream: Stream, verb: str) -> Json:
        """What ``create`` or ``update`` takes, as the IR's own type says it; of an ``update`` without the ``id``."""
        assert stream.types is not None
        kind = stream.types.create if verb == "create" else stream.types.update
        schema = self.components.adopt(schema_of(kind, "validation"), self.prefixes[stream.key])
        members = {
            name: self._sent(stream, stream.fields[name], part)
            for name, part in sorted(schema["properties"].items(), key=lambda pair: _place(stream.fields[pair[0]]))
            if verb == "create" or name != "id"
        }
        return record(members, [name for name in schema.get("required", ()) if name in members], closed=True)

    def _sent(self, stream: Stream, item: Field, schema: Json) -> Json:
        bare = {key: value for key, value in schema.items() if key not in (_UNSENT, "title", "description", "x-nested")}
        if item.choices:
            bare.pop("x-choices", None)
        found = self._noted(stream.key, item, self.with_enum(stream.key, item, bare))
        return {**found, "writeOnly": True} if item.write_only else found

    # Notes ------------------------------------------------------------------------------------------------------------

    def _noted(self, owner: str, item: Field, schema: Json) -> Json:
        """A value's schema with what people are told of the field."""
        found = dict(schema)
        if item.label:
            found["title"] = item.label
        if item.help:
            found["description"] = item.help
        if item.deprecated:
            found |= {"deprecated": True, "x-deprecated": item.deprecated}
        if item.choices and item.enum is not None and (owner, item.name) not in self._enums:
            found["x-choices"] = _choices(item)
        return found

    def with_enum(self, owner: str, item: Field | None, schema: Json) -> Json:
        """The schema with the field's choices named, wherever they stand in it."""
        if item is None or item.enum is None or not item.choices:
            return schema

        def change(part: Json) -> Json:
            if not _is_of(item, part):
                return part
            if (owner, item.name) not in self._enums:
                name = f"{self.prefixes[owner]}{pascal(item.name)}"
                self._enums[owner, item.name] = self.components.add(name, {**part, "x-choices": _choices(item)})
            return self._enums[owner, item.name]

        return mapped(schema, change)


def _is_of(item: Field, part: Json) -> bool:
    """Whether a schema lists a field's choices. A blank text may be among them."""
    values = part.get("enum", [part["const"]] if "const" in part else [])
    return bool(values) and {*values, ""} == {*(value for value, _ in item.choices), ""}


def _choices(item: Field) -> list[Json]:
    return [
        {"value": value if isinstance(value, (str, int)) else str(value), "label": label}
        for value, label in item.choices
    ]


def _signature(shape: Shape) -> Any:
    """Equal for shapes that show the same of the same streams."""
    return shape.key, tuple((item.name, item.shape and _signature(item.shape)) for item in shape.fields)


def _place(item: Field) -> tuple[bool, str]:
    """The key first, then by name: to move a line in a declaration changes no export."""
    return item.name != "id", item.name


def _read_only(item: Field) -> Json:
    return {"readOnly": True} if item.writable is False else {}


def _text(stream: Stream) -> Json:
    return {"description": stream.help} if stream.help else {}


def _is_open(permission: Any) -> bool:
    """Whether whoever gets an answer at all may read a stream."""
    everyone = _ALL if settings().ANONYMOUS_CONNECTION_ALLOWED else (*_ALL, *_LOGGED_IN)
    return isinstance(permission, And) and all(type(part) in everyone for part in permission.parts)
