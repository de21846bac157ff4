"""Actions: the object is looked up, the method is called, its result is dumped as the user may see it."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, router, transaction
from pydantic import ValidationError as TypeFault

from ..compile.inputs import PREFIX
from ..compile.ir import Action, ResultKind, Stream
from ..declare.context import Context
from ..errors import InvalidData, NotFound
from ..types import Result, Selection, error_item
from . import read, write
from .access import admit, base, require, require_object, row_rule, view
from .dump import dumps
from .failures import invalid_data
from .plan import Planner
from .threads import call


def parameters(action: Action, data: dict[str, Any]) -> Any:
    """The validated parameters. Raises InvalidData, for further keys too that the method could not be called with."""
    try:
        params = action.params.model_validate(data)
    except TypeFault as error:
        raise invalid_data(error) from None
    wrong = sorted(action.taken & (params.model_extra or {}).keys())
    if wrong:
        errors = {name: [error_item("unknown", "There can be no such field.")] for name in wrong}
        raise InvalidData(f"No field of {action.name!r} can be called {', '.join(wrong)}.", errors=errors)
    return params


@dataclass(slots=True)
class Call:
    """One call of an action, its parameters validated."""

    ctx: Context
    planner: Planner
    stream: Stream
    action: Action
    params: Any
    selection: Selection | None = None

    def run(self) -> Result:
        """On a worker, from end to end."""
        using = router.db_for_write(self.stream.model) if self.stream.model is not None else DEFAULT_DB_ALIAS
        atomic = self.action.atomic and not self.action.read and not self.action.is_async
        with transaction.atomic(using) if atomic else nullcontext():
            arguments = self.arguments(lock=atomic)
            result = call(self._method(), *arguments, **self._keywords())
        return self.answer(result)

    def start(self, arguments: tuple[Any, ...]) -> Awaitable[Any]:
        """An async action, to be awaited on the event loop: it holds no worker while it waits for others."""
        return self._method()(*arguments, **self._keywords())  # type: ignore[no-any-return]

    def arguments(self, lock: bool = False) -> tuple[Any, ...]:
        """(ctx,) or (ctx, object). Raises NotFound, Forbidden or Unauthenticated."""
        require(self.ctx, self.action.permission)
        admit(self.ctx, self.stream)
        if not self.action.on_object:
            return (self.ctx,)
        key = self.params.f_id
        if lock:
            assert self.stream.model is not None
            found = write.locked(self.ctx, self.stream, [key], router.db_for_write(self.stream.model)).get(key)
        else:
            found = base(self.ctx, self.stream, row_rule(self.ctx, self.stream)).filter(pk=key).first()
        if found is None:
            raise NotFound()
        require_object(self.ctx, self.stream, found, self.action.permission)
        return (self.ctx, found)

    def _method(self) -> Any:
        return getattr(self.stream.binding, self.action.name)

    def _keywords(self) -> dict[str, Any]:
        names = (name.removeprefix(PREFIX) for name in type(self.params).model_fields)
        named = {
            name: getattr(self.params, PREFIX + name) for name in names if name != "id" or not self.action.on_object
        }
        return {**(self.params.model_extra or {}), **named}

    # Results ----------------------------------------------------------------------------------------------------------

    def answer(self, result: Any) -> Result:
        kind = self.action.result_kind
        if kind is ResultKind.NOTHING:
            return Result(dumps({"success": True}))
        if kind is ResultKind.VALUE:
            value = self.action.result.dump_python(
                self.action.result.validate_python(result), mode="python", by_alias=True
            )
            if isinstance(value, dict):
                return Result(dumps(value))
            return Result(dumps({"rows": value} if isinstance(value, (list, tuple)) else {"result": value}))
        objects = [result] if kind is ResultKind.OBJECT else list(result)
        shown = self._shown([item.pk for item in objects])
        if kind is ResultKind.ROWS:
            return Result(dumps({"rows": [shown[item.pk] for item in objects if item.pk in shown]}))
        # An action may well take an object out of its user's sight; it happened all the same.
        return Result(dumps(shown.get(result.pk, {"success": True, "id": result.pk})))

    def _shown(self, keys: list[Any]) -> dict[Any, Any]:
        """The rows as the user may see them now, under the binding's own reading rules."""
        ctx = self.ctx.to(self.stream.name, "retrieve", is_read=True, model=self.stream.model)
        seen = view(ctx, self.planner.schema, self.stream, self.planner.gates(self.stream))
        return read.by_key(ctx, self.planner.plan(self.stream, seen, self.selection), seen, keys)
