"""``serializer_class``: rows made and written by a serializer of Django REST framework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model
from rest_framework import fields, serializers
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from binding_schema import Binding, Context, extend
from binding_schema.errors import Unsupported

from .errors import translated
from .kinds import own_code
from .requests import LocalRequest, request_of
from .shapes import Shapes
from .sharing import same_for_all
from .sight import hold_to_sight
from .sources import needs_of
from .views import View, binding_of

#: Code that may leave fields out of a row, or put others in.
SHAPING = ("to_representation", "get_fields", "__init__", "data")
WRITES = frozenset({"create", "update", "save"})


class RowSerializer(extend.Serializer):
    """What a binding's ``serializer_class`` is to the library. One for each binding; it makes a serializer for each use."""

    def __init__(self, binding: type[Binding[Any]], item: Any) -> None:
        self.binding = binding
        self.item = item
        self.open = any(own_code(item, name) for name in SHAPING) or not issubclass(item, serializers.Serializer)
        sample = _sample(item)
        model = binding.model
        self.writes = _writes(item)
        if isinstance(sample, serializers.Serializer):
            _check(binding, sample, self.writes)
            self.fields = Shapes().fields(sample, model)
            self.needs = tuple(dict.fromkeys([*needs_of(sample, model), *binding.serialize_needs]))
        self.files = tuple(
            field.name for field in self.fields if isinstance(sample.fields[field.name], fields.FileField)
        )
        self.nullable = tuple(field.name for field in self.fields if field.readable and field.nullable)
        self.per_user = not same_for_all(sample)
        many = getattr(getattr(item, "Meta", None), "list_serializer_class", serializers.ListSerializer)
        # A list of its own may leave objects out or reorder them; here each object has its row.
        self.singly = own_code(many, "to_representation") or own_code(many, "data")

    # Rows -------------------------------------------------------------------------------------------------------------

    def dump(self, ctx: Context, objects: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
        if not objects:
            return []
        context = self._context(ctx, request_of(ctx)) if self.per_user else {}
        with translated():
            if len(objects) == 1 or self.singly:
                rows = [self.item(obj, context=context).data for obj in objects]
            else:
                rows = self.item(list(objects), many=True, context=context).data
            return [self._row(row) for row in rows]

    def _row(self, row: Any) -> Mapping[str, Any]:
        found = {str(name): _json(value) for name, value in row.items()}
        if not self.open:
            # The framework leaves out what a path of relations does not lead to; here that is null, as schemas say.
            for name in self.nullable:
                found.setdefault(name, None)
        return found

    @staticmethod
    def _context(ctx: Context, request: Request, obj: Any = None) -> dict[str, Any]:
        return {"request": request, "format": None, "view": View(ctx, request, obj)}

    # Writes -----------------------------------------------------------------------------------------------------------

    def save(self, ctx: Context, obj: Any, data: Mapping[str, Any]) -> Model:
        given = dict(data)
        request = request_of(ctx, given)
        given |= {name: request.FILES[name] for name in self.files if name in request.FILES}
        # In a BindingViewSet, PUT is what it is to the framework: a whole object.
        whole = isinstance(ctx.request, Request) and ctx.request.method == "PUT"
        context = self._context(ctx, request, obj)
        serializer = self.item(obj, data=given, partial=obj is not None and not whole, context=context)
        hold_to_sight(ctx, serializer)
        with translated(writing=True):
            serializer.is_valid(raise_exception=True)
            self._perform(ctx, serializer, "perform_create" if obj is None else "perform_update")
        saved: Model = serializer.instance
        return saved

    def _perform(self, ctx: Context, serializer: Any, hook: str) -> None:
        """``perform_create(ctx, serializer)`` and ``perform_update`` of the binding, as a view's own; else the plain save."""
        if getattr(self.binding, hook) is not getattr(Binding, hook):
            extend.run_hook(getattr(binding_of(ctx), hook), ctx, serializer)
            if serializer.instance is None:
                raise TypeError(f"{self.binding.__qualname__}.{hook} did not call serializer.save().")
            return
        try:
            serializer.save()
        except NotImplementedError:
            verb = "create" if hook == "perform_create" else "update"
            raise Unsupported(f"{ctx.stream} has no {verb}.") from None


def _sample(item: Any) -> Any:
    """A serializer to look at, with a request that came from nowhere. Raises Misdeclared where it cannot be made."""
    request = Request(LocalRequest())
    request.user = AnonymousUser()
    try:
        sample = item(context={"request": request, "format": None, "view": None})
        if isinstance(sample, serializers.Serializer):
            list(sample.fields)
    except Exception as error:
        hint = "Its fields must be known without a request: they become the API's types."
        message = f"{item.__name__} cannot be made: {type(error).__name__}: {error}"
        raise extend.Misdeclared(message, hint) from error
    return sample


def _writes(item: Any) -> bool:
    base = serializers.BaseSerializer
    return any(getattr(item, name) is not getattr(base, name) for name in ("create", "update"))


def _check(binding: type[Binding[Any]], sample: Any, writes: bool) -> None:
    """Raises Misdeclared for what would fail at the first read or write."""
    model: Any = getattr(getattr(type(sample), "Meta", None), "model", None)
    of_model = model is None or issubclass(binding.model, model) or model._meta.concrete_model is binding.model  # type: ignore[arg-type]
    if not of_model:
        hint = f"Write a serializer of {binding.model.__name__}."  # type: ignore[union-attr]
        raise extend.Misdeclared(f"{type(sample).__name__} is of {model.__name__}.", hint)
    wanted = WRITES if binding.verbs is None else WRITES & set(binding.verbs)
    for name, field in sample.fields.items():
        if name == "id" and field.source not in ("id", "pk", binding.model._meta.pk.name):  # type: ignore[union-attr]
            hint = "Give the field another name: `id` is the key of the row."
            raise extend.Misdeclared(f"its field 'id' shows {field.source!r}, not the key.", hint)
        nested = isinstance(field, serializers.BaseSerializer) and not field.read_only
        method = "create" if wanted & {"create", "save"} else "update"
        plain = getattr(type(sample), method) is getattr(serializers.ModelSerializer, method, None)
        if writes and wanted and nested and plain:
            message = f"its nested field {name!r} is writable, and it has no {method}() of its own."
            raise extend.Misdeclared(message, f"Write {method}(), or {name} = ...(read_only=True).")


def _json(value: Any) -> Any:
    """A value as the framework's JSON renderer would send it."""
    if value is None or type(value) in (str, int, float, bool):
        return value
    if isinstance(value, Mapping):
        return {name if isinstance(name, str) else _key(name): _json(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(item) for item in value]
    if isinstance(value, (str, int, float)):
        return value if type(value) in (int, float) else _primitive(value)
    return _json(JSONEncoder().default(value))


def _primitive(value: Any) -> Any:
    """Subclasses (a Hyperlink, a SafeString, an IntegerChoices member) as what they are based on."""
    return str.__str__(value) if isinstance(value, str) else int(value) if isinstance(value, int) else float(value)


def _key(name: Any) -> str:
    if name is None or isinstance(name, bool):
        return {None: "null", True: "true", False: "false"}[name]
    return str(name)
