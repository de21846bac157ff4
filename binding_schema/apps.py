"""Start-up: settings are read, bindings found and compiled, checks registered."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.core import checks


class BindingSchemaConfig(AppConfig):
    name = "binding_schema"
    verbose_name = "Binding schema"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from .compile import current  # noqa: PLC0415 - needs the app registry to be ready
        from .compile.permissions import default_permission, of_setting  # noqa: PLC0415
        from .compile.throttles import default_throttles  # noqa: PLC0415
        from .conf import require_authentication, settings  # noqa: PLC0415

        default_permission(settings())
        default_throttles(settings())
        of_setting(settings(), "SCHEMA_PERMISSIONS")
        current.install()
        checks.register(check_bindings, "binding_schema")
        if apps.is_installed("django.contrib.auth"):  # else neither can be imported, and a check says why
            require_authentication(settings())
            self._start_live()

    @staticmethod
    def _start_live() -> None:
        """Listen to the models that the bindings watch; not with mistakes in them, which the checks tell."""
        from .compile import current  # noqa: PLC0415
        from .compile.checks.live import warn_when_served  # noqa: PLC0415
        from .live import start  # noqa: PLC0415

        if not current.has_mistakes():
            start.start(current.schema())
            warn_when_served()


def check_bindings(app_configs: Any = None, **_: Any) -> list[checks.CheckMessage]:
    from .compile import current  # noqa: PLC0415
    from .compile.checks import check_environment  # noqa: PLC0415

    return [*current.problems(), *check_environment()]
