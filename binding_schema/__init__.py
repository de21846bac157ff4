"""Typed, live APIs for Django: declare a Binding once, serve it over WebSocket and REST."""

from .declare.actions import action
from .declare.binding import Binding
from .declare.context import Context
from .declare.events import Event
from .declare.fields import ReadOnly, WriteOnly, auto, computed, field
from .declare.permissions import (
    AllowAny,
    BasePermission,
    DjangoModelPermissions,
    IsAdminUser,
    IsAuthenticated,
    IsAuthenticatedOrReadOnly,
    is_staff,
)

__version__ = "0.1.0"

__all__ = [
    "AllowAny",
    "BasePermission",
    "Binding",
    "Context",
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
