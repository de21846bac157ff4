"""The consumers for Channels' routing: ``path("ws/", AsyncConsumer.as_asgi())``."""

from .transports.sync_ws import SyncConsumer
from .transports.ws import AsyncConsumer

__all__ = ["AsyncConsumer", "SyncConsumer"]
