"""Typed, live APIs for Django: declare a Binding once, serve it over WebSocket and REST."""

from .declare.actions import action
from .declare.binding import Binding
from .declare.context import Context
from .declare.events import Event
from .declare.fields import ReadOnly, WriteOnly, auto, computed, field
from .declare.filters import CustomFilter
from .declare.permissions import (
    AllowAny,
    BasePermission,
    DjangoModelPermissions,
    IsAdminUser,
    IsAuthenticated,
    IsAuthenticatedOrReadOnly,
    is_staff,
)
from .declare.throttles import BaseThrottle

__version__ = "0.1.0"

__all__ = [
    "AllowAny",
    "BasePermission",
    "BaseThrottle",
    "Binding",
    "Context",
    "CustomFilter",
    "DjangoModelPermissions",
    "Event",
    "IsAdminUser",
    "IsAuthenticated",
    "IsAuthenticatedOrReadOnly",
    "ReadOnly",
    "WriteOnly",
    "action",
    "auto",
    "computed",
    "field",
    "is_staff",
]
