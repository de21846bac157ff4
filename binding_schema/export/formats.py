"""The formats by name, and ``export``: one of them as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ..compile import current
from ..compile.ir import Schema
from ..conf import Settings, settings
from .asyncapi import print_asyncapi
from .document import Document, document_of
from .graphql_sdl import Unavailable, is_installed, print_sdl
from .json_schema import print_json_schema
from .openapi import print_openapi
from .site import Site, site
from .typescript import print_typescript, version_of

FORMATS: Final[Mapping[str, Callable[[Document, Site], str]]] = {
    "typescript": lambda document, _: print_typescript(document),
    "jsonschema": lambda document, _: print_json_schema(document),
    "openapi": print_openapi,
    "asyncapi": print_asyncapi,
    "graphql": lambda *_: print_sdl(),
}


def available() -> list[str]:
    return [name for name in FORMATS if name != "graphql" or is_installed()]


def version() -> str:
    """Of the project's schema. Raises ImproperlyConfigured for mistakes in the declarations."""
    return _version(_key())


def export(name: str) -> str:
    """The schema as the text of a file. Raises Unavailable for what an extra is missing for."""
    return _printed(name, _key(), site())


@dataclass(frozen=True, slots=True, eq=False)
class _Key:
    """What a document is made of, as a key of caches."""

    schema: Schema
    config: Settings

    def __hash__(self) -> int:
        return hash((id(self.schema), self.config))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.schema is self.schema and other.config == self.config


def _key() -> _Key:
    return _Key(current.schema(), settings())


@lru_cache(maxsize=2)
def _document(key: _Key) -> Document:
    return document_of(key.schema)


@lru_cache(maxsize=2)
def _version(key: _Key) -> str:
    return version_of(_document(key))


@lru_cache(maxsize=16)
def _printed(name: str, key: _Key, where: Site) -> str:
    return FORMATS[name](_document(key), where)


__all__ = ["FORMATS", "Unavailable", "available", "export", "version"]
