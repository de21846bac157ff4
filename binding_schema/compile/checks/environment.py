"""What a project must have set up around its bindings."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning


def check_environment() -> list[CheckMessage]:
    """Channels' layer, the ASGI application and the backing apps."""
    found: list[CheckMessage] = []
    if not getattr(django_settings, "CHANNEL_LAYERS", None):
        hint = 'Write CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}, or channels_redis.'
        found.append(
            Warning("No channel layer is configured: live frames need one.", hint=hint, id="binding_schema.W001")
        )
    if not getattr(django_settings, "ASGI_APPLICATION", None):
        hint = (
            'Write ASGI_APPLICATION = "project.asgi.application", with a "websocket" route to AsyncConsumer.as_asgi().'
        )
        found.append(Warning("ASGI_APPLICATION is not set: WebSocket needs it.", hint=hint, id="binding_schema.W002"))
    installed = set(django_settings.INSTALLED_APPS)
    for app in ("django.contrib.contenttypes", "django.contrib.auth"):
        if app not in installed:
            hint = f'Add "{app}" to INSTALLED_APPS.'
            found.append(Error(f"{app} is not installed.", hint=hint, id="binding_schema.E090"))
    for alias, database in django_settings.DATABASES.items():
        options = database.get("OPTIONS", {}) or {}
        if database.get("ENGINE", "").endswith("sqlite3") and options.get("transaction_mode") != "IMMEDIATE":
            hint = (
                f'Write DATABASES["{alias}"]["OPTIONS"] = {{"transaction_mode": "IMMEDIATE", "timeout": 20, '
                '"init_command": "PRAGMA journal_mode=WAL;"}.'
            )
            message = f"SQLite database {alias!r}: without IMMEDIATE, concurrent writes fail with 'database is locked'."
            found.append(Warning(message, hint=hint, id="binding_schema.W003"))
    return found
