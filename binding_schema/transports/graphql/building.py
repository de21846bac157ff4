"""Strawberry types that are made instead of written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import strawberry

from .names import camel


def build(name: str, fields: Mapping[str, Any], description: str = "") -> type[Any]:
    """A strawberry type: ``{python name: (annotation, strawberry field)}``."""
    namespace = {key: item for key, (_, item) in fields.items()}
    namespace["__annotations__"] = {key: kind for key, (kind, _) in fields.items()}
    cls = type(name, (), namespace)
    return strawberry.type(cls, name=name, description=description or None)


def plain(kind: Any, name: str, description: str = "") -> tuple[Any, Any]:
    return kind, strawberry.field(name=camel(name), description=description or None)
