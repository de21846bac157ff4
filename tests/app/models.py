"""Models with the kinds of fields, keys and constraints that the helpdesk has no use for."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.text import slugify


class Specimen(models.Model):
    """One field of every kind, under a UUID key."""

    class Kind(models.TextChoices):
        MINERAL = "mineral", "Mineral"
        PLANT = "plant", "Plant"

    class Grade(models.IntegerChoices):
        POOR = 1, "Poor"
        FINE = 5, "Fine"

    SHELVES = (("Left wall", [("l1", "Upper left"), ("l2", "Lower left")]), ("x", "Elsewhere"))

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=50)
    nickname = models.CharField(max_length=50, null=True, blank=True)
    notes = models.TextField(blank=True)
    code = models.CharField(max_length=8, blank=True, validators=[RegexValidator(r"^[A-Z]{2}-\d+\Z", "Like AB-12.")])
    slug = models.SlugField(blank=True)
    email = models.EmailField(blank=True)
    link = models.URLField(blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    kind = models.CharField(max_length=10, choices=Kind, blank=True)
    grade = models.IntegerField(choices=Grade, null=True, blank=True)
    shelf = models.CharField(max_length=2, choices=SHELVES, default="x")
    flag = models.BooleanField(default=False)
    answer = models.BooleanField(null=True, blank=True)
    small = models.SmallIntegerField(default=0, validators=[MinValueValidator(-5), MaxValueValidator(5)])
    count = models.PositiveIntegerField(default=0)
    big = models.BigIntegerField(null=True, blank=True)
    ratio = models.FloatField(null=True, blank=True)
    amount = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)
    length = models.DurationField(null=True, blank=True)
    raw = models.BinaryField(null=True, blank=True, editable=True)
    payload = models.JSONField(default=dict, blank=True)
    day = models.DateField(null=True, blank=True)
    at = models.TimeField(null=True, blank=True)
    moment = models.DateTimeField(null=True, blank=True)
    document = models.FileField(upload_to="specimens", blank=True)
    doubled = models.GeneratedField(
        expression=models.F("count") * 2, output_field=models.BigIntegerField(), db_persist=True
    )

    class Meta:
        ordering = ["name", "id"]


class Country(models.Model):
    """A key that is a string."""

    code = models.CharField(max_length=2, primary_key=True)
    name = models.CharField(max_length=50, unique=True)


class Seat(models.Model):
    """A key of two columns."""

    pk = models.CompositePrimaryKey("row", "number")
    row = models.CharField(max_length=2)
    number = models.PositiveSmallIntegerField()
    taken = models.BooleanField(default=False)


class Category(models.Model):
    """A tree. `NULL` differs from `NULL`, so the roots need a constraint of their own."""

    name = models.CharField(max_length=50)
    parent = models.ForeignKey("self", on_delete=models.CASCADE, related_name="children", null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"],
                name="category_sibling_unique",
                violation_error_message="A sibling has this name already.",
            ),
            models.UniqueConstraint(
                fields=["name"],
                condition=models.Q(parent=None),
                name="category_root_unique",
                violation_error_message="A root has this name already.",
            ),
        ]


class Booking(models.Model):
    """Constraints over several fields: the old form, a check, and a conditional one."""

    room = models.CharField(max_length=20)
    day = models.DateField()
    slot = models.PositiveSmallIntegerField()
    starts = models.TimeField()
    ends = models.TimeField()
    reference = models.CharField(max_length=20, null=True, blank=True, unique=True)
    cancelled = models.BooleanField(default=False)

    class Meta:
        unique_together = [("room", "day", "slot")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends__gt=models.F("starts")),
                name="booking_ends_after_start",
                violation_error_message="A booking ends after it starts.",
                violation_error_code="ends_before_start",
            ),
            models.UniqueConstraint(
                fields=["room", "day", "starts"],
                condition=models.Q(cancelled=False),
                name="booking_one_at_a_time",
                violation_error_message="The room is taken at that time.",
            ),
        ]


class Person(models.Model):
    name = models.CharField(max_length=50)
    country = models.ForeignKey(Country, on_delete=models.PROTECT, related_name="people", null=True, blank=True)
    clubs: models.ManyToManyField[Club, Membership] = models.ManyToManyField(
        "Club", through="Membership", related_name="people"
    )


class Passport(models.Model):
    """A one-to-one relation that is the key as well."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, primary_key=True, related_name="passport")
    number = models.CharField(max_length=20, unique=True)


class Club(models.Model):
    name = models.CharField(max_length=50, unique=True)


class Membership(models.Model):
    """Between Person and Club, with a required field: the relation cannot be written as a list of ids."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    club = models.ForeignKey(Club, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "club"], name="membership_unique")]


class Article(models.Model):
    """Code around a write: a slug from the title, a revision that grows, rules in `clean`, a delete that can fail."""

    title = models.CharField(max_length=80)
    slug = models.SlugField(max_length=80, editable=False)
    body = models.TextField(blank=True)
    revision = models.PositiveIntegerField(default=0, editable=False)
    locked = models.BooleanField(default=False)

    def clean(self) -> None:
        if self.title and self.title.isupper():
            raise ValidationError({"title": ValidationError("Do not shout.", code="shouting")})
        if self.title and self.title == self.body:
            raise ValidationError("The body only repeats the title.", code="repeated")

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.slug = slugify(self.title)
        self.revision += 1
        if (update_fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*update_fields, "slug", "revision"}
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        if self.locked:
            raise ValidationError("A locked article stays.", code="locked")
        return super().delete(*args, **kwargs)
