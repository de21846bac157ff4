"""Before anything is measured: every contender answers the same, and refuses what it should refuse."""

import contextlib
from datetime import UTC, datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser

from .benchapp.models import FIELDS
from .communicator import BenchmarkError, Communicator, Refused
from .contenders import PAGE_SIZE, Contender, title
from .load import Workload, check, connected

_TOO_LONG = "x" * 121


async def verify(contender: Contender, workload: Workload) -> None:
    """Raise BenchmarkError when `contender` answers wrongly, or without permission checks and validation."""
    user, rows = workload.users[0], workload.rows
    nonce = next(workload.nonces)
    async with connected(contender, [user], 1) as (communicator,):
        await _reads(contender, communicator, nonce, rows)
        await _writes(contender, communicator, nonce, rows)
    await _refuses_anonymous(contender, nonce, rows)


async def _reads(contender: Contender, communicator: Communicator, nonce: int, rows: int) -> None:
    pk, page = rows // 2, max(rows // PAGE_SIZE // 2, 1)
    reply = await communicator.ask(contender.frame("retrieve", pk, nonce))
    check(contender.name, reply, contender.marks("retrieve", pk, nonce, rows))
    _same(contender, [contender.row(reply)], await _stored(contender, pk, 1))

    reply = await communicator.ask(contender.frame("search", page, nonce))
    check(contender.name, reply, contender.marks("search", page, nonce, rows))
    count, found = contender.page(reply)
    if count != rows:
        raise BenchmarkError(f"{contender.name} counts {count} rows of {rows}")
    _same(contender, found, await _stored(contender, (page - 1) * PAGE_SIZE + 1, PAGE_SIZE))


async def _writes(contender: Contender, communicator: Communicator, nonce: int, rows: int) -> None:
    [before] = await _stored(contender, rows, 1)
    marks = contender.marks("save", rows, nonce, rows)
    reply = await communicator.ask(contender.frame("save", rows, nonce))
    check(contender.name, reply, marks)
    [after] = await _stored(contender, rows, 1)
    if after != before | {"title": title(nonce)}:
        raise BenchmarkError(f"{contender.name} saved {after}")

    reply = await communicator.ask(contender.frame("save", rows, nonce, value=_TOO_LONG))
    if all(mark in reply for mark in marks) or await _stored(contender, rows, 1) != [after]:
        raise BenchmarkError(f"{contender.name} saved a title that is too long")


async def _refuses_anonymous(contender: Contender, nonce: int, rows: int) -> None:
    communicator = Communicator(contender.application(), AnonymousUser())
    reply = ""
    # At the handshake, by closing, or at the request: all are ways to refuse.
    with contextlib.suppress(Refused):
        if await communicator.open():
            reply = await communicator.ask(contender.frame("retrieve", 1, nonce))
    await communicator.close()
    if all(mark in reply for mark in contender.marks("retrieve", 1, nonce, rows)):
        raise BenchmarkError(f"{contender.name} answers users that are not logged in")


@sync_to_async
def _stored(contender: Contender, first: int, number: int) -> list[dict[str, Any]]:
    items = contender.model._default_manager.filter(pk__gte=first).order_by("pk").values(*FIELDS)[:number]
    return [_plain(row) for row in items]


def _same(contender: Contender, answered: list[dict[str, Any]], stored: list[dict[str, Any]]) -> None:
    rows = [_plain(row) for row in answered]
    if rows != stored:
        raise BenchmarkError(f"{contender.name} answered {rows}, where the database has {stored}")


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """One form for the ways in which JSON may say the same: `Z` or `+00:00`, a date as an object or as text."""
    plain = {name: value if isinstance(value, int | None) else str(value) for name, value in row.items()}
    moment = datetime.fromisoformat(str(row["created_at"]))
    return plain | {"created_at": moment.astimezone(UTC)}
