"""For packages that build on this one, and for a project's own code that calls its API.

Adapters teach bindings what another framework's classes mean; ``call`` and ``acall`` answer requests as the transports do.
"""

from .compile.current import schema
from .declare.adapters import Adapter, Misdeclared, register
from .declare.filters import CustomFilter
from .declare.permissions import And, BasePermission, Not, Or
from .declare.serializers import Serializer, SerializerField
from .declare.throttles import BaseThrottle
from .resolve.authentication import BaseAuthentication, Handshake, make_token, user_of_token
from .resolve.calls import acall, call
from .resolve.targets import in_sight

__all__ = [
    "Adapter",
    "And",
    "BaseAuthentication",
    "BasePermission",
    "BaseThrottle",
    "CustomFilter",
    "Handshake",
    "Misdeclared",
    "Not",
    "Or",
    "Serializer",
    "SerializerField",
    "acall",
    "call",
    "in_sight",
    "make_token",
    "register",
    "schema",
    "user_of_token",
]
