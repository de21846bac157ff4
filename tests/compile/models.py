"""Models that no database of the suite has: odd relations, keys and fields, in a registry of their own."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField, IntegerRangeField
from django.db import models
from django.test.utils import isolate_apps


class Shade(models.Field):
    """A field class that is like none of Django's."""

    def get_internal_type(self) -> str:
        return "CharField"


class Money(models.DecimalField):
    """A field class like one of Django's."""


class Broken(models.CharField):
    """Its code fails when it is asked for its choices."""

    @property
    def flatchoices(self) -> Any:
        raise RuntimeError("the choices are lost")


def currencies() -> Any:
    raise AssertionError("asked at start-up")


with isolate_apps("tests.app"):

    class Base(models.Model):
        class Meta:
            abstract = True
            app_label = "app"

    class Place(Base):
        name = models.CharField(max_length=50)
        kind = models.CharField(max_length=10, blank=True)

    class Cafe(Place):
        """A child table; its key is the link to its parent's row."""

        seats = models.PositiveIntegerField(default=1)

        class Meta:
            app_label = "app"

    class Landmark(Place):
        class Meta:
            proxy = True
            app_label = "app"

    class Visit(Base):
        place = models.ForeignKey(Place, on_delete=models.CASCADE)
        cafe = models.ForeignKey(Cafe, on_delete=models.CASCADE, null=True, blank=True, related_name="guests")

    class Friend(Base):
        name = models.CharField(max_length=50)
        friends = models.ManyToManyField("self", blank=True)
        follows = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="followers")
        mentor = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="students")

    class Isbn(Base):
        code = models.CharField(max_length=13, unique=True)
        title = models.CharField(max_length=50)

    class Copy(Base):
        """A foreign key to a column that is not the key."""

        book = models.ForeignKey(Isbn, to_field="code", on_delete=models.CASCADE, related_name="copies")

    class Tag(Base):
        content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
        object_id = models.PositiveIntegerField()
        target = GenericForeignKey()

    class Tagged(Base):
        name = models.CharField(max_length=50)
        tags = GenericRelation(Tag)

    class Choosy(Base):
        class Mood(models.TextChoices):
            GOOD = "good", "Good"
            BAD = "bad", "Bad"
            __empty__ = "Unknown"

        mood = models.CharField(max_length=10, choices=Mood, null=True, blank=True)  # noqa: DJ001
        answer = models.BooleanField(choices=[(True, "Yes"), (False, "No")], default=True)
        rate = models.DecimalField(
            max_digits=4, decimal_places=2, choices=[(Decimal("0.07"), "Low"), (Decimal("0.19"), "High")]
        )
        born = models.DateField(choices=[(dt.date(2020, 1, 1), "Then"), (dt.date(2021, 1, 1), "Later")])
        currency = models.CharField(max_length=3, choices=currencies)
        member = models.CharField(max_length=10, choices=[(Mood.GOOD, "Fine")])
        sign = models.CharField(max_length=3, choices=[("+", "Plus"), ("-", "Minus"), ("9a", "Nine"), ("", "None")])

    class Strange(Base):
        numbers = ArrayField(models.IntegerField(), size=3)
        prices = ArrayField(models.DecimalField(max_digits=5, decimal_places=2))
        span = IntegerRangeField(null=True, blank=True)
        shade = Shade()
        price = Money(max_digits=6, decimal_places=2)
        payload = models.JSONField(default=dict)
        raw = models.BinaryField(editable=True, default=bytes)

    class Shaded(Base):
        shade = Shade(primary_key=True)

    class Fragile(Base):
        name = Broken(max_length=5)

    class Dangling(Base):
        away = models.ForeignKey("elsewhere.Missing", on_delete=models.CASCADE)
        name = models.CharField(max_length=5)

    class Colliding(Base):
        """Columns with the names of the protocol's and the binding's own things."""

        rows = models.IntegerField(default=0)
        filters = models.IntegerField(default=0)
        stream = models.CharField(max_length=5, blank=True)

    class Numbered(Base):
        """A column `id` that is not the key."""

        code = models.CharField(max_length=5, primary_key=True)
        id = models.IntegerField(default=0)

    class Swapped(Base):
        class Meta:
            app_label = "app"
            swappable = "SWAPPED_MODEL"
