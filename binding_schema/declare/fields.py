"""How a field is declared: ``auto``, ``field(...)``, ``ReadOnly``, ``WriteOnly`` and ``@computed``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, overload

T = TypeVar("T")


class Marker(Enum):
    """What an annotation can say beside its type."""

    AUTO = "auto"
    READ_ONLY = "read_only"
    WRITE_ONLY = "write_only"


ReadOnly = Annotated[T, Marker.READ_ONLY]
WriteOnly = Annotated[T, Marker.WRITE_ONLY]

if TYPE_CHECKING:
    auto = Any
else:
    auto = Annotated[Any, Marker.AUTO]


@dataclass(frozen=True, slots=True)
class FieldOptions:
    """The options of one ``field(...)``."""

    source: str | None = None
    readable: Any = True
    writable: Any = True
    label: str | None = None
    help: str | None = None
    depth: int | None = None
    deprecated: str | None = None
    validators: Sequence[Callable[[Any], Any]] | None = None


def field(
    *,
    source: str | None = None,
    readable: Any = True,
    writable: Any = True,
    label: str | None = None,
    help: str | None = None,
    depth: int | None = None,
    deprecated: str | None = None,
    validators: Sequence[Callable[[Any], Any]] | None = None,
) -> Any:
    """Say more about a field than its annotation does.

    ``source``: the model's field, or a path through foreign keys (``team__name``), if the name differs.
    ``readable``, ``writable``: a bool or a function of the Context; ``readable`` may also return a ``Q``, which makes
    the field readable on the rows that match it. ``label``, ``help``: override the model's ``verbose_name`` and ``help_text``.
    ``depth``: how many times a nested binding that refers to itself may repeat. ``deprecated``: why not to use it any more,
    and what to use instead, as schemas tell it. ``validators``: in place of those of the model's field; its type, length, choices
    and uniqueness hold all the same.
    """
    return FieldOptions(source, readable, writable, label, help, depth, deprecated, validators)


class Computed:
    """A value computed in Python from an instance on which ``needs`` are loaded. ``needs`` is kept as it was written."""

    def __init__(self, func: Callable[..., Any], needs: Any, options: FieldOptions) -> None:
        self.func = func
        self.needs = tuple(needs) if isinstance(needs, (list, tuple, set, frozenset)) else needs
        self.options = options
        self.__doc__ = func.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> Computed: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Callable[..., Any]: ...
    def __get__(self, instance: object | None, owner: type) -> Any:
        return self if instance is None else self.func.__get__(instance, owner)


def computed(
    *,
    needs: Sequence[str],
    readable: Any = True,
    label: str | None = None,
    help: str | None = None,
    deprecated: str | None = None,
) -> Callable[[Callable[..., T]], Computed]:
    """Declare a read-only field that a method computes: ``@computed(needs=["created_at"]) def age_days(self, obj) -> int``.

    ``needs`` names the model's fields, paths through foreign keys, and relations to many that the method reads:
    they are fetched in a fixed number of queries. A query inside the method is refused, as it would run for each row.
    """

    def decorate(func: Callable[..., T]) -> Computed:
        options = FieldOptions(readable=readable, writable=False, label=label, help=help, deprecated=deprecated)
        return Computed(func, needs, options)

    return decorate
