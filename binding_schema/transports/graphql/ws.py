"""GraphQL over WebSocket: ``path("graphql/", GraphQLConsumer.as_asgi(schema=schema))``, by ``graphql-transport-ws``."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import orjson
from strawberry.channels import GraphQLWSConsumer
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler

from ...conf import settings
from ...errors import CLOSE_POLICY, BindingError, TooLarge, Unauthenticated
from ...resolve import threads
from ...resolve.authentication import Client, bearer
from ..handshake import of_scope, origin_allowed
from ..limits import Bucket
from .door import GraphQLContext, graphql_error


class Handler(BaseGraphQLTransportWSHandler[GraphQLContext, None]):
    """strawberry's handler of the protocol, with the flat protocol's checks of who asks."""

    async def handle_connection_init(self, message: Any) -> None:
        """The credentials are the handshake's, or ``{"authorization": "Bearer ..."}`` in the payload."""
        payload = message.get("payload") or {}
        sent = payload.get("authorization", payload.get("Authorization")) if isinstance(payload, dict) else None
        context: Any = self.context
        if isinstance(sent, str):
            context.client = Client(replace(of_scope(context.request), token=bearer(sent)))
        try:
            user = await threads.run(lambda: context.client.user)
        except Unauthenticated:
            user = None
        if user is None or not (user.is_authenticated or settings().ANONYMOUS_CONNECTION_ALLOWED):
            await self.websocket.close(code=4401, reason="Unauthorized")
            return
        await super().handle_connection_init(message)

    async def handle_subscribe(self, message: Any) -> None:
        try:
            self.view.bucket.take()  # type: ignore[attr-defined]
        except BindingError as error:
            await self.send_message({"id": message["id"], "type": "error", "payload": [graphql_error(error).formatted]})
            return
        await super().handle_subscribe(message)


class GraphQLConsumer(GraphQLWSConsumer[GraphQLContext, None]):
    """One connection. The legacy protocol ``graphql-ws`` is refused (4406)."""

    graphql_transport_ws_handler_class = Handler

    def __init__(self, schema: Any, **options: Any) -> None:
        options.setdefault("max_subscriptions_per_connection", settings().GRAPHQL_MAX_SUBSCRIPTIONS)
        options.setdefault("connection_init_wait_timeout", dt.timedelta(seconds=settings().HANDSHAKE_TIMEOUT))
        super().__init__(
            schema, subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,), allowed_origins=("*",), **options
        )
        self.bucket = Bucket()

    async def connect(self) -> None:
        # strawberry's own check compares hosts; ours is that of the flat protocol, and tells a browser why.
        if not origin_allowed(of_scope(self.scope)):
            await self.accept()
            await self.close(code=CLOSE_POLICY)
            return
        await super().connect()

    async def get_context(self, request: Any, response: Any) -> GraphQLContext:
        return GraphQLContext(Client(of_scope(self.scope)), self.scope)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if text_data is not None and len(text_data) > settings().MAX_FRAME_BYTES:
            await self._too_large(text_data)
            return
        await super().receive(text_data, bytes_data)

    async def _too_large(self, text: str) -> None:
        """An operation that is too large is refused, and the connection lives on."""
        try:
            identity = orjson.loads(text).get("id")
        except (ValueError, AttributeError):
            identity = None
        if not isinstance(identity, str):
            await self.close(code=4400)
            return
        error = graphql_error(TooLarge(f"A message may have {settings().MAX_FRAME_BYTES} bytes at most."))
        await self.send(orjson.dumps({"id": identity, "type": "error", "payload": [error.formatted]}).decode())

    async def disconnect(self, code: int) -> None:
        if self.run_task is not None:  # none where the handshake was refused
            await super().disconnect(code)

    def encode_json(self, data: object) -> str:
        return orjson.dumps(data, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
