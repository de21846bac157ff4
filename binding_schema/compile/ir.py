"""The intermediate representation: what every later layer reads instead of models, annotations and declarations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

from django.db.models import Model
from pydantic import BaseModel, TypeAdapter

from ..declare.binding import Binding
from ..declare.context import Context
from ..declare.serializers import Serializer
from ..declare.throttles import BaseThrottle
from ..types import Json

# `Field` has a member named `type`, which hides the builtin in its annotations.
EnumType: TypeAlias = type[Enum]


class Kind(Enum):
    """How a field gets its value."""

    COLUMN = "column"  # one column, of the model or through foreign keys
    ONE = "one"  # a nested object
    MANY = "many"  # nested rows
    IDS = "ids"  # primary keys of related rows
    COMPUTED = "computed"  # a method of the binding
    SERIALIZED = "serialized"  # a serializer, which makes whole rows


@dataclass(frozen=True, slots=True)
class Scalar:
    """A finished type. ``input`` validates a JSON value into the model's Python value; ``output`` is the value's type as
    it travels; ``dump`` turns a database value into a JSON one where the JSON encoder cannot."""

    input: Any
    output: Any
    dump: Callable[[Any], Json] | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """How related rows are found: ``parent`` is the parent's column whose values the related rows' ``link`` column has.

    For many-to-many ``through`` is the table between: ``link`` is its column to the parent, ``target`` its relation to the
    related model. ``name`` is the model's own name of the relation, as ``prefetch`` and writes use it.
    """

    name: str
    model: type[Model]
    many: bool
    parent: str
    link: str
    through: type[Model] | None = None
    target: str = ""
    joinable: bool = False
    key: str = "pk"


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One field of a binding. ``path`` is what a queryset's ``values_list`` takes; ``attribute`` is the model field that a
    write sets. ``readable`` and ``writable`` are a bool or a function of the Context."""

    name: str
    kind: Kind
    path: str
    type: Scalar
    nullable: bool = False
    required: bool = False
    readable: Any = True
    writable: Any = True
    write_only: bool = False
    create_only: bool = False
    attribute: str = ""
    label: str = ""
    help: str = ""
    deprecated: str = ""
    choices: tuple[tuple[Any, str], ...] = ()
    enum: EnumType | None = None
    relation: Relation | None = None
    target: str = ""
    depth: int | None = None
    shape: Shape | None = None
    compute: Callable[[Any], Any] | None = None
    needs: tuple[str, ...] = ()
    is_async: bool = False
    limit_choices_to: Any = None
    validators: tuple[Callable[[Any], Any], ...] | None = None
    """In place of the model field's own; None: those."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The readable fields of a stream with their nested shapes laid out, so that it is finite. ``key`` names the stream.
    ``open``: rows may have other keys too, and may be without these."""

    key: str
    fields: tuple[Field, ...]
    open: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """One declared filter key (``priority__gte``). ``many``: the path crosses a relation to many; ``is_key``: it compares
    keys of objects. With a ``condition`` it is what that says for a value, and has neither path nor lookup."""

    key: str
    path: str
    lookup: str
    adapter: TypeAdapter[Any]
    field: str = ""
    many: bool = False
    takes_list: bool = False
    is_key: bool = False
    condition: Callable[[Context, Any], Any] | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A field that rows may be ordered by; ``adapter`` validates a cursor's value of it."""

    name: str
    path: str
    nullable: bool
    adapter: TypeAdapter[Any]
    field: str = ""


@dataclass(frozen=True, slots=True)
class SearchField:
    path: str
    field: str = ""
    many: bool = False


class ResultKind(Enum):
    """What an action's result becomes in the frame's data."""

    NOTHING = "nothing"  # {success: true}
    OBJECT = "object"  # the object, as the user may see it
    ROWS = "rows"  # {rows: [...]}, as the user may see them
    VALUE = "value"  # the value itself if it dumps to an object, else {result: value} or {rows: [...]}


@dataclass(frozen=True, slots=True)
class Action:
    name: str
    read: bool
    atomic: bool
    on_object: bool
    is_async: bool
    permission: Any
    params: type[BaseModel]
    result: TypeAdapter[Any]
    result_kind: ResultKind
    help: str = ""
    open: str = ""
    """The name of its ``**`` parameter, which takes keys that are not declared; empty for an action that has none."""
    taken: frozenset[str] = frozenset()
    """Names that no further key can have, since the method's own first parameters have them."""


@dataclass(frozen=True, slots=True)
class Event:
    """A declared custom event; ``adapter`` validates and dumps its data."""

    name: str
    adapter: TypeAdapter[Any]
    help: str = ""


@dataclass(frozen=True, slots=True)
class Dependency:
    """Rows of ``model`` that count as part of the stream's objects: those that ``path`` leads to from them."""

    path: str
    model: type[Model]


@dataclass(frozen=True, slots=True)
class Watch:
    """What the live engine listens to for one stream.

    ``links``: the tables between of the many-to-many relations that its objects show, with the relation's name from the
    model. ``dependencies``: rows of other models, by path. ``touches``: (child model, its foreign key, parent model) where
    a child's coming and going changes the parent. ``rights``: models whose rows decide who sees what.
    """

    links: tuple[tuple[type[Model], str], ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    touches: tuple[tuple[type[Model], str, type[Model]], ...] = ()
    rights: tuple[type[Model], ...] = ()


@dataclass(frozen=True, slots=True)
class Making:
    """Rows made by other code than a plan: by the ``serializer``, or, without one, by the binding's own ``serialize``.

    ``needs`` are fetched for all rows at once. ``open``: they may have other keys than the fields. ``per_user``: they may
    differ from user to user.
    """

    serializer: Serializer | None
    needs: tuple[str, ...] = ()
    open: bool = False
    per_user: bool = True


@dataclass(frozen=True, slots=True)
class Types:
    """A stream's finished Pydantic types: one for each thing that a client may send, and one for the rows it gets."""

    row: type[BaseModel]
    create: type[BaseModel]
    update: type[BaseModel]
    args: Mapping[str, type[BaseModel]]


@dataclass(frozen=True, slots=True)
class Naming:
    """The field that may stand for the ``id``: its name in the data, its column, and a type with it as the one member."""

    name: str
    path: str
    type: type[BaseModel]


@dataclass(frozen=True, slots=True)
class Stream:
    """A compiled binding. ``name`` is empty for one that is only nested. ``key`` names it within the schema."""

    key: str
    name: str
    binding: Binding[Any]
    model: type[Model] | None
    fields: Mapping[str, Field]
    shape: Shape
    permission: Any
    verbs: frozenset[str]
    filters: Mapping[str, Filter]
    orders: Mapping[str, Order]
    default_order: tuple[tuple[Order, bool], ...]
    pk_order: Order | None
    search: tuple[SearchField, ...]
    actions: Mapping[str, Action]
    page_size: int
    max_page_size: int
    list_limit: int
    has_row_rule: bool
    own_queryset: bool
    object_rules: bool
    auto_subscribe: bool
    types: Types | None
    by_attribute: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, Event] = field(default_factory=dict)
    watch: Watch = field(default_factory=Watch)
    graphql_name: str = ""
    help: str = ""
    naming: Naming | None = None
    making: Making | None = None
    throttles: tuple[BaseThrottle, ...] = ()
    own_filter: bool = False
    """Whether the binding narrows lists by a request's whole data, in Python."""
    filters_by_user: bool = False
    """Whether what is in a list is decided in Python, by ``own_filter`` or a filter's condition, and so maybe by the user."""

    @property
    def saver(self) -> Serializer | None:
        """What validates and writes rows, if not the resolver layer itself."""
        serializer = self.making.serializer if self.making is not None else None
        return serializer if serializer is not None and serializer.writes else None

    @property
    def shows_by_user(self) -> bool:
        """Whether which rows there are, or what is in them, is decided in Python, maybe by the user."""
        return self.own_queryset or (self.making is not None and self.making.per_user)


@dataclass(frozen=True, slots=True)
class Schema:
    """All streams: the served ones by ``name``, every one by ``key``, and the first binding of each model."""

    streams: Mapping[str, Stream]
    by_key: Mapping[str, Stream]
    by_model: Mapping[type[Model], str]
