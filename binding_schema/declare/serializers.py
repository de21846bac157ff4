"""Rows that other code makes and writes in place of the library's own plan: another framework's serializers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from .context import Context


@dataclass(frozen=True, slots=True)
class SerializerField:
    """One field of the rows that a Serializer makes.

    ``output``: the value's type as it travels, without None: any type that Pydantic knows. ``input``: the type of what a client
    writes, for schemas (the serializer validates); None for the same. ``required``: when a row is created. ``source``: the
    model's field or path whose value it shows, so that a filter by that path is held to the field's rights.
    """

    name: str
    output: Any
    input: Any = None
    nullable: bool = False
    required: bool = False
    readable: bool = True
    writable: bool = True
    label: str = ""
    help: str = ""
    choices: tuple[tuple[Any, str], ...] = ()
    source: str = ""


class Serializer:
    """What an adapter makes of a binding's ``serializer_class``. One instance serves all requests, on worker threads.

    ``needs``: relations and paths that making a row reads, as filters name them; they are fetched for all rows at once.
    ``open``: rows may have keys beyond ``fields``. ``per_user``: rows may differ from user to user; False lets those who see
    the same share them. ``writes``: rows are written by ``save``; else the binding's own fields are.
    """

    fields: Sequence[SerializerField] = ()
    needs: Sequence[str] = ()
    open: bool = False
    per_user: bool = True
    writes: bool = False

    def dump(self, ctx: Context, objects: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
        """A row for each object, in their order; values are what JSON can hold, dates, decimals and the like."""
        raise NotImplementedError

    def save(self, ctx: Context, obj: Any, data: Mapping[str, Any]) -> Model:
        """Validate and write one row, in the write's transaction; ``obj`` is the locked row to update, None to create one.

        ``data`` holds writable fields only, as the client sent them. Returns the saved object. Raises WriteFailed with all that
        is wrong: ``{field: [{"code", "message"}], "__all__": [...]}``.
        """
        raise NotImplementedError
