"""The project's schema: compiled when the apps are ready, the same for the life of the process."""

from __future__ import annotations

from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured

from ..declare.registry import discover
from .build import compile_schema
from .ir import Schema
from .problems import Problems

_compiled: list[tuple[Schema, Problems]] = []


def install() -> None:
    """Find and compile the bindings of all apps. Mistakes are kept for the system checks and for ``schema()``."""
    _compiled[:] = [compile_schema(discover())]


def schema() -> Schema:
    """The compiled schema. Raises ImproperlyConfigured while the apps are loading, and for mistakes in declarations."""
    if not _compiled:
        raise ImproperlyConfigured('The bindings are not compiled yet: add "binding_schema" to INSTALLED_APPS.')
    compiled, problems = _compiled[0]
    if problems.found:
        raise ImproperlyConfigured(f"The bindings have mistakes:\n{problems.text()}")
    return compiled


def problems() -> list[CheckMessage]:
    return _compiled[0][1].found if _compiled else []
