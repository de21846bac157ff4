"""What stands where Django REST framework's classes expect the view."""

from __future__ import annotations

from typing import Any, Final

from rest_framework.request import Request

from binding_schema import Context, extend

#: A verb's name among the framework's actions; an action of the binding's own keeps its name.
ACTIONS: Final = {
    "search": "list",
    "update": "partial_update",
    "save": "partial_update",
    "delete": "destroy",
    "schema": "metadata",
}


def binding_of(ctx: Context) -> Any:
    """The binding that a request is for; None for one that is nested only."""
    stream = extend.schema().streams.get(ctx.stream)
    return None if stream is None else stream.binding


class View:
    """A stand-in for the view of a request, with what permissions, throttles and serializers usually ask of one.

    ``action`` is named as the framework names it, ``kwargs`` holds ``pk`` where an object is known: while a permission is asked
    about it, and in a BindingViewSet. ``get_queryset()`` is the binding's. Attributes that are not here are the binding's own, so
    ``throttle_scope`` stands on it.
    """

    lookup_field = "pk"
    lookup_url_kwarg = None
    format_kwarg = None
    swagger_fake_view = False

    def __init__(self, ctx: Context, request: Request, obj: Any = None) -> None:
        self._ctx = ctx
        self._obj = obj
        self.request = request
        real = request.parser_context.get("view") if request.parser_context else None
        self.action = real.action if real is not None and ctx.verb == "update" else ACTIONS.get(ctx.verb, ctx.verb)
        given = dict(request.parser_context.get("kwargs") or {}) if request.parser_context else {}
        self.kwargs: dict[str, Any] = given if obj is None else {"pk": str(obj.pk), **given}
        self.args = ()
        self.detail = "pk" in self.kwargs
        self.basename = ctx.stream

    def __getattr__(self, name: str) -> Any:
        # What is not here is a mistake, or the binding's own: a permission may look for anything on its view.
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(binding_of(self._ctx), name)

    @property
    def queryset(self) -> Any:
        return self.get_queryset()

    def get_queryset(self) -> Any:
        binding = binding_of(self._ctx)
        if binding is None:
            return self._ctx.model._default_manager.all()  # type: ignore[union-attr]
        return extend.run_hook(binding.get_queryset, self._ctx)

    def get_object(self) -> Any:
        if self._obj is None:
            raise AttributeError("The object is not known yet: ask for it in has_object_permission.")
        return self._obj
