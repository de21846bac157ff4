"""What ``manage.py binding_schema check-live`` looks at: the layer, the databases' logs, and what keeps them in order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

from channels.layers import InMemoryChannelLayer, channel_layers
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections, transaction
from django.utils import timezone

from ..conf import settings
from .prune import foreign, has_log
from .reader import Reader
from .routes import Routes
from .triggers import Triggers

Level = Literal["ok", "warning", "failure"]
#: Seconds that a message may take, and that clocks may differ.
PATIENCE, DRIFT = 5.0, 2.0
#: What a daily prune may leave beyond the age that is kept.
DAY = timedelta(hours=25)
#: How long a transaction may be open before resumes have to repeat much.
LONG = timedelta(minutes=5)


class Finding(NamedTuple):
    """``remedy`` says what to do; it is empty where there is nothing to do."""

    level: Level
    what: str
    told: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.level:8} {self.what}: {self.told}{' ' if self.remedy else ''}{self.remedy}"


def _line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def findings(routes: Routes, databases: list[str]) -> Iterator[Finding]:
    """One for each check. Writes nothing that stays."""
    if not settings().LIVE:
        remedy = 'Write BINDING_SCHEMA = {"LIVE": True}, or leave the key out.'
        yield Finding("failure", "setting LIVE", "off: no change is logged or told.", remedy)
    yield layer()
    for alias in databases:
        yield from database(alias, routes)


# The channel layer ----------------------------------------------------------------------------------------------------


def layer() -> Finding:
    """A message goes from one client of the layer to the channels of another."""
    alias = settings().CHANNEL_LAYER
    what = f"channel layer {alias!r}"
    if alias not in channel_layers.configs:
        remedy = f"Configure CHANNEL_LAYERS[{alias!r}], or rely on polls every {settings().LIVE_POLL_INTERVAL:g} s."
        return Finding("warning", what, "none is configured, so that no process wakes another.", remedy)
    try:
        started = time.perf_counter()
        backend = asyncio.run(_round_trip(alias))
        took = (time.perf_counter() - started) * 1000
    except Exception as error:  # noqa: BLE001 - whatever a layer raises
        remedy = f"See that its server runs and that CHANNEL_LAYERS[{alias!r}] names it; until then changes are told by polls."
        return Finding("failure", what, f"no message came through ({type(error).__name__}: {_line(error)}).", remedy)
    name = f"{type(backend).__module__}.{type(backend).__name__}"
    if isinstance(backend, InMemoryChannelLayer):
        return Finding("ok", what, f"{name}, which is for one process: use channels_redis for several.")
    return Finding("ok", what, f"{name}; two channels of a group were reached in {took:.0f} ms.")


async def _round_trip(alias: str) -> Any:
    # Two instances, so that the message goes through the server. Each has memory of its own where that is all there is.
    listening: Any = channel_layers.make_backend(alias)
    sending = listening if isinstance(listening, InMemoryChannelLayer) else channel_layers.make_backend(alias)
    group, message = f"binding_schema.check.{time.time_ns()}", {"type": "binding_schema.check"}
    try:
        async with asyncio.timeout(PATIENCE):
            channels = [await listening.new_channel("binding_schema") for _ in range(2)]
            for channel in channels:
                await listening.group_add(group, channel)
            await sending.group_send(group, message)
            for channel in channels:
                if await listening.receive(channel) != message:
                    raise RuntimeError("another message came back")
                await listening.group_discard(group, channel)
    finally:
        for item in (listening, sending):
            await asyncio.wait_for(_close(item), PATIENCE)
    return listening


async def _close(backend: Any) -> None:
    # `flush` of the pub/sub layers ends connections; that of others may throw away what belongs to everyone.
    is_pubsub = type(backend).__module__.startswith("channels_redis.pubsub")
    close = getattr(backend, "flush" if is_pubsub else "close_pools", None)
    if close is not None:
        await close()


# A database -----------------------------------------------------------------------------------------------------------


def database(alias: str, routes: Routes) -> Iterator[Finding]:
    """The log in one database, and what it depends on."""
    what = f"database {alias!r}"
    try:
        there = has_log(alias)
    except (DatabaseError, ImproperlyConfigured) as error:
        yield Finding("failure", what, f"not reachable ({_line(error)}).", "See DATABASES, and that the server runs.")
        return
    version = _version(alias)
    yield version
    if version.level == "failure":
        return
    if not there:
        yield Finding("failure", f"{what}, log", "its table is missing.", "Run `manage.py migrate`.")
        return
    yield _writable(alias)
    yield _clock(alias)
    yield _size(alias)
    if connections[alias].vendor == "postgresql":
        yield _open_transactions(alias)
        yield from _restored(alias)
        yield _triggers(alias, routes)


def _version(alias: str) -> Finding:
    connection = connections[alias]
    what, version = f"database {alias!r}", ".".join(map(str, connection.get_database_version()))
    told = f"{connection.display_name} {version}."
    if connection.vendor == "postgresql" and connection.get_database_version() < (13,):
        return Finding("failure", what, told, "The log needs PostgreSQL 13 or newer.")
    if connection.vendor == "mysql":
        lag = f"{settings().LIVE_SETTLE_LAG:g} s"
        told += f" A write must not take longer than LIVE_SETTLE_LAG, {lag}: a change that is committed later may be missed."
    if connection.vendor not in ("postgresql", "sqlite", "mysql"):
        return Finding("failure", what, told, "The log works on PostgreSQL, SQLite, MySQL and MariaDB.")
    return Finding("ok", what, told)


def _writable(alias: str) -> Finding:
    what = f"database {alias!r}, log"
    change: Any = apps.get_model("binding_schema", "Change")
    try:
        reader = Reader(alias)
        reader.start()
        with transaction.atomic(alias):
            change.objects.using(alias).create(model="binding_schema.check", op="u", created_at=timezone.now())
            transaction.set_rollback(True, using=alias)
        reader.replay(reader.position, 1)
    except DatabaseError as error:
        remedy = "Grant the user SELECT, INSERT, UPDATE and DELETE on binding_schema_change and binding_schema_floor."
        return Finding("failure", what, f"cannot be used ({_line(error)}).", remedy)
    return Finding("ok", what, "can be written and read.")


def _clock(alias: str) -> Finding:
    what = f"database {alias!r}, clock"
    now = {"postgresql": "clock_timestamp()", "mysql": "UTC_TIMESTAMP(6)"}.get(connections[alias].vendor)
    if now is None:
        return Finding("ok", what, "this machine's.")
    with connections[alias].cursor() as cursor:
        before = timezone.now()
        cursor.execute(f"SELECT {now}")
        theirs: datetime = cursor.fetchone()[0]
        after = timezone.now()
    theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
    ours = (before if before.tzinfo else before.astimezone(UTC)) + (after - before) / 2
    apart = abs((theirs - ours).total_seconds())
    if apart <= DRIFT:
        return Finding("ok", what, f"{apart:.2f} s from this machine's.")
    told = f"{apart:.1f} s from this machine's."
    remedy = "Keep both by NTP: the log's age, and on MySQL what counts as settled, go by this machine's."
    return Finding("warning", what, told, remedy)


def _size(alias: str) -> Finding:
    what = f"database {alias!r}, size of the log"
    change: Any = apps.get_model("binding_schema", "Change")
    rows = change.objects.using(alias)
    count, oldest = rows.count(), rows.order_by("created_at").values_list("created_at", flat=True).first()
    if oldest is None:
        return Finding("ok", what, "empty.")
    age = timezone.now() - oldest
    told = f"{count:,} changes, the oldest {_hours(age)} old."
    if age > timedelta(seconds=settings().LIVE_LOG_MAX_AGE) + DAY or count > 2 * settings().LIVE_LOG_MAX_ROWS:
        remedy = "Run `manage.py binding_schema prune` every hour or every day, by cron or a timer."
        return Finding("warning", what, told, remedy)
    return Finding("ok", what, told)


def _hours(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    return f"{minutes // 60} h {minutes % 60} min"


def _open_transactions(alias: str) -> Finding:
    """What is open holds back the point from which a client may resume."""
    what = f"database {alias!r}, open transactions"
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT MAX(clock_timestamp() - xact_start) FROM pg_stat_activity "
            "WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
        )
        longest = cursor.fetchone()[0]
    if longest is None or longest <= LONG:
        return Finding("ok", what, "none that is old.")
    told = f"one writes for {_hours(longest)}."
    remedy = "Who reconnects is told again all that was written since. Look for it in pg_stat_activity."
    return Finding("warning", what, told, remedy)


def _restored(alias: str) -> Iterator[Finding]:
    count = foreign(alias).count()
    if count:
        told = f"{count:,} changes are another server's: a dump was restored."
        yield Finding(
            "warning", f"database {alias!r}, log", told, "Run `manage.py binding_schema prune`, which deletes them."
        )


def _triggers(alias: str, routes: Routes) -> Finding:
    what = f"database {alias!r}, triggers"
    try:
        found = Triggers(routes, alias)
        there, states = found.installed(), [state for _, _, state in found.states()]
    except ImproperlyConfigured:
        there, states = [], ["missing"]
    if not there:
        return Finding("ok", what, "none, so that what is written without Django's signals is not told.")
    wrong = [state for state in states if state != "installed"]
    if wrong or found.strays():
        counts = (
            ", ".join(f"{wrong.count(state)} {state}" for state in sorted(set(wrong))) or "some are not needed any more"
        )
        return Finding("warning", what, f"{counts}.", "Run `manage.py binding_schema triggers --install`.")
    return Finding("ok", what, f"{len(states)} installed.")
