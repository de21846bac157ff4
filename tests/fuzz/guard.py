"""What bad input must not do: write, or bring private things to light."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import orjson
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection, models, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat

from helpdesk.models import Comment, Team, Ticket
from tests.conftest import Demo

#: Stands in everything that alice may not see, and in nothing else.
MARK = "zq7private"
PRIVATE_COST = Decimal("73519.46")
PRIVATE = re.compile(
    f"{MARK}|{PRIVATE_COST}|Traceback|SELECT|UPDATE|INSERT |DELETE FROM|binding_schema[.]|helpdesk[.]bindings|django[.]|pydantic"
    "|psycopg|sqlite|<class| object at 0x|pbkdf2|md5[$]"
)
#: docs/protocol.md, section 3, without `internal`.
STATUSES = {
    "invalid_frame": 400,
    "unknown_stream": 404,
    "unknown_verb": 404,
    "invalid_data": 422,
    "invalid_filter": 422,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "too_large": 413,
    "rate_limited": 429,
    "unsupported": 405,
    "timeout": 504,
}
READS = frozenset("retrieve list search schema subscribe unsubscribe stats now add".split())


def plant(demo: Demo) -> None:
    """Put the mark into all that alice, of team Network, may not see."""
    User.objects.exclude(pk=demo.alice.pk).update(email=Concat(Value(MARK), F("email")))
    # Django's hash has letters and digits in its last part, so that this is a hash of no password.
    User.objects.update(password=f"md5$salt${MARK}")
    demo.alice.refresh_from_db()
    Team.objects.exclude(pk=demo.network.pk).update(name=Concat(Value(MARK), F("name")))
    Ticket.objects.update(cost=PRIVATE_COST)
    Ticket.objects.exclude(team=demo.network).update(title=MARK, body=MARK)
    Comment.objects.exclude(ticket__team=demo.network, internal=False).update(body=MARK)


def verify(frame: dict[str, Any], raw: str) -> None:
    """One reply: an answer, or an error of the protocol, and nothing private in it."""
    assert frame.keys() <= {"event", "data", "meta"}
    assert isinstance(frame["data"], dict)
    leak = PRIVATE.search(raw)
    assert leak is None, raw[max(0, leak.start() - 200) : leak.end() + 200]
    if frame["event"] == "error":
        assert frame["data"]["code"] in STATUSES, raw[:500]
        assert frame["data"]["message"], raw[:500]


def wrote(frame: dict[str, Any]) -> bool:
    """Whether a reply says that something was written."""
    verb = frame["event"].partition("#")[0].rpartition(".")[2]
    return frame["event"] != "error" and verb not in READS and frame["data"].get("success") is not False


class Tables:
    """The rows of the project's tables, as they were: their digests tell whether something was written."""

    def __init__(self) -> None:
        labels = {"helpdesk", "app", "auth", "binding_schema"}
        there = set(connection.introspection.table_names())
        # Other tests' modules declare models too, proxies and ones without a table among them.
        known = [item for item in apps.get_models(include_auto_created=True) if not item._meta.proxy]
        tables = [item for item in known if item._meta.app_label in labels and item._meta.db_table in there]
        self.columns = {
            item._meta.db_table: [connection.ops.quote_name(part.column) for part in _columns(item)]
            for item in tables
            if item._meta.model_name != "permission"
        }
        self.digests = self.read()

    def read(self) -> dict[str, str]:
        return {name: self._digest(name) for name in self.columns}

    def _digest(self, table: str) -> str:
        names = ", ".join(self.columns[table])
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {names} FROM {table}")
            rows = sorted(map(repr, cursor.fetchall()))
        return hashlib.sha256("\n".join(rows).encode("utf-8", "surrogatepass")).hexdigest()

    @contextmanager
    def saved(self) -> Iterator[None]:
        """Keeps copies, from which ``restore`` undoes what was rightly written."""
        with connection.cursor() as cursor:
            for name, columns in self.columns.items():
                cursor.execute(f"CREATE TEMPORARY TABLE fuzz_{name} AS SELECT {', '.join(columns)} FROM {name}")
            try:
                yield
            finally:
                for name in self.columns:
                    cursor.execute(f"DROP TABLE fuzz_{name}")

    def check(self, may_differ: bool) -> None:
        """The tables are as they were; or, where a reply said so, they are put back."""
        now = self.read()
        changed = [name for name, digest in self.digests.items() if now[name] != digest]
        if not changed:
            return
        assert may_differ, f"{changed} changed, and no reply told of a write"
        with transaction.atomic(), connection.cursor() as cursor:
            for name in changed:
                names = ", ".join(self.columns[name])
                cursor.execute(f"DELETE FROM {name}")
                cursor.execute(f"INSERT INTO {name} ({names}) SELECT {names} FROM fuzz_{name}")


def _columns(model: type[models.Model]) -> list[Any]:
    return [item for item in model._meta.local_concrete_fields if item.column and not getattr(item, "generated", False)]


def event_of(value: Any) -> str:
    """The event that a reply to this frame must name."""
    event = value.get("event") if isinstance(value, dict) else None
    return event[:300] if isinstance(event, str) else ""


def answered(frame: dict[str, Any]) -> str:
    """The event that a reply names."""
    event = frame["data"].get("event", "") if frame["event"] == "error" else frame["event"]
    assert isinstance(event, str)
    return event


def _in_64_bits(digits: str) -> int:
    number = int(digits)
    if not -(2**63) <= number < 2**64:
        raise ValueError(digits)
    return number


def expected(message: str) -> list[str]:
    """The events that the replies to a message must name, one for each frame in it; a message that is no JSON, too large
    or with numbers beyond 64 bits is one broken frame."""
    try:
        value = orjson.loads(str(message))
        if len(message) > 2**20:
            return [""]
        json.loads(message, parse_int=_in_64_bits)
    except (ValueError, RecursionError):
        return [""]
    if isinstance(value, list):
        return [event_of(item) for item in value] if 1 <= len(value) <= 50 else [""]
    return [event_of(value)]
