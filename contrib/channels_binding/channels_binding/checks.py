"""System checks of what is said by a class and its settings together."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Warning
from django.core.exceptions import ImproperlyConfigured

from binding_schema import conf, extend

from .declaring import Declared, handlers, place

#: By these, nobody may write on a stream without a model: there is no permission that could be asked for.
OF_MODELS = "binding_schema.DjangoModelPermissions"


def check_handlers(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    """Handlers that nobody at all may call."""
    if OF_MODELS not in conf.settings().DEFAULT_PERMISSIONS:
        return []
    found: list[CheckMessage] = []
    for declaration in declarations():
        silent = (
            declaration.model is None and not declaration.permission_classes and not hasattr(declaration, "permissions")
        )
        closed = [
            event for _, event, options in handlers(declaration) if options.permissions is None and not options.read
        ]
        if silent and closed:
            names = ", ".join(sorted(closed))
            message = f"{place(declaration)}: nobody may call {names}: the stream has no model whose rights could be asked for."
            hint = "Write `permission_classes = [IsAuthenticated]`, imported from binding_schema, or another class."
            found.append(Warning(message, hint=hint, obj=declaration, id="channels_binding.W001"))
    return found


def declarations() -> list[type[Any]]:
    """The classes that are served; none while the bindings have mistakes, which are told by checks of their own."""
    try:
        streams = extend.schema().streams.values()
    except ImproperlyConfigured:
        return []
    return [stream.binding._declaration for stream in streams if isinstance(stream.binding, Declared)]
