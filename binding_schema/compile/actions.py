"""Sixth pass: actions, their parameters and their results."""

from __future__ import annotations

import inspect
import types
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from django.db.models import Model, QuerySet
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from ..declare.actions import Action as Declaration
from ..declare.binding import Binding
from ..declare.context import Context
from ..types import VERBS
from . import ir
from .annotations import OWN_NAMES
from .hints import UNRESOLVED, function_hints
from .inputs import OPEN, STRICT, build, undescribed
from .ir import ResultKind, Scalar
from .permissions import permission_of
from .problems import Problems
from .typemap import Text

TAKEN = frozenset(VERBS) | {"subscribe", "unsubscribe", "events", "resync"}
POSITIONAL_OR_KEYWORD, VAR_KEYWORD = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.VAR_KEYWORD
BY_PLACE = (inspect.Parameter.POSITIONAL_ONLY, POSITIONAL_OR_KEYWORD)


def compile_action(
    binding: type[Binding[Any]],
    name: str,
    declared: Declaration,
    names: Mapping[str, Any],
    pk: Scalar | None,
    permission: Any,
    own: Collection[str],
    problems: Problems,
) -> ir.Action | None:
    """The action, or None after a problem was noted. ``own`` holds the names of the binding's fields."""
    function = declared.func
    if not _named(binding, name, own, problems):
        return None
    try:
        hints = function_hints(function, names)
    except UNRESOLVED as error:
        message = f"action {name!r}: an annotation cannot be resolved: {error}."
        return problems.add(41, binding, message, "Import the name in the same module, outside of `if TYPE_CHECKING`.")
    if (params := _params(binding, name, function, hints, problems)) is None:
        return None
    on_object = bool(params) and params[0].kind in BY_PLACE and _is_model(hints.get(params[0].name), binding.model)
    members = _members(binding, name, params[1:] if on_object else params, hints, problems)
    kind = _result(binding, name, hints, problems)
    if members is None or kind is None:
        return None
    if on_object and pk is not None:
        members["id"] = (pk.input, ...)
    further, taken = _further(function, on_object)
    result = hints["return"] if kind is ResultKind.VALUE else Any
    built = _types(binding, name, members, result, problems, OPEN if further else STRICT)
    if built is None:
        return None
    if declared.options.permissions is not None:
        what = f"`permissions` of action {name!r}"
        permission = permission_of(binding, declared.options.permissions, what, problems)
    return ir.Action(
        name, declared.options.read, declared.options.atomic, on_object, inspect.iscoroutinefunction(function),
        permission, *built, kind, inspect.getdoc(function) or "", further, taken,
    )  # fmt: skip


def _named(binding: type[Binding[Any]], name: str, own: Collection[str], problems: Problems) -> bool:
    """Whether the action's name is free, and can stand in an event."""
    hint = f"Call it another name, such as `{name}_{binding.__name__.removesuffix('Binding').lower()}`."
    if name in TAKEN:
        problems.add(40, binding, f"action {name!r} has the name of a built-in verb.", hint)
    elif name in OWN_NAMES:
        problems.add(48, binding, f"action {name!r} has the name of a binding's own attribute or hook.", hint)
    elif name in own or any(name in inspect.get_annotations(base) for base in binding.__mro__):
        problems.add(48, binding, f"action {name!r} has the name of a field.", hint)
    elif not name.isascii():
        problems.add(54, binding, f"action {name!r} cannot stand in an event.", "Write ASCII letters, digits and _.")
    else:
        return True
    return False


def _params(
    binding: type[Binding[Any]], name: str, function: Any, hints: Mapping[str, Any], problems: Problems
) -> list[inspect.Parameter] | None:
    """The parameters after ``self`` and ``ctx``; None and a problem where these two do not come first."""
    params = list(inspect.signature(function).parameters.values())
    first = params[1] if len(params) > 1 and params[1].kind in BY_PLACE else None
    if first is None or hints.get(first.name, Any) not in (Any, Context):
        hint = f"Write `def {name}(self, ctx: Context, ...):`; an object of the binding's model, if any, comes next."
        return problems.add(49, binding, f"action {name!r} does not take a Context first.", hint)
    return params[2:]


def _further(function: Any, on_object: bool) -> tuple[str, frozenset[str]]:
    """(the ``**`` parameter, what no further key can be called). A ``/`` after the first parameters leaves their names free."""
    params = list(inspect.signature(function).parameters.values())
    if params[-1].kind is not VAR_KEYWORD:
        return "", frozenset()
    first = params[: 3 if on_object else 2]
    return params[-1].name, frozenset(param.name for param in first if param.kind is POSITIONAL_OR_KEYWORD)


def _types(
    binding: type[Binding[Any]],
    name: str,
    members: dict[str, tuple[Any, Any]],
    result: Any,
    problems: Problems,
    config: ConfigDict,
) -> tuple[type[BaseModel], TypeAdapter[Any]] | None:
    """The types of the parameters and of the result."""
    hint = "Use types that Pydantic knows; an object of another model is taken by its id."
    for key, (kind, default) in members.items():
        error = undescribed(kind, "validation")
        if error:
            return problems.add(44, binding, f"action {name!r}: parameter {key!r}: {error}", hint)
        if default is not ... and not fits(kind, default):
            right = f"Write `{key}: ... | None = None`." if default is None else "Mend the default or the type."
            return problems.add(53, binding, f"action {name!r}: {key!r} is not of its own type by default.", right)
    error = undescribed(result, "serialization")
    if error:
        return problems.add(44, binding, f"action {name!r}: its result: {error}", hint)
    return build(f"{binding.__name__}{name.title().replace('_', '')}", members, config), TypeAdapter(result)


def fits(kind: Any, value: Any) -> bool:
    """Whether a parameter's default is of the parameter's type; a ``Field(...)`` of Pydantic's says for itself."""
    if isinstance(value, FieldInfo):
        return True
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


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
        if param.kind is VAR_KEYWORD:
            if hints.get(param.name) is not Any:
                what = f"action {name!r}: parameter `**{param.name}` takes keys of any kind, and is not of type Any."
                return problems.add(45, binding, what, f"Write `**{param.name}: Any`, or name each parameter.")
            continue
        if param.kind in (param.VAR_POSITIONAL, param.POSITIONAL_ONLY):
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
    if kind is ResultKind.ROWS and binding.model is None:
        hint = "Return a TypedDict, a Pydantic model or plain values."
        return problems.add(43, binding, f"action {name!r} returns rows, and there is no model to show them.", hint)
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
    if isinstance(annotation, type) and issubclass(annotation, QuerySet):
        return ResultKind.ROWS, None  # at run time QuerySet[Ticket] is QuerySet
    if origin is list and args and isinstance(args[0], type) and issubclass(args[0], Model):
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
