"""``CHANNELS_BINDING = {...}``: read when the library reads its own settings, which go first."""

from __future__ import annotations

import difflib
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from binding_schema import conf

NAME: Final = "CHANNELS_BINDING"
KEYS: Final = ("AUTHENTIFICATION_CLASSES", "DEFAULT_PAGE_SIZE", "ANONYMOUS_CONNECTION_ALLOWED")
STRATEGIES: Final = (
    "channels_binding.authentification.ByBrowser",
    "channels_binding.authentification.ByHeader",
)
#: The largest page that a client may ask for by `limit`, unless the usual one is larger still.
LARGEST: Final = conf.Settings.model_fields["MAX_PAGE_SIZE"].default


def load() -> dict[str, Any]:
    """The dictionary as keys of BINDING_SCHEMA. Raises ImproperlyConfigured for a key that is none of ours."""
    found = _raw()
    wrong = [_unknown(key) for key in found if key not in KEYS]
    if wrong:
        raise ImproperlyConfigured("\n".join(wrong))
    loaded = {key: found[key] for key in ("DEFAULT_PAGE_SIZE", "ANONYMOUS_CONNECTION_ALLOWED") if key in found}
    size = found.get("DEFAULT_PAGE_SIZE")
    if isinstance(size, int) and size > LARGEST:
        loaded["MAX_PAGE_SIZE"] = size
    if strategy_paths():
        loaded["AUTHENTICATION_CLASSES"] = STRATEGIES
    return loaded


def _raw() -> dict[Any, Any]:
    found = getattr(settings, NAME, {})
    if not isinstance(found, dict):
        raise ImproperlyConfigured(f"{NAME} must be a dictionary, not {type(found).__name__}.")
    return found


def _unknown(key: Any) -> str:
    if key in conf.Settings.model_fields and key != "AUTHENTICATION_CLASSES":
        return f"{NAME}[{key!r}] is a setting of binding-schema's: write BINDING_SCHEMA = {{{key!r}: ...}}."
    near = difflib.get_close_matches(str(key).upper(), KEYS, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(KEYS)}."
    return f"{NAME}[{key!r}] is not a setting. {hint}"


def strategy_paths() -> tuple[str, ...]:
    """AUTHENTIFICATION_CLASSES; one class may stand without a list. Raises ImproperlyConfigured."""
    found = _raw().get("AUTHENTIFICATION_CLASSES", ())
    paths = (found,) if isinstance(found, str) else found
    if not isinstance(paths, (list, tuple)) or not all(isinstance(path, str) and path for path in paths):
        raise ImproperlyConfigured(f"{_place()}: a list of dotted paths is needed, not {found!r}.")
    return tuple(paths)


def require_strategies() -> None:
    """Raises ImproperlyConfigured for a path that cannot be imported, or names what is no strategy."""
    for path in strategy_paths():
        try:
            found = import_string(path)
        except Exception as error:
            message = f"{_place()}: {path!r} cannot be imported: {type(error).__name__}: {error}."
            raise ImproperlyConfigured(message) from error
        if not isinstance(found, type) or not callable(getattr(found, "get_user", None)):
            raise ImproperlyConfigured(f"{_place()}: {path!r} is not a class with a method get_user(self, consumer).")


def _place() -> str:
    return f"{NAME}['AUTHENTIFICATION_CLASSES']"
