"""``BINDING_SCHEMA = {...}``: one frozen, typed object. Unknown or wrong keys are refused at start-up by name."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Annotated, Any, Final, Self

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.module_loading import import_string
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

Positive = Annotated[int, Field(strict=True, gt=0)]
Seconds = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
Flag = Annotated[bool, Field(strict=True)]
Name = Annotated[str, Field(strict=True, min_length=1)]
Address = Annotated[str, Field(strict=True, pattern=r"^(/[^\s/;,'][^\s;,']*|/|wss?://[^\s/;,']+(/[^\s;,']*)?)$")]
Origin = Annotated[str, Field(strict=True, pattern=r"^(\*|[a-z][a-z0-9+.-]*://[^/\s]+)$")]


#: What to write for a setting whose form is not plain from the complaint about it.
EXAMPLES: Final = {
    "AUTHENTICATION_CLASSES": '["binding_schema.resolve.authentication.SessionAuthentication"]',
    "DEFAULT_PERMISSIONS": '["binding_schema.IsAuthenticated"]',
    "DEFAULT_THROTTLES": '["shop.throttles.PerMinute"]',
    "ALLOWED_ORIGINS": '["https://app.example.org"]',
    "WEBSOCKET_URL": '"/ws/" or "wss://live.example.org/ws/"',
    "SCHEMA_PERMISSIONS": '["binding_schema.IsAdminUser"]',
    "GRAPHQL_SCHEMA": '"shop.graphql.schema"',
}


class Settings(BaseModel):
    """The library's settings, with their defaults. Times are seconds, sizes are bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    # Who may connect.
    ANONYMOUS_CONNECTION_ALLOWED: Flag = False
    AUTHENTICATION_CLASSES: tuple[Name, ...] = (
        "binding_schema.resolve.authentication.TokenAuthentication",
        "binding_schema.resolve.authentication.SessionAuthentication",
    )
    DEFAULT_PERMISSIONS: Annotated[tuple[Name, ...], Field(min_length=1)] = ("binding_schema.DjangoModelPermissions",)
    DEFAULT_THROTTLES: tuple[Name, ...] = ()
    """How often a user may ask a stream whose binding says nothing of it, beside MAX_REQUESTS_PER_SECOND."""
    ALLOWED_ORIGINS: tuple[Origin, ...] | None = None
    """Origins such as ``https://app.example.org``; without them an origin's host must be in ``ALLOWED_HOSTS``."""
    TOKEN_MAX_AGE: Positive = 24 * 3600
    USER_MAX_AGE: Seconds = 30
    """How long a connection's user is trusted before it is read from the database again."""

    # Sizes and counts.
    DEFAULT_PAGE_SIZE: Positive = 25
    MAX_PAGE_SIZE: Positive = 100
    LIST_LIMIT: Positive = 1000
    MAX_FRAME_BYTES: Positive = 1 << 20
    MAX_BATCH: Positive = 50
    MAX_IDS: Positive = 100
    MAX_ROWS: Positive = 500
    MAX_FILTER_TERMS: Positive = 50
    MAX_FILTER_DEPTH: Positive = 5
    MAX_IN_VALUES: Positive = 1000
    MAX_QUERY_LENGTH: Positive = 200

    # Rates and times.
    MAX_IN_FLIGHT: Positive = 32
    MAX_REQUESTS_PER_SECOND: Positive | None = 200
    MAX_VIOLATIONS: Positive | None = 100
    """Broken frames within a minute after which a connection is closed (4429)."""
    REQUEST_TIMEOUT: Seconds = 30
    HANDSHAKE_TIMEOUT: Seconds = 10
    IDLE_TIMEOUT: Seconds | None = None

    # Work.
    DB_THREADS: Annotated[int, Field(strict=True, ge=0, le=256)] = 4
    """Worker threads of the process, each with its own connection; 0 runs on asgiref's own thread, as tests may want."""
    IDEMPOTENCY_MAX_AGE: Positive = 24 * 3600

    # The live engine.
    LIVE: Flag = True
    """Off: no change is logged, nobody is told of one, and `subscribe` is unsupported."""
    CHANNEL_LAYER: Name = "default"
    """The alias in CHANNEL_LAYERS of the layer that wakes the other processes."""
    LIVE_POLL_INTERVAL: Seconds = 5
    """How often a process that has interests looks for changes that no message told it of."""
    LIVE_DEBOUNCE: Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)] = 0.05
    """How often, at most, a list with a limit is asked again after changes."""
    LIVE_LOG_MAX_AGE: Positive = 24 * 3600
    LIVE_LOG_MAX_ROWS: Positive = 1_000_000
    """What `manage.py binding_schema prune` leaves of the change log; a resume from before it is a `resync`."""
    LIVE_SETTLE_LAG: Seconds = 10
    """On MySQL and MariaDB: the age at which a change counts as settled, so the longest time that a write may take."""
    LIVE_RESUME_MAX_CHANGES: Positive = 10_000
    MAX_AUTO_INTERESTS: Positive = 200
    MAX_INTERESTS: Positive = 100
    MAX_HELD_IDS: Positive = 10_000
    MAX_HAVE: Positive = 1000
    MAX_QUEUED_FRAMES: Positive = 1000
    MAX_QUEUED_BYTES: Positive = 4 << 20
    """Live frames that wait for one connection; past either bound it is told `resync`."""
    MAX_EVENT_BYTES: Positive = 64 << 10
    SSE_PING_INTERVAL: Seconds = 15

    # The exports.
    SCHEMA_PERMISSIONS: Annotated[tuple[Name, ...], Field(min_length=1)] = ("binding_schema.IsAdminUser",)
    """Who may read the whole schema at `<root>schema/`, with the names of fields that not everyone may see."""
    SCHEMA_TITLE: Name = "API"
    GRAPHQL_SCHEMA: Name | None = None
    """The dotted path of a project's own GraphQL schema, for the export; None: that of all bindings."""

    # The console.
    CONSOLE: Flag | None = None
    """Whether browsers get the console at the root of the HTTP routes. None: where DEBUG is on."""
    WEBSOCKET_URL: Address | None = None
    """Where the WebSocket is, for the console and the exports. None: `/ws/`; the console looks into ASGI_APPLICATION's routes."""

    # GraphQL, where it is installed.
    GRAPHQL_MAX_TOKENS: Positive = 2000
    GRAPHQL_MAX_DEPTH: Positive = 12
    GRAPHQL_MAX_ALIASES: Positive = 30
    GRAPHQL_MAX_COMPLEXITY: Positive = 100_000
    """Values that one operation may ask for: its fields, times the rows that may come back."""
    GRAPHQL_MAX_SUBSCRIPTIONS: Positive = 100
    """Subscriptions of one WebSocket connection."""
    GRAPHQL_INTROSPECTION: Flag | None = None
    """None: where DEBUG is on."""
    GRAPHQL_PERSISTED_QUERIES: Flag = True

    @model_validator(mode="after")
    def _pages_fit(self) -> Self:
        if self.DEFAULT_PAGE_SIZE > self.MAX_PAGE_SIZE:
            raise PydanticCustomError(
                "page_size",
                "BINDING_SCHEMA['DEFAULT_PAGE_SIZE'] is {page}, more than BINDING_SCHEMA['MAX_PAGE_SIZE'], {most}.",
                {"page": self.DEFAULT_PAGE_SIZE, "most": self.MAX_PAGE_SIZE},
            )
        return self


def load(raw: Any, sources: Mapping[str, str] = MappingProxyType({})) -> Settings:
    """Validate ``raw``, the settings dictionary; raises ImproperlyConfigured that names each bad key.

    ``sources`` says in which Django setting a key stands that another package provided.
    """
    if not isinstance(raw, dict):
        raise ImproperlyConfigured(f"BINDING_SCHEMA must be a dictionary, not {type(raw).__name__}.")
    try:
        return Settings(**{str(key): value for key, value in raw.items()})
    except ValidationError as error:
        lines = [_explain(item["loc"], item["type"], item["msg"], item["input"], sources) for item in error.errors()]
        raise ImproperlyConfigured("\n".join(lines)) from None


def _explain(loc: tuple[int | str, ...], kind: str, message: str, value: Any, sources: Mapping[str, str]) -> str:
    if not loc:
        return message
    name = str(loc[0])
    place = f"{sources.get(name, 'BINDING_SCHEMA')}[{name!r}]"
    if kind != "extra_forbidden":
        example = EXAMPLES.get(name)
        hint = f" Write {name!r}: {example}." if example else ""
        return f"{place}: {message}, not {value!r}.{hint}"
    near = difflib.get_close_matches(name.upper(), Settings.model_fields, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(Settings.model_fields)}."
    return f"{place} is not a setting. {hint}"


def imported(key: str, path: str) -> Any:
    """What the dotted ``path`` in the setting ``key`` names. Raises ImproperlyConfigured that names both."""
    try:
        return import_string(path)
    except Exception as error:
        message = f"BINDING_SCHEMA[{key!r}]: {path!r} cannot be imported: {type(error).__name__}: {error}."
        raise ImproperlyConfigured(f"{message} Write {key!r}: {EXAMPLES[key]}.") from error


def require_authentication(config: Settings) -> None:
    """Raises ImproperlyConfigured for what is named as an authentication class and is none."""
    key = "AUTHENTICATION_CLASSES"
    for path in config.AUTHENTICATION_CLASSES:
        found = imported(key, path)
        if not isinstance(found, type) or not callable(getattr(found, "authenticate", None)):
            message = f"BINDING_SCHEMA[{key!r}]: {path!r} is not a class with a method authenticate(self, handshake)."
            raise ImproperlyConfigured(f"{message} Write {key!r}: {EXAMPLES[key]}.")


#: What other packages provide: the Django setting in which it stands, and what reads it.
_provided: dict[str, Callable[[], Mapping[str, Any]]] = {}


def provide(load: Callable[[], Mapping[str, Any]], setting: str) -> None:
    """Settings from another package, which hold where BINDING_SCHEMA says nothing. For packages that build on this one.

    ``load`` returns keys of BINDING_SCHEMA with their values; it is called whenever the settings are read anew, which they are
    when the Django setting ``setting`` changes, and raises ImproperlyConfigured. ``setting`` is what messages name. Call it when
    the package's app is imported, so before the bindings are compiled; a second call for one setting takes the first one's place.
    """
    _provided[setting] = load
    settings.cache_clear()


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings as they are now. Read when needed, never at import."""
    own = getattr(django_settings, "BINDING_SCHEMA", {})
    if not isinstance(own, dict):
        return load(own)
    sources: dict[str, str] = {}
    merged: dict[str, Any] = {}
    for setting, read in _provided.items():
        found = dict(read())
        sources |= dict.fromkeys(found, setting)
        merged |= found
    return load(merged | own, {key: setting for key, setting in sources.items() if key not in own})


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "BINDING_SCHEMA" or setting in _provided:
        settings.cache_clear()


setting_changed.connect(_forget, dispatch_uid="binding_schema.conf")
