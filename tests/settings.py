"""Settings of the test suite. Two variables choose the database:

BINDING_SCHEMA_TEST_DATABASE       `sqlite` (the default) or `postgresql`
BINDING_SCHEMA_TEST_DATABASE_NAME  its name: SQLite's file, or PostgreSQL's database

Where PostgreSQL is, its own PGHOST, PGPORT, PGUSER and PGPASSWORD say; by default `postgres` at 127.0.0.1:5432.
"""

import atexit
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

DEBUG = False
SECRET_KEY = "only-for-tests"
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "static/"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "binding_schema",
    "helpdesk",
    "tests.app",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

ROOT_URLCONF = "tests.urls"
ASGI_APPLICATION = "tests.asgi.application"

# The real hashers take a tenth of a second for each user on purpose.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

# What a test gives a server of its own, as JSON.
BINDING_SCHEMA = json.loads(os.environ.get("BINDING_SCHEMA_TEST_SETTINGS", "{}"))


def sqlite_file() -> str:
    """A file: the library's worker threads have connections of their own, and would not share a database in memory."""
    if name := os.environ.get("BINDING_SCHEMA_TEST_DATABASE_NAME"):
        return name
    directory = tempfile.mkdtemp(prefix="binding-schema-tests-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return str(Path(directory) / "test.sqlite3")


def database() -> dict[str, Any]:
    vendor = os.environ.get("BINDING_SCHEMA_TEST_DATABASE", "sqlite")
    if vendor == "sqlite":
        name = sqlite_file()
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": name,
            "TEST": {"NAME": name},
            "OPTIONS": {
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
            },
        }
    if vendor == "postgresql":
        name = os.environ.get("BINDING_SCHEMA_TEST_DATABASE_NAME", "test_binding_schema")
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": name,
            "TEST": {"NAME": name},
            "HOST": os.environ.get("PGHOST", "127.0.0.1"),
            "PORT": os.environ.get("PGPORT", "5432"),
            "USER": os.environ.get("PGUSER", "postgres"),
            "PASSWORD": os.environ.get("PGPASSWORD", ""),
            "OPTIONS": {
                "pool": {"min_size": 0, "max_size": 20, "timeout": 20},
                # A test's rows need not outlive a power cut, and a disk's waiting is most of a small test's time.
                "options": "-c synchronous_commit=off",
            },
        }
    raise ValueError(f"BINDING_SCHEMA_TEST_DATABASE is {vendor!r}; it may be 'sqlite' or 'postgresql'")


DATABASES = {"default": database()}
