"""Where the resolver layer tells of its writes. The live engine, a later layer, plugs itself in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, signals
from django.db.models.signals import ModelSignal

#: The request on whose behalf the current code writes: ``<connection id>|<event>``, or an empty text.
origin: ContextVar[str] = ContextVar("binding_schema_origin", default="")

#: Receivers of model signals in this module only note changes: they are no reason to save rows one by one.
LISTENER = "binding_schema.live.capture"


@dataclass(slots=True)
class Sink:
    """``record(model, keys, op, using)`` notes changes that send no signal; ``grouped(using)`` writes all that are noted
    within it at once; ``needs_signal(through)`` says that a many-to-many change concerns more than its owner;
    ``needs_instances(model)`` that it matters what a row was like before it was saved."""

    record: Callable[[type[Model], Iterable[Any], str, str], None] | None = None
    grouped: Callable[[str], AbstractContextManager[None]] | None = None
    needs_signal: Callable[[type[Model]], bool] | None = None
    needs_instances: Callable[[type[Model]], bool] | None = None


sink = Sink()


def record(model: type[Model], keys: Iterable[Any], op: str, using: str) -> None:
    """Note that rows of ``model`` changed; ``op`` is ``create``, ``update`` or ``delete``. Within the write's transaction."""
    if sink.record is not None:
        sink.record(model, keys, op, using)


def grouped(using: str) -> AbstractContextManager[None]:
    """Within the write's transaction: what is noted inside is written by one statement at the end."""
    return sink.grouped(using) if sink.grouped is not None else nullcontext()


@contextmanager
def on_behalf_of(request: str) -> Iterator[None]:
    token = origin.set(request)
    try:
        yield
    finally:
        origin.reset(token)


def is_heard(signal: ModelSignal, model: type[Model]) -> bool:
    """Whether anyone but the live engine listens to a signal of ``model``."""
    if not signal.has_listeners(model):
        return False
    found: Any = signal._live_receivers(model)
    receivers = [item for group in found for item in group] if isinstance(found, tuple) else found
    return any(getattr(item, "__module__", "") != LISTENER for item in receivers)


def needs_signal(through: type[Model]) -> bool:
    """Whether Django's own ``m2m_changed`` has to be sent for a table between: somebody listens, or rights follow from it."""
    return is_heard(signals.m2m_changed, through) or bool(sink.needs_signal is not None and sink.needs_signal(through))


def needs_instances(model: type[Model]) -> bool:
    """Whether rows have to be saved one by one, since what they leave, such as a former parent, changes with them."""
    return bool(sink.needs_instances is not None and sink.needs_instances(model))
