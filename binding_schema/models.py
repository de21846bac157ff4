"""The library's own tables."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class IdempotencyKey(models.Model):
    """A write that was answered under ``meta.idempotency_key``: the same request again gets the same answer, once done.

    It is written in the write's own transaction, so it stands if and only if the write does.
    """

    owner = models.CharField(max_length=150)
    key = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)
    answer = models.BinaryField(default=bytes)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        db_table = "binding_schema_idempotency"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "key"], name="binding_schema_idempotency_owner_key"),
        ]

    def __str__(self) -> str:
        return f"{self.owner} {self.key}"
