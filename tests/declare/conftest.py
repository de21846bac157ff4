from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from binding_schema.declare import registry


@pytest.fixture(autouse=True)
def swapped(settings: Any) -> None:
    """`tests.compile.models.Swapped` gives way to another model."""
    settings.SWAPPED_MODEL = "helpdesk.Team"


@pytest.fixture(autouse=True)
def own_bindings() -> Iterator[None]:
    """What a test declares is no part of the project afterwards."""
    before = list(registry._declared)
    yield
    registry._declared[:] = before
