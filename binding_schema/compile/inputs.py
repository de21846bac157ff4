"""Fourth pass: the finished Pydantic types of what a client sends and gets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PydanticUserError, TypeAdapter, create_model
from pydantic.errors import PydanticUndefinedAnnotation

from ..conf import Settings
from .ir import Field as IrField
from .ir import Kind, Scalar, Shape
from .typemap import NO_NUL

STRICT = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
OPEN = ConfigDict(extra="allow", arbitrary_types_allowed=True)
#: Names inside the types carry a prefix, so that no field shadows a method of Pydantic's; the alias is what travels.
PREFIX = "f_"


def build(name: str, members: Mapping[str, tuple[Any, Any]], config: ConfigDict = STRICT) -> type[BaseModel]:
    """A Pydantic model with aliased members: ``{name: (type, default or ...)}``."""
    definitions: dict[str, Any] = {
        PREFIX + key: (kind, Field(default, alias=key) if not _is_info(default) else default)
        for key, (kind, default) in members.items()
    }
    return create_model(name, __config__=config, **definitions)


def _is_info(default: Any) -> bool:
    return type(default).__name__ == "FieldInfo"


def undescribed(kind: Any, mode: Literal["validation", "serialization"]) -> str:
    """Why a type has no JSON Schema, in one line; an empty text if it has one."""
    try:
        TypeAdapter(kind).json_schema(mode=mode)
    except (PydanticUserError, PydanticUndefinedAnnotation) as error:
        return str(error).splitlines()[0]
    return ""


def described(item: IrField, default: Any) -> Any:
    """The Pydantic field of an IR field, with its label, help and choices in the JSON Schema."""
    extra: dict[str, Any] = {}
    if item.choices:
        extra["x-choices"] = [{"value": value, "label": label} for value, label in item.choices]
    if item.target:
        extra["x-nested"] = item.target
    return Field(
        default,
        alias=item.name,
        title=item.label or None,
        description=item.help or None,
        deprecated=bool(item.deprecated) or None,
        json_schema_extra=extra or None,
    )


def row_type(name: str, shape: Shape) -> type[BaseModel]:
    """The rows of a shape. A field that some user may not read may be missing for that user."""
    members: dict[str, tuple[Any, Any]] = {}
    for item in shape.fields:
        kind: Any = item.type.output
        if item.shape is not None:
            kind = row_type(f"{name}{item.name.title().replace('_', '')}", item.shape)
        if item.kind in (Kind.MANY, Kind.IDS):
            kind = list[kind]
        certain = not shape.open or item.name == "id"
        members[item.name] = (kind | None if item.nullable else kind, described(item, ... if certain else None))
    return build(name, members, ConfigDict(arbitrary_types_allowed=True, extra="allow" if shape.open else None))


def input_type(item: IrField, settings: Settings) -> Any:
    """What a client writes into a field: a value, an id, or a list of ids."""
    if item.kind in (Kind.MANY, Kind.IDS):
        return Annotated[list[item.type.input], Field(max_length=settings.MAX_IN_VALUES)]  # type: ignore[name-defined]
    return item.type.input | None if item.nullable else item.type.input


def create_type(name: str, fields: Iterable[IrField], settings: Settings) -> type[BaseModel]:
    members = {
        item.name: (input_type(item, settings), described(item, ... if item.required else None))
        for item in fields
        if item.writable is not False
    }
    return build(f"{name}Create", members)


def update_type(name: str, fields: Iterable[IrField], settings: Settings) -> type[BaseModel]:
    """All but the ``id`` may be left out: what is left out stays as it is."""
    members: dict[str, tuple[Any, Any]] = {}
    for item in fields:
        if item.name == "id":
            members["id"] = (item.type.input, described(item, ...))
        elif item.writable is not False and not item.create_only:
            members[item.name] = (input_type(item, settings), described(item, None))
    return build(f"{name}Update", members)


def argument_types(
    name: str, pk: Scalar, max_page_size: int, settings: Settings, open_: bool = False
) -> dict[str, type[BaseModel]]:
    """The arguments of the built-in verbs that do not take a row's fields. ``open_``: lists take keys of any name."""
    lists = OPEN if open_ else STRICT
    many = Annotated[list[pk.input], Field(max_length=settings.MAX_IDS)]  # type: ignore[name-defined]
    text = Annotated[str, Field(pattern=NO_NUL, max_length=settings.MAX_QUERY_LENGTH)]
    order = Annotated[str, Field(max_length=200)]
    which: dict[str, tuple[Any, Any]] = {"id": (pk.input, None), "ids": (many, None)}
    rows: dict[str, tuple[Any, Any]] = {
        "filters": (dict[str, Any] | None, None),
        "order": (order | list[order] | None, None),
        "query": (text | None, None),
    }
    pages: dict[str, tuple[Any, Any]] = {
        "page": (Annotated[int, Field(strict=True, ge=1, le=10_000_000)], 1),
        "limit": (Annotated[int, Field(strict=True, ge=1, le=max_page_size)], None),
        "after": (Annotated[str, Field(max_length=4096)] | None, None),
        "count": (bool, True),
    }
    return {
        "retrieve": build(f"{name}Retrieve", which),
        "delete": build(f"{name}Delete", which),
        "list": build(f"{name}List", rows, lists),
        "search": build(f"{name}Search", {**pages, **rows}, lists),
        "search:connection": build(f"{name}Connection", {**_edges(max_page_size), **rows}),
        "schema": build(f"{name}Schema", {}),
        "subscribe": build(f"{name}Subscribe", {**rows, **_live(pk, settings)}, lists),
        "unsubscribe": build(f"{name}Unsubscribe", {"id": (pk.input | None, None)}),
    }


def _edges(max_page_size: int) -> dict[str, tuple[Any, Any]]:
    """Where a page of a connection begins, and which way it goes."""
    step = Annotated[int, Field(strict=True, ge=0, le=max_page_size)] | None
    return {
        "first": (step, None),
        "last": (step, None),
        "after": (Annotated[str, Field(max_length=4096)] | None, None),
        "before": (Annotated[str, Field(max_length=4096)] | None, None),
        "count": (bool, False),
    }


def _live(pk: Scalar, settings: Settings) -> dict[str, tuple[Any, Any]]:
    """What a subscription says beside the rows that it is about."""
    return {
        "id": (pk.input | None, None),
        "limit": (Annotated[int, Field(strict=True, ge=1, le=settings.MAX_HELD_IDS)] | None, None),
        "snapshot": (Annotated[bool, Field(strict=True)], False),
        "since": (Annotated[str, Field(max_length=64)] | None, None),
        "have": (Annotated[list[pk.input], Field(max_length=settings.MAX_HAVE)] | None, None),  # type: ignore[name-defined]
    }
