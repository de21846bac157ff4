"""Writes of streams whose rows are validated and written by a serializer, in place of the model's own validation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError as ModelError
from django.db import IntegrityError
from pydantic import TypeAdapter
from pydantic import ValidationError as TypeFault

from ..compile.ir import Scalar, Stream
from ..errors import InvalidData, WriteFailed
from ..types import FieldErrors, error_item
from .failures import constraint_errors, model_errors
from .write import Draft, Write


@dataclass(slots=True)
class SerializedWrite(Write):
    """The same rights, locks and transaction as any write; what is written is the serializer's to decide."""

    writing: Draft | None = None
    """The row that is being written; None once all are, since what a commit refuses may be any of them."""

    def _prepare(self) -> None:
        """Nothing: the serializer validates each row as it saves it."""

    def _save(self) -> None:
        saver = self.stream.saver
        assert saver is not None
        for draft in self.drafts:
            self.writing = draft
            ctx = self._as("create" if draft.creating else "update")
            data = {item.name: value for item, value in draft.values.items()}
            try:
                draft.instance = saver.save(ctx, None if draft.creating else draft.instance, data)
            except WriteFailed as error:
                draft.complain(error.errors)
            except ModelError as error:
                draft.complain(model_errors(self.stream, error))
        self.writing = None
        self._raise_errors()

    def _explain(self, error: Exception) -> None:
        if not isinstance(error, IntegrityError):
            raise InvalidData("A value is out of the database's range.") from None
        errors = constraint_errors(self.stream, error)
        if self.writing is None:
            raise WriteFailed(errors) from None
        self.writing.complain(errors)


def draft(stream: Stream, index: int, creating: bool, data: dict[str, Any]) -> tuple[Draft | None, FieldErrors, bool]:
    """(draft, errors, whether the form is wrong): only names are looked at, the values are the serializer's to validate."""
    errors: FieldErrors = {}
    key = None
    if not creating:
        try:
            key = _adapter(stream.fields["id"].type).validate_python(data.get("id"))
        except TypeFault as fault:
            code = "invalid" if "id" in data else "required"
            message = f"{fault.errors()[0]['msg']}." if "id" in data else "This field is required."
            errors["id"] = [error_item(code, message)]
    for name in data:
        item = stream.fields.get(name)
        if item is None:
            errors[name[:100]] = [error_item("unknown", "There is no such field.")]
        elif item.writable is False and (creating or name != "id"):
            errors[name] = [error_item("read_only", "This field is read-only.")]
    if errors:
        return None, errors, True
    values = {stream.fields[name]: value for name, value in data.items() if creating or name != "id"}
    return Draft(index, creating, key, values), {}, False


@lru_cache(maxsize=1024)
def _adapter(scalar: Scalar) -> TypeAdapter[Any]:
    return TypeAdapter(scalar.input)
