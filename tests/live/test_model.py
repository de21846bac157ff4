"""The live engine against a model: whatever is written, by whomever, each receiver ends with what ``list`` answers, and was
never sent what it could not see."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Coroutine
from itertools import count
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from binding_schema.testing import Reply
from helpdesk.models import Team, Ticket

from . import writes
from .receiver import Kept, Receiver, shown
from .world import NAMES, SECRET, STREAMS, abandon, asked, canonical, pick, reset, rows_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies"),
]

profile = settings(
    derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.generate], report_multiple_bugs=False,
)  # fmt: skip

small = st.integers(0, 11)
who = st.sampled_from(NAMES)
a_write = st.sampled_from(writes.WRITES)
FILTERS: list[dict[str, Any]] = [
    {}, {"status": "open"}, {"status": ["open", "pending"]}, {"priority__gte": 3}, {"team__name": "Network"},
    {"assignee__isnull": True}, {"due_on__isnull": False}, {"title__icontains": "t"}, {"labels__isnull": None},
    {"not": {"status": "closed"}}, {"or": [{"priority__gte": 3}, {"status": "open"}]}, {"due_on": None},
    {"not": {"due_on__gte": "2099-01-03"}}, {"label": 0}, {"not": {"label": 1}}, {"team": 0}, {"assignee": 5},
]  # fmt: skip
a_filter = st.sampled_from(FILTERS)
an_order = st.sampled_from([None, "-priority", ["status", "-id"], "due_on", "-updated_at", "title"])
a_limit = st.sampled_from([None, None, 2, 5, 9])
a_text = st.sampled_from([None, None, None, "ticket", "new 1"])


class Machine(RuleBasedStateMachine):
    """Rules are driven from here; the receivers' connections and the hub run on one event loop whenever a rule does."""

    def __init__(self) -> None:
        super().__init__()
        reset()
        self.runner = asyncio.Runner()
        self.numbers = count()
        self.receivers = {name: Receiver(name, User.objects.get(username=name)) for name in NAMES}
        #: user -> stream -> id -> every form of the row that the user might see since the last settled moment
        #: and whether only an answer may show it.
        self.allowed: dict[str, dict[str, defaultdict[Any, set[tuple[str, bool]]]]] = {}
        #: What was noted last: user -> stream -> id -> row; and the users who were active then.
        self.now: dict[str, dict[str, dict[Any, str]]] = {}
        self.active: set[Any] = set()
        self.run(self._connect_all())
        self.remember()

    @initialize(start=st.integers(0, len(FILTERS) - 1))
    def begin(self, start: int) -> None:
        """Everyone follows tickets by another filter, so that each filter has its share of what happens."""
        for number, name in enumerate(NAMES):
            data = {"filters": self._filters(FILTERS[(start + 3 * number) % len(FILTERS)]), "snapshot": True}
            self.follow(name, "helpdesk.Ticket", "z", "subscribe", data)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    async def _connect_all(self) -> None:
        for receiver in self.receivers.values():
            await receiver.connect()

    def teardown(self) -> None:
        try:
            self.settle()
        finally:
            self.run(self._leave_all())
            self.runner.close()

    async def _leave_all(self) -> None:
        for receiver in self.receivers.values():
            await receiver.leave()

    def text(self) -> str:
        return f"new {next(self.numbers)}"

    # Writers ------------------------------------------------------------------------------------------------------------

    def commit(self, change: Any, *args: Any) -> None:
        """Do something in one transaction, and note what each user may see then."""
        change(*args)
        self.remember()

    @rule(change=a_write, a=small, b=small)
    def write(self, change: writes.Write, a: int, b: int) -> None:
        self.commit(change, self.text(), a, b)

    @rule(change=a_write, a=small, b=small)
    def roll_back(self, change: writes.Write, a: int, b: int) -> None:
        abandon(lambda: change(f"{self.text()} {SECRET}", a, b))

    @rule(changes=st.tuples(a_write, a_write, a_write), a=small, b=small)
    def roll_back_a_savepoint(self, changes: Any, a: int, b: int) -> None:
        self.commit(writes.half_abandoned, *changes, self.text(), a, b)

    @rule(
        name=who,
        verb=st.sampled_from(["create", "update", "save", "rows", "delete", "close", "member"]),
        a=small,
        b=small,
    )
    def through_the_api(self, name: str, verb: str, a: int, b: int) -> None:
        receiver = self.receivers[name]
        if receiver.is_open:
            self.run(self._request(receiver, verb, a, b))
            self.remember()

    async def _request(self, receiver: Receiver, verb: str, a: int, b: int) -> None:
        tickets = await sync_to_async(writes.tickets)()
        team = pick(await sync_to_async(lambda: list(Team.objects.order_by("pk")))(), b)
        ticket, other, title = pick(tickets, a), pick(tickets, b), self.text()
        values: dict[str, Any] = {"title": title, "priority": b % 4 + 1, "team": team.pk}
        if verb == "create":
            data: dict[str, Any] = {**values, "labels": []}
        elif ticket is None:
            return
        elif verb == "rows":
            verb, data = "save", {"rows": [{"id": ticket.pk, **values}, {"title": f"{title}b", "team": team.pk}]}
            if other.pk != ticket.pk:
                data["rows"].append({"id": other.pk, "title": f"{title}c", "labels": []})
        else:
            data = {"id": ticket.pk}
            data |= {"delete": {}, "close": {"reason": "done"}}.get(verb, values)
        stream = "helpdesk.Ticket"
        if verb == "member":
            verb, stream, data = "update", "helpdesk.Team", {"id": team.pk, "name": f"{title}-{team.pk}"}
        await receiver.ask(f"{stream}.{verb}#w{next(self.numbers)}", data)

    # Receivers ----------------------------------------------------------------------------------------------------------

    @rule(name=who, hash=st.sampled_from("abc"), filters=a_filter, order=an_order, limit=a_limit, text=a_text,
          verb=st.sampled_from(["subscribe", "subscribe", "list", "search", "open"]),
          page=st.sampled_from([1, 1, 2]))  # fmt: skip
    def follow_tickets(
        self, name: str, hash: str, filters: Any, order: Any, limit: Any, text: Any, verb: str, page: int
    ) -> None:
        data = {"filters": self._filters(filters), "order": order, "query": text}
        if verb == "search":
            data |= {"page": page, "limit": limit or 4}
        elif verb == "subscribe":
            data |= {"limit": limit, "snapshot": True}
        elif verb == "open":
            verb = "subscribe"
        sent = {key: value for key, value in data.items() if value is not None}
        self.follow(name, "helpdesk.Ticket", hash, verb, sent)

    def _filters(self, filters: Any) -> Any:
        """Numbers stand for keys."""
        keys = {"label": list(Ticket.labels.rel.model.objects.order_by("pk")), "team": list(Team.objects.order_by("pk")),
                "assignee": list(User.objects.order_by("pk"))}  # fmt: skip
        found: dict[str, Any] = {}
        for key, value in filters.items():
            if key == "labels__isnull":
                found["labels"] = None
            elif key == "not":
                found[key] = self._filters(value)
            elif key in keys:
                one = pick(keys[key], value)
                found["labels" if key == "label" else key] = one.pk if one is not None else 0
            else:
                found[key] = value
        return found

    @rule(name=who, hash=st.sampled_from(["d", "e"]), stream=st.sampled_from(STREAMS[1:]),
          verb=st.sampled_from(["subscribe", "list", "search"]), limit=st.sampled_from([1, 3, 25]))  # fmt: skip
    def follow_others(self, name: str, hash: str, stream: str, verb: str, limit: int) -> None:
        data: dict[str, Any] = {"subscribe": {"snapshot": True}, "list": {}, "search": {"limit": limit}}[verb]
        self.follow(name, stream, hash, verb, data)

    @rule(name=who, hash=st.sampled_from(["f", "g"]), verb=st.sampled_from(["retrieve", "subscribe", "ids"]), a=small)
    def follow_objects(self, name: str, hash: str, verb: str, a: int) -> None:
        found = writes.tickets()
        if found:
            data: dict[str, Any] = {"id": pick(found, a).pk, **({"snapshot": True} if verb == "subscribe" else {})}
            if verb == "ids":
                verb, data = "retrieve", {"ids": [ticket.pk for ticket in found[a:]] or [found[0].pk]}
            self.follow(name, "helpdesk.Ticket", hash, verb, data)

    def follow(self, name: str, stream: str, hash: str, verb: str, data: dict[str, Any]) -> None:
        receiver = self.receivers[name]
        if receiver.is_open:
            self.run(receiver.follow(stream, hash, verb, data))

    @rule(name=who, number=small)
    def unsubscribe(self, name: str, number: int) -> None:
        receiver = self.receivers[name]
        place = pick(sorted(receiver.kept), number)
        if receiver.is_open and place is not None:
            del receiver.kept[place]
            self.run(receiver.ask(f"{place[0]}.unsubscribe#{place[1]}", {}))

    @rule(name=who)
    def disconnect(self, name: str) -> None:
        self.run(self.receivers[name].leave())
        self.receivers[name].take()

    @precondition(lambda self: not all(item.is_open for item in self.receivers.values()))
    @rule()
    def reconnect(self) -> None:
        for receiver in self.receivers.values():
            if not receiver.is_open:
                self.run(receiver.leave())
                if receiver.user.pk in self.active:
                    self.run(receiver.resume())

    # Judgement ----------------------------------------------------------------------------------------------------------

    def remember(self) -> None:
        """Note what each user may see at this moment."""
        self.now = {
            name: {stream: rows_of(receiver.user, stream) for stream in STREAMS}
            for name, receiver in self.receivers.items()
        }
        self.active = set(User.objects.filter(is_active=True).values_list("pk", flat=True))
        self.allow()

    def allow(self) -> None:
        """Frames may show what was noted last."""
        for name, streams in self.now.items():
            is_active = self.receivers[name].user.pk in self.active
            for stream, seen in streams.items():
                rows = self.allowed.setdefault(name, {}).setdefault(stream, defaultdict(set))
                for key, row in seen.items():
                    rows[key].add((row, True))
                    # A request is answered to a user who was active a moment ago (USER_MAX_AGE); a change is not told.
                    if is_active:
                        rows[key].add((row, False))

    def settle(self) -> None:
        """Wait until all is told, judge it, and compare each receiver with the database."""
        self.run(self._told())
        self.judge()
        for receiver in self.receivers.values():
            active = receiver.user.pk in self.active
            assert active or not receiver.is_open, f"{receiver.name} is not active, and still connected"
            if receiver.is_open:
                for kept in receiver.kept.values():
                    compare(receiver, kept, self.now[receiver.name][kept.stream])
        self.allowed = {}
        self.allow()

    async def _told(self) -> None:
        for receiver in self.receivers.values():
            await receiver.settle()

    def judge(self) -> None:
        """No frame held a row, or a field, that its receiver could not see since the last settled moment."""
        for name, receiver in self.receivers.items():
            for reply in receiver.take():
                for stream, row in rows_in(reply):
                    assert SECRET not in canonical(row), (name, reply)
                    allowed = self.allowed[name][stream][row["id"]]
                    assert (canonical(row), not is_live(reply)) in allowed, (name, reply, allowed)


def is_live(reply: Reply) -> bool:
    """Whether a frame tells of a change, and answers nothing."""
    return "cause" in reply.meta or (reply.event.partition("#")[0].endswith(".list") and "seq" in reply.meta)


def rows_in(reply: Reply) -> list[tuple[str, dict[str, Any]]]:
    """The rows of a frame, each with its stream."""
    stream, _, verb = reply.event.partition("#")[0].rpartition(".")
    if reply.event == "error" or verb in ("delete", "resync", "close"):
        return []
    if "rows" in reply.data:
        return [(stream, row) for row in reply.data["rows"]]
    row = shown(reply.data)
    return [(stream, row)] if verb == "retrieve" or (verb == "subscribe" and len(row) > 1) else []


def compare(receiver: Receiver, kept: Kept, seen: dict[Any, str]) -> None:
    """What a receiver has kept is what the database has; ``seen`` is all that its user sees of the stream."""
    have = {key: canonical(row) for key, row in kept.rows.items()}
    if not kept.is_list:
        expected = {key: seen[key] for key in kept.first & seen.keys() - kept.ended}
        assert have == expected, (receiver.name, kept, expected)
        return
    answer = asked(receiver.user, f"{kept.stream}.{'search' if kept.verb == 'search' else 'list'}", {
        key: value for key, value in kept.data.items() if key in ("filters", "order", "query", "page")
        or (key == "limit" and kept.verb == "search")
    })  # fmt: skip
    rows = {row["id"]: canonical(row) for row in (answer["rows"] if answer is not None else ())}
    if kept.verb == "subscribe" and kept.data.get("limit"):
        rows = dict(list(rows.items())[: kept.data["limit"]])
    if kept.is_open:
        rows = {key: row for key, row in rows.items() if key in have}
    assert have == rows, (receiver.name, kept, rows)


class Exact(Machine):
    """Each rule is told in full before the next begins, so that every frame is judged by the one state there was."""

    @invariant()
    def settled(self) -> None:
        if self.receivers:
            self.settle()


class Hasty(Machine):
    """Rules run into each other; now and then all settles."""

    @rule()
    def settled(self) -> None:
        self.settle()

    @rule(name=who, number=small)
    def read_some_and_leave(self, name: str, number: int) -> None:
        """A connection that is lost amid what it is told."""
        self.run(self.receivers[name].read(number))
        self.disconnect(name)

    @rule(changes=st.lists(a_write, min_size=2, max_size=5), a=small, b=small)
    def many_writes(self, changes: list[writes.Write], a: int, b: int) -> None:
        """Commits on another thread, while the hub delivers."""

        def work() -> None:
            for number, change in enumerate(changes):
                with transaction.atomic():  # so that there are no states but those that are remembered
                    change(self.text(), a + number, b)
                self.remember()

        self.run(sync_to_async(work)())


@pytest.mark.parametrize("machine, examples, steps", [(Exact, 20, 40), (Hasty, 24, 50)])
def test_model(machine: type[Machine], examples: int, steps: int, settings: Any) -> None:
    settings.BINDING_SCHEMA = {"MAX_REQUESTS_PER_SECOND": None, "LIVE_DEBOUNCE": 0.01}
    run_state_machine_as_test(machine, settings=configured(examples, steps))


def configured(examples: int, steps: int) -> Any:
    return settings(profile, max_examples=examples, stateful_step_count=steps)
