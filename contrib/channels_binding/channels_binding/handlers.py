"""``@bind('name')``: custom events, which become actions of the library's."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from binding_schema import Context, action, extend

from .requests import of_context

MARK = "_channels_binding_event"


@dataclass(frozen=True, slots=True)
class Options:
    """What ``@bind`` said. ``name`` is empty for the method's own."""

    name: str
    read: bool
    atomic: bool
    permissions: Any


def bind(
    name: Any = None, *, read: bool = False, atomic: bool = True, permission_classes: Any = None
) -> Callable[..., Any]:
    """Make a method ``(self, data)`` the handler of the event ``<stream>.<name>``, its own name if none is given.

    ``read``: it changes nothing, so that who may read may call it. ``permission_classes``: instead of the binding's.
    ``atomic``: a plain ``def`` runs in a transaction. What it returns is the answer's data.
    """
    if inspect.isfunction(name):  # @bind, without brackets
        return _marked(name, Options("", read, atomic, permission_classes))
    options = Options(name or "", read, atomic, permission_classes)
    return lambda function: _marked(function, options)


def _marked(function: Callable[..., Any], options: Options) -> Callable[..., Any]:
    setattr(function, MARK, options)
    return function


def options_of(method: Any) -> Options | None:
    """What ``@bind`` said of a method; None for any other attribute."""
    return getattr(method, MARK, None)


def action_of(declaration: type[Any], attribute: str, event: str, options: Options) -> Any:
    """The library's action for one handler of a declaration."""
    method = getattr(declaration, attribute)
    is_async = inspect.iscoroutinefunction(method)
    handle = (_async if is_async else _sync)(declaration, attribute, event)
    handle.__doc__ = method.__doc__
    handle.__name__ = event
    permissions = None if options.permissions is None else list(options.permissions)
    return action(read=options.read, atomic=options.atomic, permissions=permissions)(handle)


def _sync(declaration: type[Any], attribute: str, event: str) -> Callable[..., Any]:
    def handle(self: Any, ctx: Context, /, **data: Any) -> dict[str, Any]:
        binding = declaration(of_context(ctx))
        binding._event = event
        return _finished(binding, ctx, getattr(binding, attribute)(data))

    return handle


def _async(declaration: type[Any], attribute: str, event: str) -> Callable[..., Any]:
    async def handle(self: Any, ctx: Context, /, **data: Any) -> dict[str, Any]:
        # Who asks may have to be read again, which is not for the event loop.
        user = await extend.run_on_worker(lambda: ctx.user)
        binding = declaration(of_context(ctx, user))
        binding._event = event
        returned = await getattr(binding, attribute)(data)
        if returned is None or binding._sent is None:
            return _finished(binding, ctx, returned)
        return await extend.run_on_worker(lambda: _finished(binding, ctx, returned))

    return handle


def _finished(binding: Any, ctx: Context, returned: Any) -> dict[str, Any]:
    """The answer: what the handler returned, or else sent under its own event, or else ``{success: true}``."""
    sent = binding._sent
    if returned is None:
        return {"success": True} if sent is None else sent
    if sent is not None:
        ctx.reflect(_hashed(f"{ctx.stream}.{binding._event}", ctx.hash), sent)
    return answer_of(returned)


def _hashed(event: str, hash: str) -> str:
    return f"{event}#{hash}" if hash else event


def answer_of(value: Any) -> dict[str, Any]:
    """A frame's data is an object: a list becomes its ``rows``, any other value its ``result``."""
    value = plain(value)
    if isinstance(value, dict):
        return value
    if value is None:
        return {}
    return {"rows": value} if isinstance(value, list) else {"result": value}


def plain(value: Any) -> Any:
    """The value with what instances with ``__json__`` say of themselves in their places."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return plain(value.__json__()) if hasattr(value, "__json__") and not isinstance(value, type) else value
