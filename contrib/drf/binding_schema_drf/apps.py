"""The app: that it is installed is what makes bindings know Django REST framework's classes."""

from django.apps import AppConfig
from django.core import checks

from binding_schema import extend

# By path: the framework itself can only be imported once all models are loaded.
extend.register("binding_schema_drf.adapter.RestFrameworkAdapter")


class RestFrameworkConfig(AppConfig):
    name = "binding_schema_drf"
    verbose_name = "Django REST framework on bindings"

    def ready(self) -> None:
        from .checks import check_scopes  # noqa: PLC0415 - needs the app registry to be ready

        checks.register(check_scopes, "binding_schema")
