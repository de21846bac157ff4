"""GraphQL from the bindings (``pip install binding-schema[graphql]``)."""

try:
    import strawberry  # noqa: F401 - it is asked for once, and what is missing is told
except ModuleNotFoundError as error:
    raise ImportError("GraphQL needs strawberry: pip install 'binding-schema[graphql]'.") from error

from .build import Parts, build_parts, build_schema
from .fetch import fetch_one, fetch_rows
from .http import GraphQLView
from .ws import GraphQLConsumer

__all__ = ["GraphQLConsumer", "GraphQLView", "Parts", "build_parts", "build_schema", "fetch_one", "fetch_rows"]
