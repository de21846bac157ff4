"""A Django project of files in a directory, checked and run in processes of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parent.parent.parent

SETTINGS = """
SECRET_KEY = "only-for-tests"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
ASGI_APPLICATION = "asgi.application"
ROOT_URLCONF = "urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3",
                         "OPTIONS": {"transaction_mode": "IMMEDIATE"}}}
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "channels",
                  "binding_schema", "shop"]
"""
ASGI = """
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path

http = get_asgi_application()
from binding_schema.consumers import AsyncConsumer

application = ProtocolTypeRouter({"http": http, "websocket": URLRouter([path("ws/", AsyncConsumer.as_asgi())])})
"""
URLS = """
from django.urls import include, path

urlpatterns = [path("api/", include("binding_schema.urls"))]
"""
MODELS = """
from django.db import models

class Order(models.Model):
    title = models.CharField(max_length=20)

class Item(models.Model):
    sale = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items")
    name = models.CharField(max_length=20)
"""


@dataclass(frozen=True)
class Done:
    code: int
    text: str
    """Standard output and standard error."""


@dataclass(frozen=True)
class Project:
    directory: Path

    def write(self, **files: str) -> None:
        """`shop__bindings="..."` is the file `shop/bindings.py`."""
        base = {"settings": SETTINGS, "asgi": ASGI, "urls": URLS, "shop__init": "", "shop__models": MODELS}
        for name, text in {**base, **files}.items():
            path = self.directory / f"{name.replace('__', '/').replace('/init', '/__init__')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")

    def run(self, *arguments: str) -> Done:
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, *arguments], cwd=self.directory, env=environment, capture_output=True, text=True
        )
        return Done(done.returncode, done.stdout + done.stderr)

    def check(self) -> Done:
        return self.run("-m", "django", "check", "--pythonpath", ".")

    def python(self, code: str) -> Done:
        return self.run("-c", f"import django\ndjango.setup()\n{dedent(code)}")
