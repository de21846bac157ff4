"""The bindings as a GraphQL schema, for HTTP (config/urls.py) and WebSocket (config/asgi.py)."""

from binding_schema.transports.graphql import build_schema

schema = build_schema()
