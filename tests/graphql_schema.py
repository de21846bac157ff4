"""The schema that the suite serves at `/graphql/`."""

from binding_schema.transports.graphql import build_schema

schema = build_schema()
