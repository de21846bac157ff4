"""The bindings of the project, in the order in which they were declared."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.utils.module_loading import module_has_submodule

if TYPE_CHECKING:
    from .binding import Binding

_declared: list[type[Binding[Any]]] = []


def register(binding: type[Binding[Any]]) -> None:
    _declared.append(binding)


def discover() -> list[type[Binding[Any]]]:
    """Import every app's ``bindings`` module, or each module of its ``bindings`` package; return the bindings found."""
    for config in apps.get_app_configs():
        if config.module is None or not module_has_submodule(config.module, "bindings"):
            continue
        module = importlib.import_module(f"{config.name}.bindings")
        for info in pkgutil.walk_packages(getattr(module, "__path__", ()), f"{module.__name__}."):
            importlib.import_module(info.name)
    return list(_declared)
