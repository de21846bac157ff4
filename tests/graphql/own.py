"""Schemas of bindings that a test declares, and operations in process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from graphql import ExecutionResult

from binding_schema import Binding
from binding_schema.resolve.authentication import Fixed
from binding_schema.resolve.dispatch import Dispatcher
from binding_schema.transports.graphql import build_schema, door
from binding_schema.transports.graphql.build import Parts, parts_of
from binding_schema.transports.graphql.door import GraphQLContext
from tests.compile.helpers import compiled
from tests.graphql_schema import schema as served


def parts(*bindings: type[Binding[Any]], **options: Any) -> Parts:
    found = compiled(*bindings)
    return parts_of(found, found.by_key, **options)


def serve(monkeypatch: pytest.MonkeyPatch, *bindings: type[Binding[Any]], **options: Any) -> Any:
    """A schema of these bindings alone, whose operations are dispatched to them."""
    found = compiled(*bindings)
    dispatcher = Dispatcher(found)
    monkeypatch.setattr(door, "dispatcher", lambda: dispatcher)
    return build_schema(parts=parts_of(found, found.by_key), **options)


def sdl(found: Any) -> str:
    """The SDL of parts or of a schema."""
    return str(build_schema(parts=found) if isinstance(found, Parts) else found)


def block(text: str, name: str) -> list[str]:
    """The lines of one definition, without descriptions: ``block(sdl, "type Ticket")``."""
    head, lines, is_text = f"{name} {{", [], False
    body = text.split(head, 1)[1].split("\n}", 1)[0]
    for line in body.splitlines():
        if line.strip().startswith('"""'):
            is_text = not is_text and not (line.strip().endswith('"""') and len(line.strip()) > 3)
        elif not is_text and line.strip():
            lines.append(line.strip())
    return lines


def context(user: Any) -> GraphQLContext:
    return GraphQLContext(Fixed(user if user is not None else AnonymousUser()), None)


async def run(user: Any, query: str, schema: Any = served, **variables: Any) -> Any:
    """The data of an operation that has no errors."""
    found = await ask(user, query, schema, **variables)
    assert not found.errors, found.errors
    return found.data


async def ask(user: Any, query: str, schema: Any = served, **variables: Any) -> ExecutionResult:
    found: ExecutionResult = await schema.execute(query, variable_values=variables, context_value=context(user))
    return found


def codes(found: ExecutionResult) -> list[Any]:
    return [(error.extensions or {}).get("code") for error in found.errors or ()]


class Feed:
    """One subscription, which is read one by one."""

    def __init__(self, results: Any) -> None:
        self.results = results

    async def next(self, seconds: float = 10) -> Any:
        """The data of the next result: the one field's."""
        found = await asyncio.wait_for(anext(self.results), seconds)
        assert not found.errors, found.errors
        return next(iter(found.data.values()))

    async def error(self, seconds: float = 10) -> str:
        """The code of the error that comes next."""
        found = await asyncio.wait_for(anext(self.results), seconds)
        return str(found.errors[0].extensions["code"])

    async def ended(self, seconds: float = 10) -> bool:
        try:
            await asyncio.wait_for(anext(self.results), seconds)
        except StopAsyncIteration:
            return True
        return False


@asynccontextmanager
async def subscribed(user: Any, query: str, schema: Any = served, **variables: Any) -> AsyncIterator[Feed]:
    """A subscription that has begun: without a snapshot it says nothing until something happens."""
    results = await schema.subscribe(query, variable_values=variables, context_value=context(user))
    async with aclosing(results):
        yield Feed(results)
