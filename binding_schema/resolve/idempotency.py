"""``meta.idempotency_key``: a write that a client sends again, not knowing whether it arrived, takes effect once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import IntegrityError, router, transaction
from django.utils import timezone

from ..conf import settings
from ..declare.context import Context
from ..errors import Conflict, InvalidData, Unauthenticated
from ..types import Request, Result
from .dump import canonical

if TYPE_CHECKING:
    from ..models import IdempotencyKey

Work = Callable[[], Result]


def once(ctx: Context, request: Request, work: Work) -> Work:
    """``work``, or, with a key in the request's meta, work that runs only if the key is new to this user."""
    key = request.meta.get("idempotency_key")
    if key is None:
        return work
    if not isinstance(key, str) or not 1 <= len(key) <= 100 or "\x00" in key:
        raise InvalidData("`idempotency_key` must be a text of 1 to 100 characters.")
    digest = hashlib.sha256(canonical([request.stream, request.verb, request.data]))
    return lambda: _once(ctx, key, digest.hexdigest(), work)


def _once(ctx: Context, key: str, digest: str, work: Work) -> Result:
    if not ctx.user.is_authenticated:
        raise Unauthenticated()
    table, owner, using = _table(), str(ctx.user.pk), database()
    try:
        with transaction.atomic(using):
            # The unique constraint makes a second request wait for the first one's end, and then fail here.
            entry: IdempotencyKey = table.objects.using(using).create(owner=owner, key=key, digest=digest)
            result = work()
            entry.answer = result.data
            entry.save(update_fields=["answer"], using=using)
            return result
    except IntegrityError:
        found = table.objects.using(using).filter(owner=owner, key=key).first()
        if found is None:
            raise
    if found.digest != digest:
        raise Conflict("This idempotency key was used for another request.")
    return Result(bytes(found.answer))


def prune(*, dry_run: bool = False) -> int:
    """Forget keys older than IDEMPOTENCY_MAX_AGE; returns how many. With ``dry_run`` they are only counted."""
    limit = timezone.now() - timedelta(seconds=settings().IDEMPOTENCY_MAX_AGE)
    old = _table().objects.using(database()).filter(created_at__lt=limit)
    count: int = old.count() if dry_run else old.delete()[0]
    return count


def database() -> str:
    """The alias of the database that keys are written to."""
    return router.db_for_write(_table())


def _table() -> Any:
    return apps.get_model("binding_schema", "IdempotencyKey")
