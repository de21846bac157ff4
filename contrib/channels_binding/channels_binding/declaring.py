"""A class of ``AsyncBinding`` or ``SyncBinding`` becomes a binding of the library's, which makes an instance for each request."""

from __future__ import annotations

import difflib
import inspect
import types
from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured

from binding_schema import Binding, Event, auto, extend, field

from .handlers import Options, action_of, answer_of, options_of
from .mistakes import BUILT_IN, GONE
from .requests import Consumer, of_context

#: Attributes of the original's.
OWN: Final = frozenset(
    "model stream queryset fields page_size lookup_field serializer_class permission_classes post_save_retrieve abstract".split()
)
#: The library's own attributes and hooks; these hooks have parameters of their own in a class of the original's.
THEIRS: Final = frozenset(name for name in (*vars(Binding), *Binding.__annotations__) if not name.startswith("_"))
HOOKS: Final = frozenset(name for name in THEIRS if inspect.isfunction(getattr(Binding, name, None)))
CHANGED: Final = frozenset({"get_queryset", "filter_queryset", "serialize"})
OPTIONS: Final = type(field())
#: How alike a name must be to one of ours to be taken for a slip of the pen.
ALIKE: Final = 0.85


class Declared(Binding[Any]):
    """What all of them have in common."""

    abstract = True
    _declaration: type[Any]

    def _on(self, ctx: Any) -> Any:
        return self._declaration(of_context(ctx))


def declare(cls: type[Any], bases: tuple[type[Any], ...]) -> None:
    """Make the binding of a class; none of one that has neither a model nor a stream, or says ``abstract = True``.

    ``bases``: our own classes, whose attributes nobody has written. Raises ImproperlyConfigured for what cannot be meant.
    """
    if not bases:
        return
    said = {
        name: value
        for base in reversed(cls.__mro__)
        if base not in (*bases, object)
        for name, value in vars(base).items()
    }
    stream = _stream(cls)
    if stream and not vars(cls).get("stream"):
        cls.stream = stream
        cls._stream_of = cls
    Refusals(cls, said).raise_first()
    if vars(cls).get("abstract", False) or not stream:
        return
    name = cls.__name__
    if not name.removesuffix("Binding") or name in ("AsyncBinding", "SyncBinding"):
        name = f"{getattr(cls.model, '__name__', stream.title().replace('.', ''))}Binding"
    types.new_class(name, (Declared,), {}, lambda space: space.update(_namespace(cls, stream, said)))


def _stream(cls: type[Any]) -> str:
    """The stream that the class or one of its bases names; else that of its model."""
    for base in cls.__mro__:
        given = vars(base).get("stream")
        if given and vars(base).get("_stream_of") is not base:
            return str(given)
    label = getattr(getattr(cls.model, "_meta", None), "label", "")
    return str(label)


def _namespace(cls: type[Any], stream: str, said: Mapping[str, Any]) -> dict[str, Any]:
    space: dict[str, Any] = {
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,
        "__doc__": cls.__doc__,
        "_declaration": cls,
        "abstract": False,
        "model": cls.model,
        "stream": stream,
    }
    taken = THEIRS - HOOKS - OWN
    space |= {name: value for name, value in said.items() if name in taken or isinstance(value, Event)}
    space |= {name: said[name] for name in ("page_size", "lookup_field", "serializer_class") if name in said}
    annotations = _annotations(cls, said)
    listed = cls.fields or (() if annotations else "__all__")
    space["__annotations__"] = annotations
    space |= {name: said[name] for name in annotations if name in said}
    space |= _username(cls, listed, annotations)
    if cls.model is not None and cls.serializer_class is None:
        space["fields"] = listed
    if cls.permission_classes:
        space["permissions"] = list(cls.permission_classes)
    if "default_order" not in said and cls.queryset is not None:
        space |= _order(cls.queryset)
    return space | _hooks(cls, said) | _actions(cls)


def _username(cls: type[Any], listed: Any, annotations: dict[str, Any]) -> dict[str, Any]:
    """The page saves "Changed Username", a blank and all: which characters a name has is held by Django's forms, and neither by
    its ``create_user`` nor by the table. A field that the class itself annotates is as it says."""
    name, rule = getattr(cls.model, "USERNAME_FIELD", ""), getattr(cls.model, "username_validator", None)
    shown = (not cls.fields and not annotations) or name in (cls.fields or ())
    if rule is None or not shown or name in annotations or cls.serializer_class is not None:
        return {}
    annotations |= {"id": auto, name: auto}  # the key comes first, as it does elsewhere
    column = cls.model._meta.get_field(name)
    return {name: field(validators=[item for item in column.validators if not isinstance(item, type(rule))])}


def _annotations(cls: type[Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """Fields that are written as the library's own bindings write them: `title: auto`, `count_: auto = field(...)`."""
    found = {}
    for base in reversed(cls.__mro__):
        if base.__module__.partition(".")[0] != __package__:
            found.update(inspect.get_annotations(base))
    return {
        name: kind
        for name, kind in found.items()
        if not name.startswith("_") and name not in OWN | THEIRS and isinstance(said.get(name, OPTIONS()), OPTIONS)
    }


def _order(queryset: Any) -> dict[str, Any]:
    """The order of `queryset`, where it is one of plain columns, goes for clients that name none."""
    names = ["id" if name == "pk" else "-id" if name == "-pk" else name for name in queryset.query.order_by]
    plain = names and all(isinstance(name, str) and name != "?" for name in names)
    return {"default_order": names} if plain else {}


# Hooks ------------------------------------------------------------------------------------------------------------------


def _hooks(cls: type[Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """Only those that the class has: one that is there costs the library a way to answer several users at once."""
    found: dict[str, Any] = {name: _passed(name) for name in HOOKS - CHANGED - {"visible_to"} if name in said}
    if "visible_to" in said:
        found["visible_to"] = lambda self, user: self._declaration(Consumer(None, user)).visible_to(user)
    if "get_queryset" in said or cls.queryset is not None:
        found["get_queryset"] = lambda self, ctx: self._on(ctx).get_queryset({})
    if "get_queryset" in said or "filter_queryset" in said:
        found["filter_queryset"] = _narrowing("get_queryset" in said)
    makes_rows = any(callable(getattr(cls.model, name, None)) for name in ("__json__", "to_json"))
    if "serialize" in said or (makes_rows and cls.serializer_class is None):
        found["serialize"] = _serialize
    return found


def _passed(name: str) -> Any:
    def hook(self: Any, ctx: Any, *arguments: Any) -> Any:
        own = getattr(self._declaration, name)
        return own(self._on(ctx), ctx, *arguments)

    hook.__signature__ = inspect.signature(getattr(Binding, name))  # type: ignore[attr-defined]
    return hook


def _narrowing(by_queryset: bool) -> Any:
    def filter_queryset(self: Any, ctx: Any, queryset: Any, data: Mapping[str, Any]) -> Any:
        binding = self._on(ctx)
        if by_queryset:
            some = extend.run_hook(binding.get_queryset, dict(data))
            queryset = queryset.filter(pk__in=(some if some.query.is_sliced else some.order_by()).values("pk"))
        return extend.run_hook(binding.filter_queryset, queryset, dict(data))

    return filter_queryset


def _serialize(self: Any, ctx: Any, obj: Any) -> Any:
    return answer_of(extend.run_hook(self._on(ctx).serialize, obj, {}))


# Handlers ---------------------------------------------------------------------------------------------------------------


def _actions(cls: type[Any]) -> dict[str, Any]:
    return {event: action_of(cls, name, event, options) for name, event, options in handlers(cls)}


def handlers(cls: type[Any]) -> list[tuple[str, str, Options]]:
    """(method, event, options) of each method that ``@bind`` marked."""
    found = []
    for name in dir(cls):
        options = options_of(inspect.getattr_static(cls, name))
        if options is not None:
            found.append((name, options.name or name, options))
    return found


# Mistakes ---------------------------------------------------------------------------------------------------------------


class Refusals:
    """What a class says that the library would pass over: told when the class is made, as a system check and at the server's
    start."""

    def __init__(self, cls: type[Any], said: Mapping[str, Any]) -> None:
        self.cls = cls
        self.said = said

    def raise_first(self) -> None:
        for message in (*self._events(), *self._methods(), *self._names()):
            raise ImproperlyConfigured(f"{place(self.cls)}: {message}")

    def _events(self) -> list[str]:
        found = []
        for name, event, _ in handlers(self.cls):
            if event in BUILT_IN:
                found.append(f"@bind makes {name!r} the handler of the built-in event {event!r}. {BUILT_IN[event]}")
            elif not (isinstance(event, str) and event.isascii() and event.isidentifier()):
                found.append(f"@bind({event!r}): an event's name has ASCII letters, digits and _.")
        return found

    def _methods(self) -> list[str]:
        unmarked = [name for name in BUILT_IN if name in self.said and options_of(self.said[name]) is None]
        found = [f"the method {name!r} handles nothing. {BUILT_IN[name]}" for name in unmarked if name not in KEPT]
        return found + [f"{name!r} is not asked any more. {GONE[name]}" for name in GONE if name in self.said]

    def _names(self) -> list[str]:
        if "permissions" in self.said and self.cls.permission_classes:
            return ["it has `permissions` and `permission_classes`. Say it once."]
        found = []
        for name, value in self.said.items():
            if name.startswith("_") or name in OWN | THEIRS or callable(value) or isinstance(value, (Event, OPTIONS)):
                continue
            near = difflib.get_close_matches(name, OWN | (THEIRS - HOOKS), n=1, cutoff=ALIKE)
            if near:
                found.append(f"`{name}` means nothing to a binding. Did you mean `{near[0]}`? Else use another name.")
        return found


#: Methods of our own bases that have the name of a built-in event.
KEPT: Final = frozenset({"subscribe", "unsubscribe"})


def place(cls: type[Any]) -> str:
    """``file:line Class``."""
    try:
        return f"{inspect.getsourcefile(cls)}:{inspect.getsourcelines(cls)[1]} {cls.__qualname__}"
    except (OSError, TypeError):
        return f"{cls.__module__}.{cls.__qualname__}"
