"""Test clients for projects that use the library: the same call over WebSocket and REST, in-process, without a server."""

from .clients import Reply, RestClient, RouteClient, WebSocketClient

__all__ = ["Reply", "RestClient", "RouteClient", "WebSocketClient"]
