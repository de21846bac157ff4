"""A project that had Django REST framework first, and has bindings beside it."""

import importlib.util
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

# In an environment of its own the package is installed; in the repository's it lies beside the tests.
if importlib.util.find_spec("binding_schema_drf") is None:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

SECRET_KEY = "only-for-tests-and-long-enough-to-sign-with"
ALLOWED_HOSTS = ["testserver", "shop.example.org"]
USE_TZ = True
TIME_ZONE = "Europe/Lisbon"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "static/"
MEDIA_URL = "/media/"
MEDIA_ROOT = tempfile.mkdtemp(prefix="binding-schema-drf-")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "rest_framework.authtoken",
    "django_filters",
    "binding_schema",
    "binding_schema_drf",
    "shop",
]

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]

ROOT_URLCONF = "shop.urls"
ASGI_APPLICATION = "shop.asgi.application"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.SessionAuthentication",
        "rest_framework.authentication.TokenAuthentication",
    ],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 25,
    "DEFAULT_THROTTLE_RATES": {"burst": "3/min", "uploads": "2/min", "anon": "2/min"},
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

BINDING_SCHEMA = {
    "AUTHENTICATION_CLASSES": [
        "binding_schema.resolve.authentication.TokenAuthentication",
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
}


def database() -> dict[str, Any]:
    """The same two variables as the core's tests: which database, and its name."""
    name = os.environ.get("BINDING_SCHEMA_TEST_DATABASE_NAME")
    if os.environ.get("BINDING_SCHEMA_TEST_DATABASE", "sqlite") == "postgresql":
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": name or "test_binding_schema_drf",
            "TEST": {"NAME": name or "test_binding_schema_drf"},
            "HOST": os.environ.get("PGHOST", "127.0.0.1"),
            "PORT": os.environ.get("PGPORT", "5432"),
            "USER": os.environ.get("PGUSER", "postgres"),
            "PASSWORD": os.environ.get("PGPASSWORD", ""),
        }
    name = name or str(Path(tempfile.mkdtemp(prefix="binding-schema-drf-")) / "test.sqlite3")
    options = {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
    }
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": name, "TEST": {"NAME": name}, "OPTIONS": options}


DATABASES = {"default": database()}
