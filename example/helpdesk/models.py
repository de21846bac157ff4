from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone


class Team(models.Model):
    name = models.CharField(max_length=80)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        related_name="teams",
        blank=True,
        help_text="Agents of this team; they see and work on its tickets.",
    )

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["name"], name="helpdesk_team_name_unique")]

    def __str__(self) -> str:
        return self.name


class Label(models.Model):
    name = models.CharField(max_length=40)
    color = models.CharField(
        max_length=7,
        default="#6b7280",
        validators=[RegexValidator("^#[0-9a-fA-F]{6}$", "Write the color as #rrggbb.")],
        help_text="As #rrggbb.",
    )

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["name"], name="helpdesk_label_name_unique")]

    def __str__(self) -> str:
        return self.name


class Ticket(models.Model):
    class Status(models.TextChoices):
        OPEN = "open", "Open"
        PENDING = "pending", "Pending"
        CLOSED = "closed", "Closed"

    class Priority(models.IntegerChoices):
        LOW = 1, "Low"
        NORMAL = 2, "Normal"
        HIGH = 3, "High"
        URGENT = 4, "Urgent"

    title = models.CharField(max_length=200)
    body = models.TextField(blank=True, help_text="What happened, in the words of whoever asked.")
    status = models.CharField(
        max_length=10,
        choices=Status,
        default=Status.OPEN,
        help_text="Pending: the next move is not ours.",
    )
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    # The index (team, status) below serves look-ups by team as well.
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="tickets", db_index=False)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="assigned_tickets",
        null=True,
        blank=True,
        help_text="The agent who works on it.",
    )
    labels = models.ManyToManyField(Label, related_name="tickets", blank=True)
    cost = models.DecimalField(
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text="Parts and outside labour, in euros. For staff only.",
    )
    due_on = models.DateField(null=True, blank=True, help_text="Not before the day the ticket was created.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["team", "status"], name="helpdesk_ticket_team_status"),
            models.Index(fields=["status", "-priority"], name="helpdesk_ticket_status_prio"),
            models.Index(fields=["-created_at", "-id"], name="helpdesk_ticket_newest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(priority__range=(1, 4)),
                name="helpdesk_ticket_priority_range",
                violation_error_message="The priority is a number from 1 to 4.",
            ),
            models.CheckConstraint(
                condition=models.Q(cost__isnull=True) | models.Q(cost__gte=0),
                name="helpdesk_ticket_cost_not_negative",
                violation_error_message="The cost cannot be negative.",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}" if self.pk else self.title

    def clean(self) -> None:
        super().clean()
        # A new ticket has no created_at before it is saved.
        created_on = timezone.localdate(self.created_at) if self.created_at else timezone.localdate()
        if self.due_on and self.due_on < created_on:
            raise ValidationError({"due_on": ValidationError(f"Not before {created_on}.", code="due_before_created")})


class Comment(models.Model):
    # The index (ticket, created_at) below serves look-ups by ticket as well.
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="comments", db_index=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        # What someone wrote stays: an account that is no longer used is made inactive, not deleted.
        on_delete=models.PROTECT,
        related_name="comments",
    )
    body = models.TextField()
    internal = models.BooleanField(default=False, help_text="Seen by staff only.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["ticket", "created_at"], name="helpdesk_comment_thread")]

    def __str__(self) -> str:
        return self.body if len(self.body) <= 60 else f"{self.body[:59]}…"
