"""The suite's application, and ``/metrics/``: the live engine's counters in the process that answers."""

from typing import Any

import orjson

from binding_schema.live.metrics import metrics
from tests.asgi import application as inner


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http" or scope["path"] != "/metrics/":
        await inner(scope, receive, send)
        return
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": orjson.dumps(metrics.as_dict())})
