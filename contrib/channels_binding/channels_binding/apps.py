"""The app: ``INSTALLED_APPS = ["channels", "channels_binding"]`` brings binding-schema along.

Its config is the library's own, with the library's models, migrations and commands, so that one entry is enough.
"""

from __future__ import annotations

from importlib.util import find_spec
from types import ModuleType

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from binding_schema import apps as core
from binding_schema import conf, extend

from . import settings as own

#: The folder beside the apps that bindings may stand in.
ROOT = "bindings"


def _is_the_projects(module: str) -> bool:
    """Whether there is such a module, and it is none that was installed."""
    found = find_spec(module)
    places = [found.origin or "", *(found.submodule_search_locations or ())] if found is not None else []
    return bool(places) and not any("site-packages" in place or "dist-packages" in place for place in places)


conf.provide(own.load, own.NAME)
if _is_the_projects(ROOT):
    extend.also_in(ROOT)


class ChannelsBindingConfig(core.BindingSchemaConfig):
    """Django takes it for the entry ``channels_binding``; its name is that of the app whose models it brings."""

    verbose_name = "Channels binding"

    def __init__(self, app_name: str, app_module: ModuleType | None) -> None:
        both = [entry for entry in settings.INSTALLED_APPS if entry.partition(".")[0] == "binding_schema"]
        if both:
            raise ImproperlyConfigured(
                f'INSTALLED_APPS has "channels_binding" and {both[0]!r}: the first brings the second along. '
                f"Take {both[0]!r} away; bindings of both kinds go on working."
            )
        super().__init__(app_name, app_module)

    def ready(self) -> None:
        from .checks import check_handlers  # noqa: PLC0415 - bindings can only be imported now

        own.require_strategies()
        super().ready()
        checks.register(check_handlers, "binding_schema")
