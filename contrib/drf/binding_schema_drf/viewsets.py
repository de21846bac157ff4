"""A binding on a router of Django REST framework, next to the project's other viewsets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar, Self

from django.core.exceptions import ImproperlyConfigured
from django.http import QueryDict
from rest_framework import exceptions, permissions, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.viewsets import ViewSet

from binding_schema import Binding, errors, extend
from binding_schema.conf import settings

from .errors import detail_of, exception_of

#: A route's method -> the binding's verbs, any of which it needs.
ROUTES: Mapping[str, tuple[str, ...]] = {
    "list": ("search", "list"),
    "retrieve": ("retrieve",),
    "create": ("create",),
    "update": ("update",),
    "partial_update": ("update",),
    "destroy": ("delete",),
}
PAGE, PAGE_SIZE = "page", "page_size"


class BindingViewSet(ViewSet):
    """``router.register("tickets", BindingViewSet.of(TicketBinding))``: a binding's verbs and actions, as the framework's own
    generic views answer them, authenticated and rendered by the framework. Who may do what is the binding's to say."""

    binding: ClassVar[type[Binding[Any]] | None] = None
    queryset: ClassVar[Any] = None
    permission_classes = (permissions.AllowAny,)

    @classmethod
    def of(cls, binding: type[Binding[Any]], **attributes: Any) -> type[Self]:
        """A viewset for one binding; ``attributes`` are those of the class, such as ``authentication_classes``."""
        model = binding.model
        # The router takes a basename from it. Nothing is read by it.
        own: dict[str, Any] = {"binding": binding, "queryset": None if model is None else model._default_manager.none()}
        verbs = _verbs(binding)
        # The router makes a route of each of these that is there.
        own |= {name: vars(Routes)[name] for name, needed in ROUTES.items() if not verbs.isdisjoint(needed)}
        own |= dict(_actions(cls, binding))
        own["lookup_field"] = binding.lookup_field
        own["__doc__"] = binding.__doc__ if "__doc__" in vars(binding) else None
        return type(f"{binding.__name__.removesuffix('Binding')}ViewSet", (cls,), {**own, **attributes})

    # The one door -----------------------------------------------------------------------------------------------------

    @cached_property
    def _stream(self) -> Any:
        return _stream_of(self.binding)

    def _call(self, verb: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """What the API answers. Raises the framework's exceptions for errors, ValidationError for a failed write."""
        request = self.request
        if not request.user.is_authenticated and not settings().ANONYMOUS_CONNECTION_ALLOWED:
            raise exceptions.NotAuthenticated()
        meta = {"idempotency_key": key} if (key := request.headers.get("Idempotency-Key")) else None
        try:
            found = extend.call(request.user, f"{self._stream.name}.{verb}", data, request=request, meta=meta)
        except errors.BindingError as error:
            if isinstance(error, errors.InvalidData) and error.errors.keys() == {"id"}:
                raise exceptions.NotFound() from None  # the path's: no object has such a key
            raise exception_of(error, request.method) from None
        if found.get("success") is False and "errors" in found:
            raise exceptions.ValidationError(detail_of(found["errors"]))
        return found

    @staticmethod
    def _named(**path: str) -> dict[str, Any]:
        """The object that the path names, as a verb's data has it: the router calls it as ``lookup_field`` does."""
        return {"id" if field == "pk" else field: name for field, name in path.items()}

    def _shown(self, pk: Any) -> dict[str, Any]:
        """The object that was written; only its key, if the user may not see it."""
        if "retrieve" not in self._stream.verbs:
            return {"id": pk}
        try:
            return self._call("retrieve", {"id": pk})
        except (exceptions.PermissionDenied, exceptions.NotAuthenticated, exceptions.NotFound):
            return {"id": pk}

    # What a client sent -----------------------------------------------------------------------------------------------

    def _asked(self, request: Request) -> dict[str, Any]:
        """Order, text search and filters, by the framework's names."""
        data: dict[str, Any] = {}
        filters: dict[str, Any] = {}
        stream = self._stream
        for name, values in request.query_params.lists():
            if name in (PAGE, PAGE_SIZE, api_settings.URL_FORMAT_OVERRIDE):
                continue
            if name == api_settings.ORDERING_PARAM:
                data["order"] = [part.strip() for item in values for part in item.split(",") if part.strip()]
            elif name == api_settings.SEARCH_PARAM:
                data["query"] = values[-1]
            elif values == [""]:
                continue  # a form that was left empty, as django-filter takes it
            else:
                takes_list = name in stream.filters and stream.filters[name].takes_list
                filters[name] = values if takes_list or len(values) > 1 else values[0]
        return {**data, "filters": filters} if filters else data

    def _page(self, request: Request) -> dict[str, int]:
        stream = self._stream
        page, size = request.query_params.get(PAGE, "1"), request.query_params.get(PAGE_SIZE, "")
        if not page.isdecimal() or not int(page):
            raise exceptions.NotFound("Invalid page.")
        wanted = int(size) if size.isdecimal() and int(size) else stream.page_size
        return {"page": int(page), "limit": min(wanted, stream.max_page_size)}

    def _link(self, page: int) -> str:
        url = self.request.build_absolute_uri()
        return str(remove_query_param(url, PAGE) if page == 1 else replace_query_param(url, PAGE, page))

    def _written(self, request: Request) -> dict[str, Any]:
        """What may be written of what was sent: the framework's views let the rest fall."""
        sent = request.data
        if not isinstance(sent, Mapping):
            message = f"Invalid data. Expected a dictionary, but got {type(sent).__name__}."
            raise exceptions.ValidationError({api_settings.NON_FIELD_ERRORS_KEY: [message]})
        fields = self._stream.fields
        known = [name for name, item in fields.items() if item.writable is not False and name in sent]
        if self.action != "create":
            known = [name for name in known if name != "id"]
        return {name: _value(sent, name, fields[name]) for name in known}


class Routes:
    """The methods of a BindingViewSet; each has those that its binding has verbs for."""

    def list(self: Any, request: Request) -> Response:
        """A page, ``{count, next, previous, results}``; a plain list where the binding has ``list`` and no ``search``."""
        data = self._asked(request)
        if "search" not in self._stream.verbs:
            return Response(self._call("list", data)["rows"])
        found = self._call("search", {**data, **self._page(request)})
        if not found["rows"] and found["page"] > 1:
            raise exceptions.NotFound("Invalid page.")
        return Response(
            {
                "count": found["count"],
                "next": self._link(found["page"] + 1) if found["page"] * found["limit"] < found["count"] else None,
                "previous": self._link(found["page"] - 1) if found["page"] > 1 else None,
                "results": found["rows"],
            }
        )

    def retrieve(self: Any, request: Request, **path: str) -> Response:
        return Response(self._call("retrieve", self._named(**path)))

    def create(self: Any, request: Request) -> Response:
        made = self._call("create", self._written(request))
        return Response(self._shown(made["id"]), status=status.HTTP_201_CREATED)

    def update(self: Any, request: Request, **path: str) -> Response:
        data, named = self._written(request), self._named(**path)
        if data.keys() & named.keys():  # the name itself is to be changed
            named = {"id": self._call("retrieve", named)["id"]}
        return Response(self._shown(self._call("update", {**data, **named})["id"]))

    def partial_update(self: Any, request: Request, **path: str) -> Response:
        return Routes.update(self, request, **path)

    def destroy(self: Any, request: Request, **path: str) -> Response:
        self._call("delete", self._named(**path))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _value(sent: Mapping[str, Any], name: str, item: Any) -> Any:
    """One field of a JSON body, or of a form, where a list is the same name several times."""
    if not isinstance(sent, QueryDict):
        return sent[name]
    values = sent.getlist(name)
    is_list = (
        len(values) > 1 or item.kind.value in ("many", "ids") or getattr(item.type.input, "__origin__", None) is list
    )
    value = values if is_list else values[-1]
    return None if value == "" and item.nullable else value


def _stream_of(binding: Any) -> Any:
    """The stream of a binding; None for one that is not served."""
    return next((item for item in extend.schema().streams.values() if type(item.binding) is binding), None)


def _verbs(binding: type[Binding[Any]]) -> frozenset[str]:
    known = {verb for needed in ROUTES.values() for verb in needed}
    return frozenset(known if binding.verbs is None else binding.verbs) if binding.model is not None else frozenset()


def _actions(cls: type, binding: type[Binding[Any]]) -> Iterator[tuple[str, Any]]:
    """The binding's actions as extra actions of the framework's."""
    try:
        stream = _stream_of(binding)
    except ImproperlyConfigured:
        return  # mistakes in the bindings: system checks say which, and nothing is answered until they are mended
    if stream is None:
        raise ImproperlyConfigured(
            f"{binding.__qualname__} is not served: a BindingViewSet needs a binding with a stream."
        )
    for name, found in stream.actions.items():
        yield _extra(name if not hasattr(cls, name) else f"{name}_action", name, found)


def _extra(attribute: str, name: str, found: Any) -> tuple[str, Any]:
    def run(self: BindingViewSet, request: Request, **path: str) -> Response:
        sent = request.query_params if request.method == "GET" else request.data
        data = sent
        if isinstance(sent, QueryDict):
            data = {key: values if len(values) > 1 else values[0] for key, values in sent.lists()}
        return Response(self._call(name, {**data, **self._named(**path)}))

    run.__name__ = attribute
    run.__doc__ = found.help or None
    methods = ["get", "post"] if found.read else ["post"]
    return attribute, action(detail=found.on_object, methods=methods, url_path=name, url_name=name.replace("_", "-"))(
        run
    )
