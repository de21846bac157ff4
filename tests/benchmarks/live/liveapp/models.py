from django.conf import settings
from django.db import models


class Team(models.Model):
    name = models.CharField(max_length=40)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL)


class Row(models.Model):
    """Nine columns of the kinds that an ordinary row has."""

    title = models.CharField(max_length=120)
    body = models.TextField(blank=True)
    status = models.CharField(max_length=10, default="open")
    priority = models.IntegerField(default=1)
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    team = models.ForeignKey(Team, on_delete=models.CASCADE)
    due_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        abstract = True


class Item(Row):
    """Everyone who is logged in sees it."""


class Ticket(Row):
    """Its team's members see it."""


class PlainItem(Row):
    """No binding: the plain consumers' changes must not pay for our change log."""


# As every contender sends them.
FIELDS = ("id", "title", "body", "status", "priority", "amount", "team_id", "due_on", "created_at")
