"""Sixth pass: actions, their parameters and their results."""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from django.db.models import Model, QuerySet
from pydantic import BaseModel, Field, PydanticUserError, TypeAdapter

from ..declare.actions import Action as Declaration
from ..declare.binding import Binding
from ..types import VERBS
from . import ir
from .annotations import hints_of
from .inputs import build
from .ir import ResultKind, Scalar
from .permissions import permission_of
from .problems import Problems
from .typemap import Text

TAKEN = frozenset(VERBS) | {"subscribe", "unsubscribe", "events", "resync"}


def compile_action(
    binding: type[Binding[Any]],
    name: str,
    declared: Declaration,
    names: Mapping[str, Any],
    pk: Scalar | None,
    permission: Any,
    problems: Problems,
) -> ir.Action | None:
    """The action, or None after a problem was noted."""
    function = declared.func
    if name in TAKEN:
        hint = f"Call it another name, such as `{name}_{binding.__name__.removesuffix('Binding').lower()}`."
        return problems.add(40, binding, f"action {name!r} has the name of a built-in verb.", hint)
    try:
        hints = hints_of(function, names)
    except (NameError, TypeError) as error:
        message = f"action {name!r}: an annotation cannot be resolved: {error}."
        return problems.add(41, binding, message, "Import the name in the same module.")
    params = list(inspect.signature(function).parameters.values())[2:]
    on_object = bool(params) and _is_model(hints.get(params[0].name), binding.model)
    members = _members(binding, name, params[1:] if on_object else params, hints, problems)
    kind = _result(binding, name, hints, problems)
    if members is None or kind is None:
        return None
    if on_object and pk is not None:
        members["id"] = (pk.input, ...)
    built = _types(binding, name, members, hints["return"] if kind is ResultKind.VALUE else Any, problems)
    if built is None:
        return None
    if declared.options.permissions is not None:
        wanted = declared.options.permissions
        permission = permission_of(binding, wanted, f"`permissions` of action {name!r}", problems)
    return ir.Action(
        name, declared.options.read, declared.options.atomic, on_object, inspect.iscoroutinefunction(function),
        permission, *built, kind, inspect.getdoc(function) or "",
    )  # fmt: skip


def _types(
    binding: type[Binding[Any]], name: str, members: dict[str, tuple[Any, Any]], result: Any, problems: Problems
) -> tuple[type[BaseModel], TypeAdapter[Any]] | None:
    """The types of the parameters and of the result."""
    try:
        params = build(f"{binding.__name__}{name.title().replace('_', '')}", members)
        return params, TypeAdapter(result)
    except PydanticUserError as error:
        hint = "Use types that Pydantic knows; an object of another model is taken by its id."
        return problems.add(44, binding, f"action {name!r}: {str(error).splitlines()[0]}", hint)


def _is_model(annotation: Any, model: type[Model] | None) -> bool:
    return (
        isinstance(annotation, type)
        and model is not None
        and issubclass(model, annotation)
        and annotation is not object
    )


def _members(
    binding: type[Binding[Any]],
    name: str,
    params: list[inspect.Parameter],
    hints: Mapping[str, Any],
    problems: Problems,
) -> dict[str, tuple[Any, Any]] | None:
    found: dict[str, tuple[Any, Any]] = {}
    for param in params:
        if param.kind in (param.VAR_POSITIONAL, param.VAR_KEYWORD, param.POSITIONAL_ONLY):
            hint = "Name each parameter, with its type."
            return problems.add(
                45, binding, f"action {name!r}: parameter {param.name!r} has no name to travel by.", hint
            )
        if param.name not in hints:
            hint = f"Write `{param.name}: str`, with its type."
            return problems.add(46, binding, f"action {name!r}: parameter {param.name!r} has no type.", hint)
        if param.name == "id":
            hint = "Annotate an object parameter with the model: its id is looked up for you; else use another name."
            return problems.add(47, binding, f"action {name!r} has a parameter 'id'.", hint)
        found[param.name] = (bounded(hints[param.name]), ... if param.default is param.empty else param.default)
    return found


def _result(binding: type[Binding[Any]], name: str, hints: Mapping[str, Any], problems: Problems) -> ResultKind | None:
    if "return" not in hints:
        hint = "Write `-> None`, `-> int`, `-> dict[str, int]` or the model."
        return problems.add(42, binding, f"action {name!r} does not say what it returns.", hint)
    kind, model = _kind(hints["return"])
    if model is not None and not (binding.model and issubclass(binding.model, model)):
        hint = "Return the binding's own model, or a TypedDict, a Pydantic model or plain values."
        return problems.add(43, binding, f"action {name!r} returns {model.__name__}, which it cannot show.", hint)
    return kind


def _kind(annotation: Any) -> tuple[ResultKind, type[Model] | None]:
    if annotation is None or annotation is type(None):
        return ResultKind.NOTHING, None
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return ResultKind.OBJECT, annotation
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in (list, QuerySet) and args and isinstance(args[0], type) and issubclass(args[0], Model):
        return ResultKind.ROWS, args[0]
    return ResultKind.VALUE, None


def bounded(annotation: Any) -> Any:
    """A plain ``str`` or ``int`` parameter, also within unions, lists and ``Annotated``, narrowed to what databases can hold."""
    if annotation is str:
        return Text
    if annotation is int:
        return Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
    args = get_args(annotation)
    if get_origin(annotation) in (Union, types.UnionType):
        return Union[tuple(bounded(item) for item in args)]  # noqa: UP007 - built at run time
    if get_origin(annotation) is list:
        return list[bounded(args[0])]  # type: ignore[misc]
    if get_origin(annotation) is Annotated:
        return Annotated[(bounded(args[0]), *args[1:])]
    return annotation
