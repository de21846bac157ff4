"""A project as the page of channels-binding 1.1.5 describes it. What the page does not say is as Django's startproject has it."""

import importlib.util
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

BASE_DIR = Path(__file__).resolve().parent.parent
# In an environment of its own the package is installed; in the repository's it lies beside the tests.
if importlib.util.find_spec("channels_binding") is None:
    sys.path.insert(0, str(BASE_DIR.parent))

SECRET_KEY = "only-for-tests"
ALLOWED_HOSTS = ["testserver", "127.0.0.1"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# The project's own apps have none, and tables that refer to each other are made together.
MIGRATION_MODULES = dict.fromkeys(["auth", "contenttypes", "sessions"])
ROOT_URLCONF = "page.urls"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

INSTALLED_APPS = (
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    # The page's two.
    "channels",
    "channels_binding",
    "apps.your_app",
    "apps.desk",
)
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]

# From the page.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels.layers.InMemoryChannelLayer",
    },
}
CHANNELS_BINDING = {
    "AUTHENTIFICATION_CLASSES": ("authentification.AuthenticationStrategyClass",),
    "DEFAULT_PAGE_SIZE": 25,
    "ANONYMOUS_CONNECTION_ALLOWED": False,  # Reject connection of non connected users
}

ASGI_APPLICATION = "page.asgi.application"


def database() -> dict[str, Any]:
    """The same two variables as the library's own tests: which database, and its name."""
    name = os.environ.get("BINDING_SCHEMA_TEST_DATABASE_NAME")
    if os.environ.get("BINDING_SCHEMA_TEST_DATABASE", "sqlite") == "postgresql":
        name = name or "test_channels_binding"
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": name,
            "TEST": {"NAME": name},
            "HOST": os.environ.get("PGHOST", "127.0.0.1"),
            "PORT": os.environ.get("PGPORT", "5432"),
            "USER": os.environ.get("PGUSER", "postgres"),
            "PASSWORD": os.environ.get("PGPASSWORD", ""),
        }
    name = name or str(Path(tempfile.mkdtemp(prefix="channels-binding-")) / "test.sqlite3")
    options = {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
    }
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": name, "TEST": {"NAME": name}, "OPTIONS": options}


DATABASES = {"default": database()}
