from django.conf import settings
from django.db import models


class Status(models.TextChoices):
    OPEN = "open"
    PENDING = "pending"
    CLOSED = "closed"


class Row(models.Model):
    """Nine columns of the kinds that an ordinary row has."""

    title = models.CharField(max_length=120)
    body = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    priority = models.IntegerField(default=1)
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    due_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title


class Item(Row):
    """With a binding: each save of it writes an entry of the change log too."""


class PlainItem(Row):
    """The other contenders' rows, the same ones. No binding: their saves must not pay for our change log."""


# As every contender is to send them.
FIELDS = ("id", "title", "body", "status", "priority", "amount", "owner_id", "due_on", "created_at")
