"""Whether a serializer's rows can depend on who asks. Where that is not certain, they are made for each user."""

from __future__ import annotations

import dis
import types
from typing import Any, Final

from rest_framework import fields, relations, serializers

from .kinds import is_stock

#: What a project's serializer may have of its own without a row's being any different: it is for writes.
WRITE_SIDE: Final = frozenset(
    "create update save validate to_internal_value run_validation run_validators is_valid".split()
)
#: What every class has.
OF_CLASSES: Final = frozenset(
    "Meta _declared_fields serializer_field_mapping __dict__ __weakref__ __annotate_func__".split()
)
ANY_ARGUMENTS: Final = 0x04 | 0x08  # CO_VARARGS, CO_VARKEYWORDS
#: Their values name the host that was asked.
BY_HOST: Final = (fields.FileField, relations.HyperlinkedRelatedField)


def same_for_all(serializer: Any) -> bool:
    """True if nothing that makes a row of this serializer can see the request: the framework's own fields, on a serializer
    whose own code is for writes alone, or does not touch ``self``."""
    if isinstance(serializer, serializers.ListSerializer):
        return is_stock(type(serializer)) and same_for_all(serializer.child)
    if not isinstance(serializer, serializers.Serializer) or not _is_plain(type(serializer)):
        return False
    return all(_field(item) for item in serializer.fields.values() if not item.write_only)


def _field(item: Any) -> bool:
    if isinstance(item, serializers.BaseSerializer):
        return same_for_all(item)
    if isinstance(item, fields.SerializerMethodField):
        return is_stock(type(item)) and _ignores_self(getattr(type(item.parent), item.method_name, None))
    inner = getattr(item, "child_relation", None) or getattr(item, "child", None)
    if inner is not None and not _field(inner):
        return False
    defaults = getattr(item.default, "requires_context", False)
    return bool(is_stock(type(item)) and not isinstance(item, BY_HOST) and not defaults)


def _is_plain(cls: type) -> bool:
    """Whether a class adds nothing to the framework's that makes a row."""
    own = ((name, value) for base in cls.__mro__ if not is_stock(base) for name, value in vars(base).items())
    return all(_is_harmless(name, value) for name, value in own)


def _is_harmless(name: str, value: Any) -> bool:
    if name in WRITE_SIDE or name in OF_CLASSES:
        return True
    if name.startswith("__") and name.endswith("__"):
        # Notes that Python makes on each class (where it stands, its annotations) are no code.
        return not callable(value) and not hasattr(value, "__get__")
    # Helpers that the framework does not know are reached through `self` alone, which methods of fields do not touch.
    return not hasattr(serializers.ModelSerializer, name)


def _ignores_self(method: Any) -> bool:
    code = getattr(method, "__code__", None)
    # *args and **kwargs are a decorator's, which may do anything.
    if not isinstance(method, types.FunctionType) or code is None or code.co_flags & ANY_ARGUMENTS:
        return False
    if code.co_argcount < 2:
        return bool(code.co_argcount == 1)  # a static method
    own = code.co_varnames[0]
    if own in code.co_cellvars or {"super", "locals", "vars", "__class__"} & {*code.co_names, *code.co_freevars}:
        return False
    # An instruction names one variable, or, in later Pythons, two.
    return not any(
        own == item.argval or (isinstance(item.argval, tuple) and own in item.argval)
        for item in dis.get_instructions(code)
    )
