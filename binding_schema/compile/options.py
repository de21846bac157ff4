"""What ``field(...)`` and the markers say, held against each other before the model is asked."""

from __future__ import annotations

import inspect
from typing import Any

from ..declare.binding import Binding
from ..declare.fields import FieldOptions, Marker
from .annotations import Declared
from .permissions import is_permission
from .problems import Problems


def sound(binding: type[Binding[Any]], item: Declared, problems: Problems) -> bool:
    """Whether a field's options can be used; a problem is noted for each that cannot."""
    before = len(problems.found)
    options = item.options
    for name in ("readable", "writable"):
        _check_rule(binding, item.name, name, getattr(options, name), problems)
    for name in ("source", "label", "help", "deprecated"):
        if not isinstance(getattr(options, name), (str, type(None))):
            hint = f'Write `{item.name}: ... = field({name}="...")`.'
            problems.add(24, binding, f"field {item.name!r}: `{name}` is {getattr(options, name)!r}.", hint)
    if not (options.depth is None or (type(options.depth) is int and options.depth > 0)):
        hint = "Write how many times the binding may repeat within itself: field(depth=1)."
        problems.add(24, binding, f"field {item.name!r}: `depth` is {options.depth!r}.", hint)
    given = options.validators
    if given is not None and not (isinstance(given, (list, tuple)) and all(callable(one) for one in given)):
        hint = f"Write `{item.name}: ... = field(validators=[...])`, with functions of the value; [] for none."
        problems.add(24, binding, f"field {item.name!r}: `validators` is {given!r}.", hint)
    _check_use(binding, item, options, problems)
    return len(problems.found) == before


def _check_rule(binding: type[Binding[Any]], field: str, name: str, rule: Any, problems: Problems) -> None:
    if isinstance(rule, bool) or is_permission(rule):
        return
    if not callable(rule):
        hint = f"Write {name}=False, or a function of the Context: {name}=is_staff."
        problems.add(24, binding, f"field {field!r}: `{name}` is {rule!r}.", hint)
    elif not takes(rule, 1):
        hint = "Write `def rule(ctx: Context) -> bool:`, with one parameter."
        problems.add(24, binding, f"field {field!r}: the function of `{name}` cannot be called with a Context.", hint)


def _check_use(binding: type[Binding[Any]], item: Declared, options: FieldOptions, problems: Problems) -> None:
    """Refuse a field that nobody could read or write."""
    unread = Marker.WRITE_ONLY in item.markers or options.readable is False
    unwritten = Marker.READ_ONLY in item.markers or options.writable is False
    if unread and unwritten:
        hint = "Leave the field out, or take one of ReadOnly, WriteOnly, readable=False and writable=False away."
        problems.add(25, binding, f"field {item.name!r} can neither be read nor written.", hint)
    if Marker.READ_ONLY in item.markers and options.writable not in (True, False):
        hint = "Take ReadOnly[...] away, or `writable`."
        problems.add(26, binding, f"field {item.name!r} is ReadOnly and has a rule for writing.", hint)


def takes(function: Any, count: int) -> bool:
    """Whether a callable can be called with so many positional arguments."""
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError:
        return False
    except ValueError:  # written in C, without a signature
        return True
    return True
