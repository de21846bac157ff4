"""One connection's part of the live engine: its interests, and the frames on their way to it."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ..compile.ir import Stream
from ..conf import settings
from ..declare.context import Context, Principal
from ..errors import RateLimited
from ..resolve.authentication import Fixed
from .interest import Interest
from .metrics import metrics
from .outbox import Outbox

logger = logging.getLogger("binding_schema")
#: Frames are taken by the transport, which may wait for a slow reader.
Send = Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True, eq=False)
class Gap:
    """Something that an interest was not told, and why. Each is one of its own: a later one is not filled with an earlier."""

    reason: str


class Session:
    """All but ``context`` is for the event loop only.

    ``user`` is the one of the handshake, or as last read; ``user_key`` its key in the user table, None where there is none.
    ``on_event(reach, event, data)`` is for consumers other than frames; ``recover`` is set by the hub.
    """

    __slots__ = (
        "__weakref__",
        "_deferred",
        "_holding",
        "_outbox",
        "_send",
        "_waiting",
        "_writer",
        "behind",
        "closed",
        "end",
        "id",
        "interests",
        "lagging",
        "principal",
        "recover",
        "request",
        "transport",
        "user",
        "user_key",
    )  # fmt: skip

    def __init__(
        self,
        principal: Principal,
        user: Any,
        transport: str,
        request: Any,
        send: Send,
        end: Callable[[], Awaitable[None]],
    ) -> None:
        self.id = uuid.uuid4().hex[:16]
        self.principal = principal
        self.transport = transport
        self.request = request
        self.interests: dict[Any, Interest] = {}
        self.closed = False
        #: Past its queue's bound: it is sent nothing until what is on its way has gone.
        self.lagging = False
        #: The interests that are owed a snapshot, each for a reason; None while there are none.
        self.behind: dict[Interest, Gap] | None = None
        self.end = end
        self.recover: Callable[[Session, str], None] | None = None
        self._send = send
        self._outbox: Outbox | None = None
        self._writer: asyncio.Task[None] | None = None
        self._waiting: dict[str, int] | None = None
        #: Frames that follow a request's answer: by object, with the request's event; or all that are held.
        self._deferred: dict[Any, tuple[str, bytes]] | None = None
        self._holding: set[str] | None = None
        self.note_user(user)

    def note_user(self, user: Any) -> None:
        self.user = user
        self.user_key = user.pk if user is not None and user.is_authenticated and hasattr(user, "_meta") else None

    def context(self, stream: Stream, user: Any, verb: str = "retrieve") -> Context:
        """The context of a read on the receiver's behalf, as ``user``, who was read anew."""
        return Context(
            Fixed(user), stream.name, verb, is_read=True, transport=self.transport, model=stream.model,
            request=self.request, connection=self.id,
        )  # fmt: skip

    @property
    def is_quiet(self) -> bool:
        """Whether nothing waits to be sent."""
        return self.closed or (self._writer is None and not self.lagging and not self.behind)

    # Interests ----------------------------------------------------------------------------------------------------------

    def admit(self, slot: Any, explicit: bool) -> list[Interest]:
        """The interests that a new one in ``slot`` puts an end to. Raises RateLimited for one explicit interest too many."""
        known = self.interests.get(slot)
        ended = [known] if known is not None else []
        same = [item for item in self.interests.values() if item.explicit is explicit and item is not known]
        if explicit and len(same) >= settings().MAX_INTERESTS:
            raise RateLimited(f"At most {settings().MAX_INTERESTS} subscriptions for one connection.", retry_after=1)
        if not explicit:
            surplus = len(same) - settings().MAX_AUTO_INTERESTS + 1
            ended += same[:surplus] if surplus > 0 else []
        return ended

    # Frames -------------------------------------------------------------------------------------------------------------

    def push(self, key: Any, frame: bytes, ref: str = "") -> None:
        """Queue a live frame. One that a request of this connection caused follows the request's own answer."""
        if self.closed or self.lagging:
            return
        older = self._deferred.get(key) if self._deferred is not None else None
        if ref and self._waiting and ref in self._waiting:
            self._defer(key, ref, frame)
        elif older is not None:  # a newer frame on an object takes its turn, for the older one must not follow it
            self._defer(key, older[0], frame)
        elif self._holding:
            self._defer(key, "", frame)
        else:
            self._queue(key, frame)

    def _defer(self, key: Any, ref: str, frame: bytes) -> None:
        if self._deferred is None:
            self._deferred = {}
        self._deferred[key] = (ref, frame)

    def _queue(self, key: Any, frame: bytes, *, always: bool = False) -> None:
        if self._outbox is None:
            self._outbox = Outbox()
        metrics.frames += 1
        if self._outbox.put(key, frame, always=always):
            if self._writer is None:
                self._writer = asyncio.get_running_loop().create_task(self._write())
        else:
            metrics.overflows += 1
            self.lagging = True
            self._outbox.clear()
            if self.recover is not None:
                self.recover(self, "overflow")

    @property
    def defers(self) -> bool:
        """Whether frames are held back until their request's answer was sent: a later one may overtake them."""
        return self._deferred is not None

    def began(self, event: str) -> None:
        """A request is being answered."""
        if self._waiting is None:
            self._waiting = {}
        self._waiting[event] = self._waiting.get(event, 0) + 1

    def replied(self, event: str) -> None:
        """Its answer was sent: what it caused may follow."""
        if self._waiting is None:
            return
        count = self._waiting.get(event, 0) - 1
        if count > 0:
            self._waiting[event] = count
            return
        self._waiting.pop(event, None)
        if self._holding is not None:
            self._holding.discard(event)
        freed = {event} if self._holding else {event, ""}
        deferred = self._deferred or {}
        self._deferred = {key: item for key, item in deferred.items() if item[0] not in freed} or None
        for key, (ref, frame) in deferred.items():
            if ref in freed:
                self.push(key, frame)

    def hold(self, event: str) -> None:
        """The interest of a request that is being answered is told of changes from now on: after the answer, which is older,
        and which a transport that waits for its peer may not have sent yet."""
        if self._waiting and event in self._waiting:
            self._holding = {event, *(self._holding or ())}

    async def _write(self) -> None:
        """Send what waits, until nothing does. The transport's own waiting is what holds a slow reader's frames here."""
        assert self._outbox is not None
        try:
            while not self.closed:
                frame = self._outbox.take()
                if frame is None:
                    break
                await self._send(frame)
        except Exception as error:  # noqa: BLE001 - the peer is gone; the transport notices by itself
            logger.debug("A live frame could not be sent: %r", error)
            self.closed = True
        finally:
            self._writer = None

    def fall_behind(self, reason: str) -> None:
        """Every interest is owed a snapshot, and told nothing until then."""
        self.behind = {interest: Gap(reason) for interest in self.interests.values()}
        self._deferred = None

    async def drained(self) -> None:
        """Wait until nothing is on its way any more, or the connection is over."""
        while self._writer is not None and not self.closed:
            await asyncio.wait([self._writer])

    def urge(self, frames: Iterable[tuple[Any, bytes]]) -> None:
        """Queue a snapshot's frames: they are taken whatever their size, since they replace all that was given up."""
        for key, frame in frames if not self.closed else ():
            self._queue(key, frame, always=True)

    async def close(self) -> None:
        self.closed = True
        if self._writer is not None:
            self._writer.cancel()
