"""Strawberry types that are made instead of written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import strawberry

from .names import camel


def object_type(name: str, fields: Mapping[str, Any], description: str = "") -> type[Any]:
    """``{python name: (annotation, strawberry field)}``."""
    namespace = {key: item for key, (_, item) in fields.items()}
    namespace["__annotations__"] = {key: kind for key, (kind, _) in fields.items()}
    cls = type(name, (), namespace)
    return strawberry.type(cls, name=name, description=description or None)


def input_type(name: str, members: Mapping[str, Any], description: str = "", cls: type[Any] | None = None) -> type[Any]:
    """``{python name: (annotation, whether it is required, description, why it is deprecated?)}``; what is left out differs
    from null."""
    cls = cls or type(name, (), {"__module__": __name__})
    cls.__annotations__ = {key: kind for key, (kind, *_) in members.items()}
    for key, (_, required, text, *deprecated) in members.items():
        options: dict[str, Any] = {"name": camel(key), "description": text or None}
        if not required:  # what is required cannot be deprecated: there is no way to leave it out
            options |= {"default": strawberry.UNSET, "deprecation_reason": next(iter(deprecated), "") or None}
        setattr(cls, key, strawberry.field(**options))
    return strawberry.input(cls, name=name, description=description or None)


def plain(kind: Any, name: str, description: str = "", resolver: Any = None, deprecated: str = "") -> tuple[Any, Any]:
    """A field that is read from its object, by ``resolver(root)`` if that is given."""
    if resolver is not None:
        resolver.__annotations__ = {"return": kind}
    texts: dict[str, Any] = {"description": description or None, "deprecation_reason": deprecated or None}
    return kind, strawberry.field(name=camel(name), resolver=resolver, **texts)
