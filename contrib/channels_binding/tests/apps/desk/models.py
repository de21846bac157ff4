from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


class Note(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    title = models.CharField(max_length=50)
    slug = models.SlugField(unique=True)
    status = models.CharField(max_length=10, default="open")
    secret = models.CharField(max_length=50, blank=True)


class Tag(models.Model):
    """It says of itself what it is."""

    name = models.CharField(max_length=50)
    weight = models.DecimalField(max_digits=6, decimal_places=2, default=1)

    def to_json(self) -> dict[str, Any]:
        return {"label": self.name.upper(), "weight": self.weight}


class Place(models.Model):
    """The other name of it, which goes first."""

    name = models.CharField(max_length=50)

    def __json__(self) -> dict[str, Any]:
        return {"id": self.pk, "where": self.name}

    def to_json(self) -> dict[str, Any]:
        raise AssertionError("__json__ goes first")


class Task(models.Model):
    title = models.CharField(max_length=50)
    team = models.CharField(max_length=20, default="red")
    done = models.BooleanField(default=False)


class Visit(models.Model):
    place = models.ForeignKey(Place, on_delete=models.CASCADE)
    count = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(auto_now_add=True)
    paper = models.FileField(upload_to="papers", blank=True)
