"""A client that keeps what it is told, as docs/protocol.md says a client may: the newest frame of each object is its state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from binding_schema.consumers import AsyncConsumer
from binding_schema.testing import Reply, WebSocketClient

Row = dict[str, Any]
application = AsyncConsumer.as_asgi()


@dataclass
class Kept:
    """What one subscription, or one request with a hash, has left with the client."""

    stream: str
    hash: str
    verb: str
    data: dict[str, Any]
    rows: dict[Any, Row] = field(default_factory=dict)
    #: Objects that the server said are gone: their interest is over.
    ended: set[Any] = field(default_factory=set)
    #: The resume point that came last.
    since: str = ""
    #: The objects that were there at first: where they are no list, nothing else is followed.
    first: frozenset[Any] = frozenset()

    @property
    def is_list(self) -> bool:
        return self.verb in ("list", "search") or (self.verb == "subscribe" and "id" not in self.data)

    @property
    def is_open(self) -> bool:
        """Subscribed to without a snapshot: what is told from then on is all that it holds."""
        return self.verb == "subscribe" and self.is_list and not self.data.get("snapshot")

    def answered(self, data: dict[str, Any]) -> None:
        if "rows" in data:
            self.rows = {row["id"]: row for row in data["rows"]}
        elif not self.is_list and "id" in data and len(data) > 2:
            self.rows = {data["id"]: shown(data)}
        self.first = frozenset(self.rows)

    def told(self, reply: Reply) -> None:
        verb = reply.event.partition("#")[0].rpartition(".")[2]
        if verb == "retrieve":
            self.rows[reply.data["id"]] = reply.data
            self.ended.discard(reply.data["id"])
        elif verb == "delete":
            self.rows.pop(reply.data["id"], None)
            self.ended.add(reply.data["id"])
        elif verb == "list":
            self.rows = {row["id"]: row for row in reply.data["rows"]}
        else:
            assert verb == "resync", reply


def shown(data: dict[str, Any]) -> Row:
    """The object in an answer, which a subscription's says something beside."""
    return {key: value for key, value in data.items() if key != "success"}


@dataclass
class Receiver:
    """One user's connection, and what it keeps. ``seen`` are the live frames, and the rows of answers, not yet judged."""

    name: str
    user: Any
    client: WebSocketClient | None = None
    kept: dict[tuple[str, str], Kept] = field(default_factory=dict)
    seen: list[Reply] = field(default_factory=list)

    async def connect(self) -> None:
        self.client = await WebSocketClient(application, self.user, timeout=20).__aenter__()
        await self.ask("auth.User.unsubscribe#none", {})  # answered once the handshake is done

    async def leave(self) -> None:
        client, self.client = self.client, None
        if client is not None:
            await client.__aexit__()

    @property
    def is_open(self) -> bool:
        return self.client is not None and self.client.closed is None

    async def ask(self, event: str, data: dict[str, Any], **meta: Any) -> Reply:
        """Send a frame and wait for its answer; what comes before it is told."""
        client = self.client
        assert client is not None
        verb = event.partition("#")[0].rpartition(".")[2]
        await client.send_frame({"event": event, "data": data, "meta": meta})
        while True:
            try:
                reply = await client.receive()
            except ConnectionError:  # a user who is not active any more
                return Reply("error", {"code": "closed"})
            if reply.event == "error" and reply.data.get("event") == event:
                return reply
            if reply.event == event and "cause" not in reply.meta and (verb == "subscribe" or "seq" not in reply.meta):
                self.seen.append(reply)
                return reply
            self._told(reply)

    async def follow(self, stream: str, hash: str, verb: str, data: dict[str, Any]) -> Reply:
        """A request that leaves something with the client."""
        kept = Kept(stream, hash, verb, data)
        reply = await self.ask(f"{stream}.{verb}#{hash}", data)
        if reply.event != "error":
            kept.answered(reply.data)
            kept.since = reply.meta.get("seq", "")
            self.kept[(stream, hash)] = kept
        return reply

    async def resume(self) -> None:
        """Connect again, and take up the subscriptions where they were; what other requests left is given up."""
        await self.connect()
        before, self.kept = self.kept, {}
        for (stream, hash), kept in before.items():
            if kept.verb != "subscribe" or kept.ended or kept.is_open:
                continue
            data = {**kept.data, "since": kept.since}
            if kept.is_list:
                data["have"] = list(kept.rows)
                data.pop("snapshot", None)
            self.kept[(stream, hash)] = kept
            reply = await self.ask(f"{stream}.subscribe#{hash}", data)
            if reply.event == "error":
                del self.kept[(stream, hash)]
            else:
                kept.since = reply.meta["seq"]

    async def settle(self) -> None:
        """Take in all that was told so far."""
        for reply in await self.client.settled() if self.client is not None else ():
            self._told(reply)

    async def read(self, number: int) -> None:
        """Take in so many of the frames that came, and no more."""
        client = self.client
        while client is not None and client.closed is None and number > 0 and not client._outward.empty():
            number -= 1
            try:
                self._told(await client.receive())
            except ConnectionError:
                return

    def take(self) -> list[Reply]:
        """What came and was not looked at yet."""
        seen, self.seen = self.seen, []
        return seen

    def _told(self, reply: Reply) -> None:
        self.seen.append(reply)
        name, _, hash = reply.event.partition("#")
        kept = self.kept.get((name.rpartition(".")[0], hash))
        if kept is not None:
            kept.told(reply)
            kept.since = reply.meta.get("seq", kept.since)
