"""A project's own GraphQL schema, of some of the bindings."""

from binding_schema.transports.graphql import build_schema
from helpdesk.bindings import LabelBinding

schema = build_schema([LabelBinding])
