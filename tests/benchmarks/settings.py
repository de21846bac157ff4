"""Django settings of the benchmarks, the same for every contender."""

from .database import connection_settings

SECRET_KEY = "benchmarks-only"
DEBUG = False
ALLOWED_HOSTS = ["testserver"]
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "channels",
    "rest_framework",
    "strawberry_django",
    "binding_schema",
    "tests.benchmarks.benchapp",
]

DATABASES = {"default": connection_settings()}

CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

# A connection here sends as fast as it is answered, which the limit exists to prevent.
BINDING_SCHEMA = {"MAX_REQUESTS_PER_SECOND": None}
