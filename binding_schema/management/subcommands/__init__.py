"""The subcommands of ``manage.py binding_schema`` by name. A new one is a module here and a line below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .base import Subcommand
from .check_live import CheckLive
from .export import Export
from .prune import Prune
from .token import Token
from .triggers import Triggers

SUBCOMMANDS: Final[Mapping[str, Subcommand]] = {
    "export": Export(),
    "token": Token(),
    "prune": Prune(),
    "triggers": Triggers(),
    "check-live": CheckLive(),
}
