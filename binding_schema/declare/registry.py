"""The bindings of the project, in the order in which they were declared."""

from __future__ import annotations

import importlib
import pkgutil
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.utils.module_loading import module_has_submodule

if TYPE_CHECKING:
    from .binding import Binding

_declared: list[type[Binding[Any]]] = []
_places: dict[str, None] = {}


def register(binding: type[Binding[Any]]) -> None:
    _declared.append(binding)


def also_in(module: str) -> None:
    """Look for bindings in a module or package too that is no app's, if it is there. Call it before the apps are ready."""
    _places[module] = None


def discover(failed: dict[str, Exception] | None = None) -> list[type[Binding[Any]]]:
    """Import every app's ``bindings`` module, or each module of its ``bindings`` package; return the bindings found.

    ``failed`` is given what the modules raised that could not be imported, by their names; without it, that is raised.
    """
    for config in apps.get_app_configs():
        if config.module is not None and module_has_submodule(config.module, "bindings"):
            _import(f"{config.name}.bindings", failed)
    for name in _places:
        if find_spec(name) is not None:
            _import(name, failed)
    return list(_declared)


def _import(name: str, failed: dict[str, Exception] | None) -> None:
    try:
        module = importlib.import_module(name)
    except Exception as error:
        if failed is None:
            raise
        failed[name] = error
        return
    for info in pkgutil.iter_modules(getattr(module, "__path__", ()), f"{name}."):
        _import(info.name, failed)
