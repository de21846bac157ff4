"""For packages that build on this one, and for a project's own code that calls its API.

Adapters teach bindings what another framework's classes mean; ``call`` and ``acall`` answer requests as the transports do.
``register`` is called while apps are being loaded, so what needs them loaded is imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from .declare.adapters import Adapter, Misdeclared, register
from .declare.filters import CustomFilter
from .declare.permissions import And, BasePermission, Not, Or
from .declare.registry import also_in
from .declare.serializers import Serializer, SerializerField
from .declare.throttles import BaseThrottle

if TYPE_CHECKING:
    from .compile.current import schema
    from .resolve.authentication import (
        BaseAuthentication,
        Handshake,
        SessionAuthentication,
        make_token,
        user_of_token,
    )
    from .resolve.calls import acall, call
    from .resolve.targets import in_sight
    from .resolve.threads import call as run_hook
    from .resolve.threads import run as run_on_worker

#: name -> (module, name there)
_LATER: Final = {
    "BaseAuthentication": ("resolve.authentication", "BaseAuthentication"),
    "Handshake": ("resolve.authentication", "Handshake"),
    "SessionAuthentication": ("resolve.authentication", "SessionAuthentication"),
    "acall": ("resolve.calls", "acall"),
    "call": ("resolve.calls", "call"),
    "in_sight": ("resolve.targets", "in_sight"),
    "make_token": ("resolve.authentication", "make_token"),
    "run_hook": ("resolve.threads", "call"),
    "run_on_worker": ("resolve.threads", "run"),
    "schema": ("compile.current", "schema"),
    "user_of_token": ("resolve.authentication", "user_of_token"),
}

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
    "SessionAuthentication",
    "acall",
    "also_in",
    "call",
    "in_sight",
    "make_token",
    "register",
    "run_hook",
    "run_on_worker",
    "schema",
    "user_of_token",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, theirs = _LATER[name]
    found = globals()[name] = getattr(import_module(f".{module}", __package__), theirs)
    return found
