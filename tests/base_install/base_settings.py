"""A project with nothing but Django, Channels and binding_schema."""

import atexit
import shutil
import tempfile
from pathlib import Path

SECRET_KEY = "only-for-tests"
ALLOWED_HOSTS = ["testserver"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "base_urls"
ASGI_APPLICATION = "base_asgi.application"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "channels",
    "binding_schema",
    "notes",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]

# A file: the library's worker threads have connections of their own, which would not share a database in memory.
DIRECTORY = tempfile.mkdtemp(prefix="binding-schema-base-")
atexit.register(shutil.rmtree, DIRECTORY, ignore_errors=True)
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(Path(DIRECTORY) / "db.sqlite3"),
        "TEST": {"NAME": str(Path(DIRECTORY) / "test.sqlite3")},
        "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL;", "transaction_mode": "IMMEDIATE", "timeout": 20},
    }
}
