"""GraphQL from the bindings (``pip install binding-schema[graphql]``)."""

from .build import Parts, build_parts, build_schema
from .fetch import fetch_one, fetch_rows
from .http import GraphQLView
from .ws import GraphQLConsumer

__all__ = ["GraphQLConsumer", "GraphQLView", "Parts", "build_parts", "build_schema", "fetch_one", "fetch_rows"]
