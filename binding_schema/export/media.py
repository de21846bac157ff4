"""The formats' media types."""

from __future__ import annotations

from typing import Final

MEDIA: Final = {
    "typescript": "application/typescript",
    "jsonschema": "application/schema+json",
    "openapi": "application/vnd.oai.openapi+json",
    "asyncapi": "application/vnd.aai.asyncapi+json",
    "graphql": "application/graphql",
}
