"""What the parts of contrib/ do together: Django REST framework's classes on bindings with the names of channels-binding."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.docs.project import Project

# The project has a database of its own, whatever the suite's is.
pytestmark = pytest.mark.database("sqlite")

ROOT = Path(__file__).resolve().parent.parent.parent
MODELS = """
from django.contrib.auth.models import User
from django.db import models


class Post(models.Model):
    author = models.ForeignKey(User, on_delete=models.CASCADE)
    title = models.CharField(max_length=40)
"""
BINDINGS = """
from channels_binding.bindings import AsyncBinding, bind
from rest_framework import permissions, serializers

from .models import Post


class PostSerializer(serializers.ModelSerializer):
    author = serializers.CharField(source="author.username", read_only=True)
    is_mine = serializers.SerializerMethodField()

    class Meta:
        model = Post
        fields = ["id", "author", "title", "is_mine"]

    def get_is_mine(self, post) -> bool:
        return post.author == self.context["request"].user

    def validate_title(self, value):
        if value.isupper():
            raise serializers.ValidationError("Please do not shout.", code="shouting")
        return value

    def create(self, validated_data):
        return super().create({**validated_data, "author": self.context["request"].user})


class IsAuthorOrReadOnly(permissions.BasePermission):
    def has_object_permission(self, request, view, obj):
        return request.method in permissions.SAFE_METHODS or obj.author == request.user


class Binding(AsyncBinding):
    model = Post
    serializer_class = PostSerializer
    permission_classes = [permissions.IsAuthenticated, IsAuthorOrReadOnly]

    def filter_queryset(self, queryset, data):
        return self.filter_in(queryset, "author", data, "author__username")

    @bind("hello")
    async def hello(self, data):
        return {"to": self.user.username}
"""
SETTINGS = """
INSTALLED_APPS += ["channels", "channels_binding", "rest_framework", "binding_schema_drf", "blog"]
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
DATABASES["default"]["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 20}
ASGI_APPLICATION = "project.asgi.application"
"""
ASGI = """
from channels.routing import ProtocolTypeRouter, URLRouter
from channels_binding.consumers import AsyncConsumer
from django.urls import path

application = ProtocolTypeRouter({"http": application, "websocket": URLRouter([path("", AsyncConsumer)])})
"""
#: What two users are answered, and what one of them is told of the other's write.
TALK = """
import asyncio, json
from django.contrib.auth.models import User
from binding_schema.testing import WebSocketClient
from project.asgi import application

alice, bob = (User.objects.create_user(name) for name in ("alice", "bob"))

async def ask(client, event, **data):
    await client.send_frame({"event": f"blog.Post.{event}", "data": data})
    while "cause" in (reply := await client.receive()).meta:
        pass
    return reply.data

async def main():
    async with WebSocketClient(application, alice, path="/") as one, WebSocketClient(application, bob, path="/") as two:
        found = [
            await ask(one, "create", title="Hello"), await ask(one, "create", title="LOUD"),
            await ask(two, "search", author="alice"), await ask(two, "save", id=1, title="Mine"),
            await ask(two, "search", author=["bob"]), await ask(two, "hello"), await ask(two, "retrieve", id=1),
            await ask(one, "save", id=1, title="Changed"),
        ]
        told = await two.settled()
        return [*found, told[-1].data]

print("ANSWERS" + json.dumps(asyncio.run(main())))
"""


class Both(Project):
    @property
    def environment(self) -> dict[str, str]:
        found = super().environment
        parts = [str(ROOT / "contrib" / name) for name in ("channels_binding", "drf")]
        return {**found, "PYTHONPATH": os.pathsep.join([found["PYTHONPATH"], *parts])}


def test_a_serializer_and_permissions_on_an_async_binding(tmp_path: Path) -> None:
    project = Both(tmp_path)
    project.run("django-admin", "startproject", "project", ".")
    (tmp_path / "blog" / "migrations").mkdir(parents=True)
    for name, text in (("__init__", ""), ("migrations/__init__", ""), ("models", MODELS), ("bindings", BINDINGS)):
        (tmp_path / "blog" / f"{name}.py").write_text(text)
    for name, text in (("settings", SETTINGS), ("asgi", ASGI)):
        with (tmp_path / "project" / f"{name}.py").open("a") as file:
            file.write(text)
    printed = project.shell(TALK)
    made, loud, page, refused, nothing, hello, row, saved, told = json.loads(
        printed.partition("ANSWERS")[2].splitlines()[0]
    )
    assert made == {"success": True, "id": 1}
    assert loud["errors"] == {"title": [{"code": "shouting", "message": "Please do not shout."}]}
    assert page["rows"] == [{"id": 1, "author": "alice", "title": "Hello", "is_mine": False}]
    assert refused["code"] == "forbidden"
    assert nothing["count"] == 0
    assert hello == {"to": "bob"}
    assert row == page["rows"][0]
    assert saved == {"success": True, "id": 1}
    assert told == {"id": 1, "author": "alice", "title": "Changed", "is_mine": False}
