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


class Change(models.Model):
    """The change log: a row for each thing that changed, written in the change's own transaction, so that it stands if and
    only if the change does. ``live.log`` writes it, ``live.reader`` reads it.

    ``transaction`` is PostgreSQL's id of the transaction, null elsewhere. ``model`` is a label in lower case, ``key`` the
    primary key as JSON, ``op`` one of ``live.log.Op``. ``origin`` names the request that made the change, ``detail`` is JSON.
    """

    id = models.BigAutoField(primary_key=True)
    transaction = models.BigIntegerField(null=True)
    model = models.CharField(max_length=200)
    key = models.TextField(blank=True)
    op = models.CharField(max_length=1)
    origin = models.CharField(max_length=400, blank=True)
    detail = models.TextField(blank=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "binding_schema_change"
        indexes: ClassVar = [models.Index(fields=["transaction"], name="binding_schema_change_tx")]

    def __str__(self) -> str:
        return f"{self.id} {self.op} {self.model} {self.key}"


class LogFloor(models.Model):
    """One row: the highest position of the change log that ``prune`` has deleted. A resume from below it is a ``resync``."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    position = models.BigIntegerField(default=0)

    class Meta:
        db_table = "binding_schema_floor"

    def __str__(self) -> str:
        return str(self.position)
