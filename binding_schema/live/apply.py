"""On the event loop: findings become frames, for each interest by what its receiver holds."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import InterfaceError, OperationalError

from ..compile.ir import Stream
from ..conf import settings
from ..resolve import threads
from . import deliver, windows
from .batch import Batch, Changed, join
from .deliver import Findings, Job
from .events import tell
from .frames import event, frame, key_data
from .interest import Interest, Recheck
from .leaving import Leaving
from .log import encode_key
from .recovery import resynced
from .session import Session
from .windows import Window, WindowJob

if TYPE_CHECKING:
    from .hub import Hub

logger = logging.getLogger("binding_schema")

#: Changed objects that are looked up and told before it is others' turn. At 10 kB each a connection's queue holds three times
#: as much.
AT_ONCE = 100
Outcomes = dict[tuple[Session, str, Any], str]


class Applier:
    """Tells a hub's receivers. ``due`` is when lists are to be asked again, None while there are none."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.due: float | None = None
        self._dirty: dict[Interest, dict[Any, Changed]] = {}
        self._tasks: set[asyncio.Future[None]] = set()
        self.leaving = Leaving(hub, self._begin)

    @property
    def is_busy(self) -> bool:
        """Whether lists wait to be asked, or a snapshot or an event is on its way."""
        return self.due is not None or bool(self._tasks)

    def hurry(self) -> None:
        if self.due is not None:
            self.due = 0.0

    # Rounds -----------------------------------------------------------------------------------------------------------

    async def deliver(self, batch: Batch) -> None:
        """Raises for a database that fails, so that the round is tried again."""
        await self._rights(batch)
        for key in batch.everything:
            for interest in self.hub.register.of_stream(self.hub.door.schema.by_key[key]):
                if interest.is_open:  # what enters it cannot be found among what it holds
                    self.recover(interest.session, "too_many")
                else:
                    self.hub.recheck(interest, whole="u")
        for key, changed in batch.changed.items():
            stream = self.hub.door.schema.by_key[key]
            await self.stream(stream, changed, self.hub.register.concerned(stream, changed))
        for detail in batch.events:
            await tell(self.hub, detail)

    async def recheck(self, rechecks: Mapping[Interest, Recheck]) -> None:
        """Look keys up for some interests alone."""
        by_stream: dict[str, list[Interest]] = {}
        for interest in rechecks:
            by_stream.setdefault(interest.stream.key, []).append(interest)
        for key, interests in by_stream.items():
            stream, direct = self.hub.door.schema.by_key[key], []
            changed: dict[Any, Changed] = {}
            for interest in interests:
                wanted = rechecks[interest]
                changes = {item: Changed(wanted.whole) for item in interest.held} if wanted.whole else {}
                join(changes, wanted.changed)
                if wanted.whole and interest.query is not None and not interest.is_open:
                    self._mark(interest, changes)
                else:
                    direct.append(interest)
                    join(changed, changes)
            if changed:
                await self.stream(stream, changed, direct)

    async def stream(self, stream: Stream, changed: Mapping[Any, Changed], interests: Iterable[Interest]) -> None:
        """Tell some interests of changed objects of their stream."""
        # In parts, so that connections can send what they were told before they are told more, and the loop does other things.
        every, keys = list(interests), list(changed)
        for start in range(0, len(keys), AT_ONCE):
            part = {key: changed[key] for key in keys[start : start + AT_ONCE]}
            await self._part(stream, part, every, is_last=start + AT_ONCE >= len(keys))

    async def _part(
        self, stream: Stream, changed: Mapping[Any, Changed], interests: Iterable[Interest], *, is_last: bool
    ) -> None:
        direct: list[Interest] = []
        for interest in interests:
            if not interest.is_active or (interest.query is None and interest.held.isdisjoint(changed)):
                continue
            if interest.is_window:
                self._mark(interest, changed)
            else:
                direct.append(interest)
        if not direct:
            return
        sessions = list(dict.fromkeys(interest.session for interest in direct))
        queries = list(dict.fromkeys(interest.query for interest in direct if interest.query is not None))
        job = Job(self.hub.door.planner, stream, list(changed), sessions, queries)
        found = await self._ran(partial(deliver.run, job), stream, sessions)
        if found is not None:
            self.leaving.expel(found.gone)
            self._tell(stream, changed, direct, found, is_last=is_last)

    async def _ran(self, work: Any, stream: Stream, sessions: Iterable[Session]) -> Any:
        """A worker's findings. A failing database is for the hub to wait for; any other failure, of a hook or a computed
        field, becomes a resync, so that it is not silent and holds up nobody else."""
        try:
            return await threads.run(work)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("Live frames of %s failed; its receivers are sent a snapshot instead.", stream.name)
            for session in sessions:
                self.recover(session, "failed")
            return None

    def _begin(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work, loop=self.hub.loop)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _rights(self, batch: Batch) -> None:
        """The connections of users who changed are ended if that is due; what the others hold is looked up."""
        await self.leaving.judge(batch.users, batch.logouts)
        for key in batch.rights:
            streams = [self.hub.door.schema.by_key[key]] if key else self.hub.door.schema.streams.values()
            for interest in (item for stream in streams for item in self.hub.register.of_stream(stream)):
                user = interest.session.user_key
                whole = batch.sight(interest.stream.key, encode_key(user)) if user is not None else ""
                if whole:
                    self.hub.recheck(interest, whole=whole)

    # Objects, and lists that Python decides -------------------------------------------------------------------------------

    def _tell(
        self,
        stream: Stream,
        changed: Mapping[Any, Changed],
        interests: list[Interest],
        found: Findings,
        *,
        is_last: bool,
    ) -> None:
        """``is_last``: nothing more of this round is to be told of the stream."""
        outcomes = self._outcomes(changed, interests, found)
        texts: dict[Any, bytes] = {}
        last = {(session, hash): key for (session, hash, key), cause in outcomes.items() if cause} if is_last else {}
        owed = self._owed()
        for (session, hash, key), cause in outcomes.items():
            if not cause:
                continue
            is_point = last.get((session, hash)) == key and (session, stream.key, hash) not in owed
            seq = self._point(session, stream) if is_point else ""
            if cause in ("leave", "delete"):
                self.gone(session, stream, hash, key, cause, changed[key].ref(session.id), seq)
                continue
            body = found.standings[session].body(key)
            ref = changed[key].ref(session.id) if changed[key].origins else ""
            text = texts.get((hash, id(body), cause, ref, seq))
            if text is None:
                text = frame(event(stream, "retrieve", hash), body, seq=seq, cause=cause, ref=ref)
                texts[(hash, id(body), cause, ref, seq)] = text
            session.push((stream.key, hash, key), text, ref)

    def _outcomes(self, changed: Mapping[Any, Changed], interests: list[Interest], found: Findings) -> Outcomes:
        """What each receiver is told of each object, under each hash: the cause, or nothing if it has it as it is."""
        outcomes: Outcomes = {}
        for interest in interests:
            if not interest.is_active:
                continue
            standing = found.standings.get(interest.session)
            query, held = interest.query, interest.held
            keys = changed if query is not None else [key for key in changed if key in held]
            for key in keys:
                inside = standing is not None and standing.sees(key) and (
                    query is None or found.matches.get((query, key), False)
                )  # fmt: skip
                place = (interest.session, interest.hash, key)
                if inside and changed[key].op == "v" and key in held:
                    outcomes[place] = ""
                elif inside:
                    cause = self._entered(interest, key, changed[key])
                    if outcomes.get(place, "") in ("", "leave", "delete", "update"):
                        outcomes[place] = cause
                elif key in held:
                    self._lost(interest, key)
                    outcomes.setdefault(place, "delete" if changed[key].op == "d" else "leave")
        return outcomes

    # A resume point says that all before it was told. So it stands on the last frame of what is told at once, and on none
    # while something of an earlier moment is still to come.

    def _owed(self) -> set[tuple[Session, str, str]]:
        """The receivers, with stream and hash, for whom something is still to be looked up."""
        return {(item.session, *item.channel) for item in (*self._dirty, *self.hub.rechecked())}

    def _point(self, session: Session, stream: Stream) -> str:
        return "" if session.defers else self.hub.seq_of(stream)

    def _entered(self, interest: Interest, key: Any, change: Changed) -> str:
        if interest.query is None or key in interest.held:
            return "create" if change.op == "c" and interest.query is None else "update"
        interest.held.add(key)
        count = len(interest.held)
        interest.full = count >= interest.query.limit
        if count > interest.query.limit:
            if interest.is_open:
                self.recover(interest.session, "too_many")
            else:
                self._mark(interest, {})
        return "create" if change.op == "c" else "enter"

    def _lost(self, interest: Interest, key: Any) -> None:
        self.hub.register.lose(interest, key)
        if interest.query is None and not interest.held:
            self.hub.drop(interest)

    def gone(
        self, session: Session, stream: Stream, hash: str, key: Any, cause: str, ref: str = "", seq: str = ""
    ) -> None:
        """Tell that an object left, unless another interest of the same name still holds it."""
        if any(item.channel == (stream.key, hash) and key in item.held for item in session.interests.values()):
            return
        text = frame(event(stream, "delete", hash), key_data(stream, key), seq=seq, cause=cause, ref=ref)
        session.push((stream.key, hash, key), text, ref)

    # Lists that are asked again -----------------------------------------------------------------------------------------

    def _mark(self, interest: Interest, changed: Mapping[Any, Changed]) -> None:
        join(self._dirty.setdefault(interest, {}), changed)
        if self.due is None:
            self.due = time.monotonic() + settings().LIVE_DEBOUNCE

    def forget(self, interest: Interest) -> None:
        self._dirty.pop(interest, None)

    async def flush_windows(self) -> None:
        if self.due is None or time.monotonic() < self.due:
            return
        dirty, self._dirty, self.due = self._dirty, {}, None
        by_stream: dict[str, dict[Interest, dict[Any, Changed]]] = {}
        for interest, changed in dirty.items():
            if interest.is_active:
                by_stream.setdefault(interest.stream.key, {})[interest] = changed
        try:
            while by_stream:
                key, interests = next(iter(by_stream.items()))
                await self._ask(self.hub.door.schema.by_key[key], interests)
                del by_stream[key]
        finally:
            for interests in by_stream.values():  # the database failed: they are still to be asked
                for interest, changed in interests.items():
                    self._mark(interest, changed)

    async def _ask(self, stream: Stream, interests: dict[Interest, dict[Any, Changed]]) -> None:
        job = WindowJob(self.hub.door.planner, stream, {item: set(changed) for item, changed in interests.items()})
        sessions = {interest.session for interest in interests}
        found = await self._ran(partial(windows.run, job), stream, sessions)
        if found is None:
            return
        self.leaving.expel(found.gone)
        owed = Counter((item.session, *item.channel) for item in interests)
        owed.update(self._owed())
        for interest, changed in interests.items():
            place = (interest.session, *interest.channel)
            owed[place] -= 1
            if interest.is_active and interest in found.windows:
                self.compare(interest, found.windows[interest], changed, is_owed=owed[place] > 0)

    def compare(
        self, interest: Interest, window: Window | None, changed: Mapping[Any, Changed], *, is_owed: bool
    ) -> None:
        """Tell what came into a list, what left it, and what changed in it. No window: the receiver may not ask any more."""
        session, stream, hash = interest.session, interest.stream, interest.hash
        before = interest.held
        now = set(window.keys) if window is not None else set()
        interest.held = now
        if interest.query is not None:
            interest.full = len(now) >= interest.query.limit
        told = [key for key in window.keys if _is_told(key, before, changed, window)] if window is not None else []
        left = list(before - now)
        last = (told or left or [None])[-1]
        for key in left:
            change = changed.get(key)
            cause = "delete" if change is not None and change.op == "d" else "leave"
            seq = self._point(session, stream) if key == last and not is_owed else ""
            self.gone(session, stream, hash, key, cause, change.ref(session.id) if change is not None else "", seq)
        if window is None:
            self.hub.drop(interest)
            return
        for key in told:
            change = changed.get(key)
            seq = self._point(session, stream) if key == last and not is_owed else ""
            ref = change.ref(session.id) if change is not None else ""
            new = "create" if change is not None and change.op == "c" else "enter"
            cause = "update" if key in before else new
            text = frame(event(stream, "retrieve", hash), window.rows.body(key), seq=seq, cause=cause, ref=ref)
            session.push((stream.key, hash, key), text, ref)

    # Snapshots ------------------------------------------------------------------------------------------------------------

    def recover(self, session: Session, reason: str = "overflow") -> None:
        """Send a connection ``resync`` and a snapshot for each of its interests, once it has taken what it was sent."""
        is_recovering = session.behind is not None
        session.fall_behind(reason)
        if not is_recovering:
            self._begin(resynced(self.hub, session))

    def tell_now(self, detail: dict[str, Any]) -> None:
        """An event that does not go through the log."""
        self._begin(tell(self.hub, detail))


def _is_told(key: Any, before: set[Any], changed: Mapping[Any, Changed], window: Window) -> bool:
    """Whether a row of a list is to be sent: it is new in it, or it changed itself."""
    change = changed.get(key)
    return (key not in before or (change is not None and change.op != "v")) and window.rows.sees(key)
