"""From GraphQL's resolvers to ``dispatch``: who asks, and what an error is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest
from graphql import GraphQLError

from ...declare.context import Context, Principal
from ...errors import BindingError
from ...resolve.authentication import Client
from ...resolve.dispatch import Dispatcher, dispatcher
from ...types import Request, Result, Selection
from ..handshake import of_request


@dataclass
class GraphQLContext:
    """``info.context`` of our own transports. ``client`` says who asks; ``request`` is the HttpRequest or the ASGI scope.

    It can be read as a mapping too, as strawberry's own contexts can: ``info.context["request"]``.
    """

    client: Principal
    request: Any
    response: Any = None
    transport: str = "graphql"
    connection_params: Any = None

    @property
    def user(self) -> Any:
        """The user; read it on a worker thread, since it may ask the database."""
        return self.client.user

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def get(self, name: str, default: Any = None) -> Any:
        return getattr(self, name, default)


def context_of(info: Any) -> GraphQLContext:
    """Our context, or one made from the request in a context of another view's: theirs may hold our types as well."""
    found = info.context
    if isinstance(found, GraphQLContext):
        return found
    request = found.get("request") if isinstance(found, Mapping) else getattr(found, "request", None)
    if not isinstance(request, HttpRequest):
        raise GraphQLError("The context has no request to tell the user from.", extensions={"code": "internal"})
    known: Any = getattr(request, "_binding_schema_context", None)
    if known is None:
        known = GraphQLContext(Client(of_request(request)), request)
        request._binding_schema_context = known  # type: ignore[attr-defined]
    return known  # type: ignore[no-any-return]


async def ask(info: Any, stream: str, verb: str, data: dict[str, Any], selection: Selection | None = None) -> Result:
    """Dispatch a request on behalf of an operation. Raises GraphQLError."""
    context = context_of(info)
    ctx = Context(context.client, transport=context.transport, request=context.request)
    request = Request(stream, verb, "", data, {}, selection)
    try:
        if isinstance(context.request, HttpRequest) and not isinstance(context.request, ASGIRequest):
            return await sync_to_async(door().dispatch_sync, thread_sensitive=True)(ctx, request)
        return await door().dispatch(ctx, request)
    except BindingError as error:
        raise graphql_error(error) from None


def door() -> Dispatcher:
    return dispatcher()


def graphql_error(error: BindingError) -> GraphQLError:
    """The error with its code in ``extensions.code``, as clients of the flat protocol know it."""
    extensions: dict[str, Any] = {"code": error.code, **error.extra}
    if error.errors:
        extensions["errors"] = error.errors
    return GraphQLError(error.message, extensions=extensions)
