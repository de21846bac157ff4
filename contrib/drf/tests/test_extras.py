"""What the package does without."""

from __future__ import annotations

import subprocess
import sys


def test_it_does_without_the_extras() -> None:
    """django-filter and simplejwt are imported by nobody who does not use them."""
    code = """
import sys
sys.modules["django_filters"] = sys.modules["rest_framework_simplejwt"] = None
from django.conf import settings
settings.configure(
    INSTALLED_APPS=[
        "django.contrib.auth", "django.contrib.contenttypes", "channels", "binding_schema", "rest_framework", "binding_schema_drf"
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}, SECRET_KEY="x",
)
import django
django.setup()
from django.contrib.auth.models import Group
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from binding_schema import Binding, extend
class GroupSerializer(serializers.ModelSerializer):
    class Meta:
        model = Group
        fields = ["id", "name"]
class GroupBinding(Binding[Group]):
    serializer_class = GroupSerializer
    permissions = [IsAuthenticated]
from binding_schema.compile import current
current.install()
from binding_schema_drf import viewsets
print(sorted(extend.schema().streams["auth.Group"].fields))
"""
    path = [entry for entry in sys.path if entry]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path!r}\n{code}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split("\n")[0] == "['id', 'name']", done.stderr
