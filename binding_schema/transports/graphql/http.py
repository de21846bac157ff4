"""GraphQL over HTTP: ``path("graphql/", GraphQLView.as_view(schema=schema))``, under ASGI and WSGI."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from cross_web import HTTPException
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from graphql import GraphQLError
from strawberry.django.views import AsyncGraphQLView
from strawberry.http import GraphQLRequestData

from ...conf import settings
from ...errors import BindingError, InvalidFrame, NotFound, TooLarge
from ...resolve.authentication import Client
from ..handshake import of_request
from ..rest import Exchange, explained
from .door import GraphQLContext, graphql_error

#: Seconds for which a persisted query is kept after its last use.
PERSISTED = 24 * 3600


@method_decorator(
    csrf_exempt, name="dispatch"
)  # checked by us, for clients whose credentials a browser sends by itself
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class GraphQLView(AsyncGraphQLView[GraphQLContext, None]):
    """POST an operation, or GET a query. The checks of the flat protocol come first: who asks, CSRF, rates, sizes.

    ``graphql_ide``: GraphiQL for browsers, by default where DEBUG is on. ``multipart_uploads_enabled`` is off by default.
    """

    def __init__(self, schema: Any, graphql_ide: Any = "graphiql", **options: Any) -> None:
        options.setdefault("subscription_protocols", ())
        super().__init__(schema=schema, graphql_ide=graphql_ide if django_settings.DEBUG else None, **options)

    async def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        exchange = Exchange(request, Client(of_request(request)))
        try:
            if self._wants_page(request):
                return render(request, "binding_schema/graphiql.html")
            await exchange.enter()
            if len(request.body) > settings().MAX_FRAME_BYTES:
                raise TooLarge(f"A body may have {settings().MAX_FRAME_BYTES} bytes at most.")
            request._binding_schema_context = GraphQLContext(exchange.client, request)  # type: ignore[attr-defined]
            response = await self.run(request=request)
        except HTTPException as error:
            response = failed(InvalidFrame(error.reason), error.status_code)
        except Exception as error:  # noqa: BLE001 - what is not foreseen is logged under an incident, as everywhere
            response = failed(explained(error, request))
        patch_vary_headers(response, ("Cookie", "Authorization"))
        response["Cache-Control"] = "private, no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response

    def _wants_page(self, request: HttpRequest) -> bool:
        return bool(
            self.graphql_ide
            and request.method == "GET"
            and "query" not in request.GET
            and "html" in request.headers.get("Accept", "")
        )

    async def get_context(self, request: HttpRequest, response: Any) -> GraphQLContext:
        context: GraphQLContext = request._binding_schema_context  # type: ignore[attr-defined]
        context.response = response
        return context

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data, default=str, option=orjson.OPT_NON_STR_KEYS)

    async def execute_single(self, **options: Any) -> Any:  # type: ignore[override]
        options["request_data"] = await persisted(options["request_data"])
        return await super().execute_single(**options)


async def persisted(data: GraphQLRequestData) -> GraphQLRequestData:
    """Automatic persisted queries: a client sends a query's hash, and the query itself only if it is not known yet.

    Raises NotFound (``PersistedQueryNotFound``, as clients expect it) and InvalidFrame for a hash that is another query's.
    """
    wanted: Any = (data.extensions or {}).get("persistedQuery")
    if not isinstance(wanted, Mapping) or not settings().GRAPHQL_PERSISTED_QUERIES:
        return data
    digest = wanted.get("sha256Hash")
    if not isinstance(digest, str) or len(digest) != 64:
        raise InvalidFrame("`persistedQuery` needs the query's `sha256Hash`.")
    key = f"binding_schema.persisted.{digest}"
    if data.query is None:
        data.query = await cache.aget(key)
        if data.query is None:
            raise NotFound("PersistedQueryNotFound")
        await cache.atouch(key, PERSISTED)
    elif hashlib.sha256(data.query.encode()).hexdigest() != digest.lower():
        raise InvalidFrame("`sha256Hash` is not the hash of the query.")
    else:
        await cache.aset(key, data.query, PERSISTED)
    return data


def failed(error: BindingError, status: int | None = None) -> HttpResponse:
    """A request that did not get as far as an operation, as GraphQL's own errors."""
    shown: GraphQLError = graphql_error(error)
    if error.message == "PersistedQueryNotFound":
        shown.extensions = {"code": "PERSISTED_QUERY_NOT_FOUND"}
        status = 200
    body = orjson.dumps({"errors": [shown.formatted]})
    return HttpResponse(body, status=status or error.status, content_type="application/json")
