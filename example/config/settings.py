"""
Settings of the helpdesk, the example project of binding_schema.

It runs as it is, on SQLite and an in-memory channel layer. The environment switches the rest:

    HELPDESK_DEBUG=0             off: error pages tell nothing, static files are the web server's work
    HELPDESK_SECRET_KEY=...      needed when debug is off
    HELPDESK_DB=postgres         PostgreSQL; libpq's own PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE say where
    HELPDESK_REDIS=redis://...   a Redis channel layer, so that several processes hear each other
"""

import os
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = os.environ.get("HELPDESK_DEBUG", "1").lower() not in {"0", "false", "no", "off"}

ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]

# Public, since it stands in the repository: good for a demo on one's own machine, and for nothing else.
DEVELOPMENT_SECRET_KEY = "django-insecure-helpdesk-demo-key-that-everyone-can-read"
SECRET_KEY = os.environ.get("HELPDESK_SECRET_KEY", DEVELOPMENT_SECRET_KEY if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured("Set HELPDESK_SECRET_KEY: with HELPDESK_DEBUG=0 the development key is not used.")

INSTALLED_APPS = [
    "channels",
    "binding_schema",
    "helpdesk",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


def database() -> dict[str, Any]:
    match os.environ.get("HELPDESK_DB", "sqlite"):
        case "sqlite":
            return {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": BASE_DIR / "db.sqlite3",
                "OPTIONS": {
                    # Readers do not wait for the writer, and a write transaction takes its lock at the start, where
                    # `timeout` (seconds) applies. With SQLite's defaults, threads meet "database is locked".
                    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
                    "transaction_mode": "IMMEDIATE",
                    "timeout": 20,
                },
            }
        case "postgres":
            return {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": os.environ.get("PGDATABASE", "helpdesk"),
                "OPTIONS": {"pool": True},
            }
        case other:
            raise ImproperlyConfigured(f"HELPDESK_DB is {other!r}; it may be 'sqlite' or 'postgres'.")


def channel_layer() -> dict[str, Any]:
    redis = os.environ.get("HELPDESK_REDIS")
    if not redis:
        # Reaches the connections of this process only: with several, set HELPDESK_REDIS.
        return {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    return {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [redis]}}


DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CHANNEL_LAYERS = {"default": channel_layer()}

# Every key has a default. For example: {"DEFAULT_PAGE_SIZE": 50, "MAX_PAGE_SIZE": 200, "DB_THREADS": 8}
BINDING_SCHEMA: dict[str, Any] = {}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
