"""The whole schema in JSON Schema's terms: one ``Document``, from which every format is printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..compile.ir import Schema, Stream
from . import common
from .components import Components
from .names import pascal
from .rows import Rows
from .streams import StreamDoc, Streams


@dataclass(frozen=True, slots=True)
class Document:
    """``streams`` by name, sorted; ``components`` are the schemas that they refer to."""

    streams: Mapping[str, StreamDoc]
    components: Components


def document_of(schema: Schema) -> Document:
    """The same for the same declarations, whatever the run and the database."""
    components = Components()
    common.install(components)
    served = {name: schema.streams[name] for name in sorted(schema.streams)}
    prefixes = _prefixes(schema, components)
    made = Streams(schema, components, Rows(schema, components, prefixes), prefixes)
    return Document({name: made.stream(item) for name, item in served.items()}, components)


def _prefixes(schema: Schema, components: Components) -> dict[str, str]:
    """What the names of a stream's types begin with; its rows are called so. Served streams choose first."""
    items = sorted(schema.by_key.values(), key=lambda item: (not item.name, item.name, item.key))
    return {item.key: components.names.claim(pascal(item.name or _nested_name(item))) for item in items}


def _nested_name(stream: Stream) -> str:
    return stream.graphql_name or stream.key
