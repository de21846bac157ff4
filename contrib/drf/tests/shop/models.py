from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

from django.contrib.auth.models import User
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


class Category(models.Model):
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=50)
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="children")

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    name = models.CharField(max_length=20)

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """A column of every kind."""

    class Kind(models.TextChoices):
        BOOK = "book", "Book"
        TOY = "toy", "Toy"

    class Size(models.IntegerChoices):
        SMALL = 1, "Small"
        LARGE = 2, "Large"

    name = models.CharField(max_length=40, help_text="As on the label.")
    code = models.CharField(max_length=12, unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.BOOK)
    size = models.IntegerField(choices=Size, null=True, blank=True)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    weight = models.FloatField(null=True, blank=True)
    rating = models.IntegerField(default=3, validators=[MinValueValidator(1), MaxValueValidator(5)])
    sold = models.BigIntegerField(default=0)
    active = models.BooleanField(default=True)
    released = models.DateField(null=True, blank=True)
    opens = models.TimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)
    lasts = models.DurationField(default=timedelta(days=1))
    reference = models.UUIDField(default=uuid.uuid4)
    data = models.JSONField(default=dict, blank=True)
    website = models.URLField(blank=True)
    email = models.EmailField(blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    manual = models.FileField(blank=True)
    seal = models.BinaryField(default=b"\x01\x02")
    notes = models.TextField(blank=True)
    category = models.ForeignKey(Category, on_delete=models.CASCADE, null=True, blank=True, related_name="products")
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="products")
    tags = models.ManyToManyField(Tag, blank=True, related_name="products")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="one_name_an_owner")]

    def __str__(self) -> str:
        return f"{self.name} of {self.owner.username}"

    @property
    def shown_name(self) -> str:
        return f"{self.name} ({self.code})"

    @property
    def half(self) -> Decimal | None:
        return self.price / 2 if self.active else None

    def count_tags(self) -> int:
        return len(self.tags.all())


class Order(models.Model):
    number = models.CharField(max_length=10)
    customer = models.ForeignKey(User, on_delete=models.CASCADE, related_name="orders")
    remark = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["pk"]


class Line(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.CASCADE)
    quantity = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["pk"]


class Private(models.Model):
    """Seen by its owner alone, and so referred to by her alone."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE)
    title = models.CharField(max_length=20)


class Letter(models.Model):
    about = models.ForeignKey(Private, on_delete=models.CASCADE, null=True)
    others = models.ManyToManyField(Private, related_name="letters", blank=True)
    text = models.CharField(max_length=40)
