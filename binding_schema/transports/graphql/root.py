"""Root fields: functions with a signature made at start-up, which strawberry reads as if it had been written."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any

import strawberry
from strawberry.types import Info

from .measure import ROWS
from .names import camel
from .shapes import Makes
from .typing_of import Types

#: name -> (annotation, default or ...)
Params = Mapping[str, tuple[Any, Any]]
Handler = Callable[[Any, dict[str, Any]], Awaitable[Any]]
Source = Callable[[Any, dict[str, Any]], AsyncGenerator[Any, None]]


def signature(params: Params, returns: Any) -> inspect.Signature:
    keyword = inspect.Parameter.KEYWORD_ONLY
    found = [inspect.Parameter("info", keyword, annotation=Info)]
    for name, (kind, default) in params.items():
        found.append(inspect.Parameter(name, keyword, annotation=kind, default=keyword_default(default)))
    return inspect.Signature(found, return_annotation=returns)


def keyword_default(default: Any) -> Any:
    return inspect.Parameter.empty if default is ... else default


def _arguments(params: Params) -> dict[str, Any]:
    return {name: strawberry.argument(name=camel(name)) for name in params}


def field(
    name: str, params: Params, returns: Any, handler: Handler, description: str = "", rows: int | None = None
) -> Any:
    """A field of Query or Mutation. ``handler(info, arguments)`` gets only the arguments that were sent; ``rows`` are
    as many as may come back where no argument says so."""

    async def resolver(info: Any, **arguments: Any) -> Any:
        return await handler(info, _sent(arguments))

    shaped = _shaped(resolver, name, params, returns)
    return strawberry.field(resolver=shaped, name=name, description=description or None, metadata={ROWS: rows})


def subscription(
    name: str, params: Params, returns: Any, source: Source, description: str = "", rows: int | None = None
) -> Any:
    async def resolver(info: Any, **arguments: Any) -> Any:
        async with aclosing(source(info, _sent(arguments))) as items:
            async for item in items:
                yield item

    shaped = _shaped(resolver, name, params, AsyncIterator[returns])
    return strawberry.subscription(resolver=shaped, name=name, description=description or None, metadata={ROWS: rows})


def _shaped(function: Any, name: str, params: Params, returns: Any) -> Any:
    function.__name__ = function.__qualname__ = name
    made = signature(params, returns)
    function.__signature__ = made
    function.__annotations__ = {item.name: item.annotation for item in made.parameters.values()} | {"return": returns}
    return function


def _sent(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not strawberry.UNSET}


def optional(kind: Any) -> tuple[Any, Any]:
    return kind | None, strawberry.UNSET


def params_of(schema: Mapping[str, Any], types: Types, make: Makes) -> dict[str, tuple[Any, Any]]:
    """An action's parameters from their JSON Schema, the object's key first."""
    definitions, required = schema.get("$defs", {}), set(schema.get("required", ()))
    found: dict[str, tuple[Any, Any]] = {}
    for name, part in sorted(schema.get("properties", {}).items(), key=lambda item: item[0] != "id"):
        kind = strawberry.ID if name == "id" else types.of_schema(part, definitions, name, make)
        found[name] = (kind, ...) if name in required else optional(kind)
    return found
