"""The package stands on what the core offers to everyone."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import binding_schema_drf

PUBLIC = {
    "binding_schema",
    "binding_schema.conf",
    "binding_schema.consumers",
    "binding_schema.errors",
    "binding_schema.extend",
    "binding_schema.testing",
    "binding_schema.types",
    "binding_schema.urls",
}
PACKAGE = Path(binding_schema_drf.__file__).parent


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {item.name for item in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module))
    return found


def test_it_imports_public_modules_of_the_core_alone() -> None:
    modules = sorted(PACKAGE.rglob("*.py"))
    assert len(modules) > 10
    core = {name for path in modules for name in imported(path) if name.split(".")[0] == "binding_schema"}
    assert {"binding_schema", "binding_schema.errors"} <= core <= PUBLIC


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
