"""``manage.py binding_schema token USER``: a bearer token, alone on standard output, so that a script can take it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from ...resolve.authentication import make_token
from .base import Subcommand


class Token(Subcommand):
    help: ClassVar[str] = "Print a bearer token for a user. It expires by itself, and when the user's password changes."

    def add_arguments(self, parser: CommandParser) -> None:
        name = get_user_model().USERNAME_FIELD
        parser.add_argument("user", metavar="USER", help=f"The user's {name}.")
        age = "How long the token is valid; without it, as long as the setting TOKEN_MAX_AGE says."
        parser.add_argument("--max-age", type=seconds, metavar="SECONDS", help=age)

    def run(self, options: Mapping[str, Any]) -> str:
        return make_token(active_user(options["user"]), options["max_age"])


def active_user(name: str) -> Any:
    """The user whose USERNAME_FIELD is ``name``. Raises CommandError."""
    model = get_user_model()
    try:
        user = model._default_manager.get(**{model.USERNAME_FIELD: name})
    except (model.DoesNotExist, ValueError, ValidationError):
        raise CommandError(f"There is no user with the {model.USERNAME_FIELD} {name!r}.") from None
    if not user.is_active:
        raise CommandError(f"The user {name!r} is not active: a token would be refused.")
    return user


def seconds(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of seconds from 1 up.")
    return number
