"""GraphQL over HTTP: ``path("graphql/", GraphQLView.as_view(schema=schema))``, under ASGI and WSGI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from cross_web import HTTPException
from django.conf import settings as django_settings
from django.core.handlers.asgi import ASGIRequest
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from graphql import GraphQLError
from strawberry.django.views import AsyncGraphQLView
from strawberry.exceptions import MissingQueryError
from strawberry.http import GraphQLRequestData
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, MULTIPART_SUBSCRIPTION_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from ...conf import settings
from ...errors import BindingError, InvalidFrame, TooLarge, Unsupported
from ...resolve.authentication import Client
from ..frame import parse
from ..handshake import of_request
from ..rest import Exchange, explained
from . import persisted
from .documents import kind_of
from .door import GraphQLContext, graphql_error
from .errors import STATUSES, coded, foreseen, formatted, is_request_error

#: What a client asks for that wants HTTP's status to tell of errors in its operation (the GraphQL over HTTP specification).
RESPONSE = "application/graphql-response+json"
NO_STREAM = (
    "A subscription needs a stream: a WebSocket with the subprotocol graphql-transport-ws, or under ASGI a request with "
    '"Accept: text/event-stream".'
)


# CSRF is checked by us, for clients whose credentials a browser sends by itself.
@method_decorator(csrf_exempt, name="dispatch")
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class GraphQLView(AsyncGraphQLView[GraphQLContext, None]):
    """POST an operation, or GET a query. The checks of the flat protocol come first: who asks, CSRF, rates, sizes.

    Subscriptions come as Server-Sent Events or multipart/mixed, by what the request accepts; they need ASGI.
    ``graphql_ide``: GraphiQL for browsers, by default where DEBUG is on; None is off. ``multipart_uploads_enabled``: by default
    no files are taken.
    """

    def __init__(self, schema: Any, graphql_ide: Any = "graphiql", **options: Any) -> None:
        options.setdefault("subscription_protocols", (GRAPHQL_SSE_PROTOCOL, MULTIPART_SUBSCRIPTION_PROTOCOL))
        super().__init__(schema=schema, graphql_ide=graphql_ide if django_settings.DEBUG else None, **options)

    async def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        try:
            response = render(request, PAGE) if self._wants_page(request) else await self._answer(request)
        except HTTPException as error:  # strawberry's own refusals
            response = failed(InvalidFrame(error.reason))
        except Exception as error:  # noqa: BLE001 - what is not foreseen is logged under an incident, as everywhere
            response = failed(foreseen(error) or explained(error, request))
        patch_vary_headers(response, ("Accept", "Cookie", "Authorization"))
        response["Cache-Control"] = "private, no-store"
        response["X-Content-Type-Options"] = "nosniff"
        if response.streaming:
            response["X-Accel-Buffering"] = "no"  # nginx would collect events before it passes them on
        return response

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        exchange = Exchange(request, Client(of_request(request)))
        await exchange.enter()
        if request.method not in ("GET", "POST"):
            raise Unsupported(f"{request.method} is not supported here, but GET and POST.", allowed=["GET", "POST"])
        is_upload = self.multipart_uploads_enabled and request.content_type == "multipart/form-data"
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not is_upload and length.isdigit() and int(length) > settings().MAX_FRAME_BYTES:
            raise TooLarge(f"A body may have {settings().MAX_FRAME_BYTES} bytes at most.")
        request._binding_schema_context = GraphQLContext(exchange.client, request)  # type: ignore[attr-defined]
        return await self.run(request=request)

    async def get_context(self, request: HttpRequest, response: Any) -> GraphQLContext:
        """``info.context``. A subclass may return one of its own, which has the ``request``."""
        context: GraphQLContext = request._binding_schema_context  # type: ignore[attr-defined]
        context.response = response
        return context

    def _wants_page(self, request: HttpRequest) -> bool:
        accepts = request.headers.get("Accept", "")
        return bool(self.graphql_ide) and request.method == "GET" and "query" not in request.GET and "html" in accepts

    def should_render_graphql_ide(self, request: Any) -> bool:
        return False  # strawberry's page comes from a CDN; ours was rendered before

    # What was sent ----------------------------------------------------------------------------------------------------

    def parse_json(self, data: str | bytes) -> Any:
        """A body, or a part of one that must be an object too. Raises InvalidFrame and TooLarge."""
        try:
            found = parse(data)
        except InvalidFrame:
            raise InvalidFrame("The request is not JSON, or holds a number beyond 64 bits.") from None
        if isinstance(found, list):
            raise InvalidFrame("Batches are not supported: send one operation a request.")
        if not isinstance(found, dict):
            raise InvalidFrame("The request must be a JSON object with `query`, and `variables` if there are any.")
        return found

    def parse_query_params(self, params: Any) -> dict[str, Any]:
        given = {name: value for name, value in params.items() if value not in ("", "null")}
        found: dict[str, Any] = super().parse_query_params(given)
        return found

    async def parse_multipart(self, request: Any) -> dict[str, str]:
        # The check of the CSRF token put an empty form in place of the body, which files make Django read.
        _ = request.request.FILES
        try:
            return await super().parse_multipart(request)
        except (AttributeError, LookupError, TypeError, ValueError):
            raise InvalidFrame("The form has no fitting `operations`, `map` and files.") from None

    async def parse_http_body(self, request: Any) -> GraphQLRequestData:
        data: Any = await super().parse_http_body(request)
        if not isinstance(data.operation_name, (str, type(None))):
            raise InvalidFrame("The operation's `operationName` must be a string or null, if provided.")
        if not isinstance(request.request, ASGIRequest):
            data.protocol = "http"  # under WSGI each stream would hold a thread of the server
        return data  # type: ignore[no-any-return]

    # What is answered -------------------------------------------------------------------------------------------------

    async def execute_operation(self, **options: Any) -> Any:  # type: ignore[override]
        data: GraphQLRequestData = options["request_data"]
        key = await persisted.find(data)
        if not data.query:
            raise MissingQueryError
        accepts = options["request_adapter"].headers.get("Accept", "")
        if "json" in accepts and kind_of(data.query, data.operation_name) != "subscription":
            data.protocol = "http"  # clients name all that they can read; a single answer is no stream
        result = await super().execute_operation(**options)
        if isinstance(result, ExecutionResult) and not is_request_error(result):
            await persisted.keep(key, data.query)
        return result

    async def execute_single(self, **options: Any) -> ExecutionResult:  # type: ignore[override]
        data: GraphQLRequestData = options["request_data"]
        method, sub_response = options["request_adapter"].method, options["sub_response"]
        allowed = {OperationType.QUERY} if method == "GET" else {OperationType.QUERY, OperationType.MUTATION}
        if method == "GET" and not self.allow_queries_via_get:
            raise Unsupported("Operations are sent by POST.", allowed=["POST"])
        try:
            result: ExecutionResult = await self.schema.execute(
                data.query, variable_values=data.variables, context_value=options["context"],
                root_value=options["root_value"], operation_name=data.operation_name, allowed_operation_types=allowed,
                operation_extensions=data.extensions,
            )  # fmt: skip
        except CannotGetOperationTypeError as error:
            result = ExecutionResult(None, [GraphQLError(str(error), original_error=error)])
        except InvalidOperationTypeError as error:
            if error.operation_type is OperationType.SUBSCRIPTION:
                raise Unsupported(NO_STREAM, allowed=[]) from None
            raise Unsupported("Mutations are sent by POST.", allowed=["POST"]) from None
        if RESPONSE in options["request_adapter"].headers.get("Accept", ""):
            sub_response["Content-Type"] = RESPONSE
            if is_request_error(result) and result.errors:
                code = (coded(result.errors[0]).extensions or {})["code"]
                sub_response.status_code = STATUSES.get(code, 400)
        return result

    async def process_result(self, request: HttpRequest, result: Any) -> Any:
        answer: dict[str, Any] = {}
        if result.errors:
            answer["errors"] = formatted(result.errors)
        if not is_request_error(result):
            answer["data"] = result.data
        if result.extensions:
            answer["extensions"] = result.extensions
        return answer

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data, default=str, option=orjson.OPT_NON_STR_KEYS)


PAGE = "binding_schema/graphiql.html"


def failed(error: BindingError) -> HttpResponse:
    """A request that did not get as far as an operation, as GraphQL's own errors."""
    status = 200 if persisted.is_told(error) else error.status
    response = HttpResponse(
        orjson.dumps({"errors": formatted([graphql_error(error)])}), status=status, content_type="application/json"
    )
    headers: Mapping[str, Any] = error.extra
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if "retry_after" in headers:
        response["Retry-After"] = str(int(headers["retry_after"]) + 1)
    if status == 405:
        response["Allow"] = ", ".join(headers.get("allowed", ()))
    return response
