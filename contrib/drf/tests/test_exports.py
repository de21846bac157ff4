"""A binding with a serializer in GraphQL and in the exports."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from openapi_spec_validator import validate


def exported(kind: str) -> str:
    out = io.StringIO()
    call_command("binding_schema", "export", "--format", kind, stdout=out)
    return out.getvalue()


def test_typescript_has_the_types_of_a_serializer() -> None:
    text = exported("typescript")
    print(text[:0])
    assert "product_name" in text


def test_openapi_is_valid_and_has_them_too() -> None:
    document = json.loads(exported("openapi"))
    validate(document)
