"""At start-up: the live engine plugs itself into the layers before it."""

from __future__ import annotations

from ..compile.ir import Schema
from ..conf import settings
from ..declare.outlets import outlets
from ..resolve.changes import sink
from . import events, follow, hub, log
from .capture import Capture, active, record
from .routes import routes_of


def start(schema: Schema) -> None:
    """Connect signals for the models that the schema's streams watch. Does nothing where LIVE is off."""
    if not settings().LIVE:
        return
    routes = routes_of(schema)
    hub.use(routes)
    capture = Capture(routes)
    capture.connect()
    active[:] = [capture]
    sink.record, sink.grouped = record, log.grouped
    sink.needs_signal = lambda through: (
        through in routes.links and bool(routes.links[through].rights or routes.links[through].far_label)
    )
    sink.needs_instances = lambda model: model in routes.touches
    log.announce[:] = [hub.announce]
    log.immediately[:] = [hub.tell_now]
    outlets.emit, outlets.follow = events.emit, follow.note
