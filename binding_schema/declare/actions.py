"""``@action``: a verb of one's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, overload

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class ActionOptions:
    """``read``: it changes nothing. ``permissions``: instead of the binding's. ``atomic``: a ``def`` runs in a transaction."""

    read: bool = False
    permissions: Sequence[Any] | None = None
    atomic: bool = True


class Action:
    """A declared action. Called on a binding instance it is the plain method."""

    def __init__(self, func: Callable[..., Any], options: ActionOptions) -> None:
        self.func = func
        self.options = options
        self.__doc__ = func.__doc__

    def __get__(self, instance: object | None, owner: type) -> Any:
        return self if instance is None else self.func.__get__(instance, owner)


@overload
def action(func: F, /) -> F: ...
@overload
def action(
    *, read: bool = False, permissions: Sequence[Any] | None = None, atomic: bool = True
) -> Callable[[F], F]: ...
def action(
    func: Any = None, /, *, read: bool = False, permissions: Sequence[Any] | None = None, atomic: bool = True
) -> Any:
    """Make a method of a binding a verb, with a REST route, typed parameters and a typed result.

    The method's parameters after ``ctx`` are the keys of the data, validated by Pydantic from their annotations. If the
    first of them is annotated with the binding's model, the action is on one object and the data holds its ``id``.
    """
    options = ActionOptions(read=read, permissions=permissions, atomic=atomic)
    if func is not None:
        return Action(func, options)
    return lambda function: Action(function, options)
