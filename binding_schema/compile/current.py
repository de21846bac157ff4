"""The project's schema: compiled when the apps are ready, the same for the life of the process."""

from __future__ import annotations

import importlib
import traceback

from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from ..declare import registry
from ..declare.registry import discover
from .build import compile_schema
from .ir import Schema
from .problems import Problems, WrongBindings

_compiled: list[tuple[Schema, Problems, Exception | None]] = []
#: Files that stand in every traceback of an import, and say nothing about it.
OURS = (registry.__file__, importlib.__file__)


def install() -> None:
    """Find and compile the bindings of all apps. Mistakes are kept for the system checks and for ``schema()``."""
    failed: dict[str, Exception] = {}
    schema, problems = compile_schema(discover(failed))
    for name, error in failed.items():
        problems.put(_unimportable(name, error))
    _compiled[:] = [(schema, problems, next(iter(failed.values()), None))]


def schema() -> Schema:
    """The compiled schema. Raises ImproperlyConfigured while the apps are loading, WrongBindings for mistakes in them."""
    if not _compiled:
        raise ImproperlyConfigured('The bindings are not compiled yet: add "binding_schema" to INSTALLED_APPS.')
    compiled, problems, cause = _compiled[0]
    if problems.found:
        raise WrongBindings(f"The bindings have mistakes:\n{problems.text()}") from cause
    return compiled


def has_mistakes() -> bool:
    return not _compiled or bool(_compiled[0][1].found)


def problems() -> list[CheckMessage]:
    return [*_compiled[0][1].found, *_compiled[0][1].warnings] if _compiled else []


def _unimportable(name: str, error: Exception) -> CheckMessage:
    """The problem of a module that raised: where in it, or in what it imports, and what."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith("<frozen") and frame.filename not in OURS]
    place = f"{own[-1].filename}:{own[-1].lineno}" if own else name
    if isinstance(error, SyntaxError) and error.filename:
        place = f"{error.filename}:{error.lineno}"
    message = f"{place}: {name} cannot be imported: {type(error).__name__}: {error}."
    hint = f"Mend what that line raises; `python manage.py shell -c 'import {name}'` shows the whole traceback."
    return Error(message, hint=hint, id="binding_schema.E105")
