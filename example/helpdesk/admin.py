from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.html import format_html

from .models import Comment, Label, Team, Ticket


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):
    list_display = ["name", "member_count", "open_tickets"]
    search_fields = ["name"]
    filter_horizontal = ["members"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        unfinished = Ticket.objects.exclude(status=Ticket.Status.CLOSED).values("team").annotate(n=Count("pk"))
        return (
            super()
            .get_queryset(request)
            .annotate(
                member_count=Count("members"),
                # A subquery, since a second join would multiply the members by the tickets.
                open_tickets=Coalesce(Subquery(unfinished.filter(team=OuterRef("pk")).order_by().values("n")), 0),
            )
        )

    @admin.display(description="members", ordering="member_count")
    def member_count(self, team: Any) -> int:
        return team.member_count

    @admin.display(description="tickets not closed", ordering="open_tickets")
    def open_tickets(self, team: Any) -> int:
        return team.open_tickets


@admin.register(Label)
class LabelAdmin(admin.ModelAdmin):
    list_display = ["name", "swatch"]
    search_fields = ["name"]

    @admin.display(description="color", ordering="color")
    def swatch(self, label: Label) -> str:
        return format_html(
            '<span style="display:inline-block;width:1em;height:1em;border-radius:3px;background:{}"></span> {}',
            label.color,
            label.color,
        )


class CommentInline(admin.TabularInline):
    model = Comment
    extra = 0
    fields = ["author", "body", "internal", "created_at"]
    readonly_fields = ["created_at"]
    autocomplete_fields = ["author"]


@admin.register(Ticket)
class TicketAdmin(admin.ModelAdmin):
    list_display = ["id", "title", "team", "status", "priority", "assignee", "due_on", "created_at"]
    list_display_links = ["id", "title"]
    list_filter = ["status", "priority", "team", "labels", ("assignee", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["team", "assignee"]
    search_fields = ["title", "body"]
    date_hierarchy = "created_at"
    autocomplete_fields = ["team", "assignee", "labels"]
    readonly_fields = ["created_at", "updated_at"]
    inlines = [CommentInline]
    fieldsets = [
        (None, {"fields": ["title", "body", "labels"]}),
        ("Work", {"fields": ["status", "priority", "team", "assignee", "due_on", "cost"]}),
        ("Times", {"fields": ["created_at", "updated_at"]}),
    ]


@admin.register(Comment)
class CommentAdmin(admin.ModelAdmin):
    list_display = ["id", "ticket", "author", "excerpt", "internal", "created_at"]
    list_filter = ["internal", "ticket__team", ("author", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["ticket", "author"]
    search_fields = ["body", "ticket__title"]
    date_hierarchy = "created_at"
    autocomplete_fields = ["ticket", "author"]
    readonly_fields = ["created_at"]

    @admin.display(description="comment")
    def excerpt(self, comment: Comment) -> str:
        return str(comment)
