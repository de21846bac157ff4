"""A create, update or save, as it was sent, becomes drafts of rows: validated by the stream's types, or by its serializer."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError as TypeFault

from ..compile.inputs import PREFIX
from ..compile.ir import Field, Kind, Schema, Stream
from ..conf import settings
from ..declare.context import Context
from ..errors import InvalidData, WriteFailed
from ..types import ALL, FieldErrors, error_item
from . import serialized
from .failures import field_errors
from .write import Draft, Write


def prepare(ctx: Context, schema: Schema, stream: Stream, verb: str, data: dict[str, Any]) -> Write:
    """Validate a create, update or save. Raises InvalidData for a wrong form, WriteFailed for wrong values."""
    many = verb == "save" and "rows" in data
    if not many:
        draft, errors, form = _draft(stream, 0, verb, data)
        if errors:
            raise InvalidData(_first(errors), errors=errors) if form else WriteFailed(errors)
        assert draft is not None
        return _write(stream)(ctx, schema, stream, [draft], False)
    rows = data["rows"]
    if len(data) > 1 or not isinstance(rows, list) or not rows or len(rows) > settings().MAX_ROWS:
        limit = settings().MAX_ROWS
        raise InvalidData(f"`rows` must be the only key, with a list of 1 to {limit} objects.")
    drafts, wrong, wrong_form = [], {}, False
    for index, row in enumerate(rows):
        draft, errors, form = _draft(stream, index, verb, row)
        if errors:
            wrong[str(index)] = errors
            wrong_form = wrong_form or form
        elif draft is not None:
            drafts.append(draft)
    if wrong:
        raise InvalidData("Some rows are not of the right form.", errors=wrong) if wrong_form else WriteFailed(wrong)
    keys = [draft.key for draft in drafts if not draft.creating]
    if len(set(keys)) < len(keys):
        raise InvalidData("`rows` has the same `id` twice.")
    return _write(stream)(ctx, schema, stream, drafts, True)


def _write(stream: Stream) -> type[Write]:
    return Write if stream.saver is None else serialized.SerializedWrite


def _first(errors: FieldErrors) -> str:
    name = next(iter(errors))
    return f"{name}: {errors[name][0]['message']}"


def _draft(stream: Stream, index: int, verb: str, data: Any) -> tuple[Draft | None, FieldErrors, bool]:
    """(draft, errors, whether the form is wrong)."""
    assert stream.types is not None
    if not isinstance(data, dict):
        return None, {ALL: [error_item("invalid", "A row must be an object.")]}, True
    creating = verb == "create" or (verb == "save" and data.get("id") is None)
    if creating and verb == "save":
        data = {name: value for name, value in data.items() if name != "id"}
    if stream.saver is not None:
        return serialized.draft(stream, index, creating, data)
    try:
        parsed = (stream.types.create if creating else stream.types.update).model_validate(data)
    except TypeFault as error:
        errors, form = field_errors(error, stream.fields)
        for name in errors.keys() & stream.fields.keys():
            target = stream.fields[name].target
            if target and isinstance(data.get(name), (dict, list)) and errors[name][0]["code"] != "read_only":
                errors[name] = [error_item("nested", _nested_message(stream.fields[name]))]
        return None, errors, form or (not creating and "id" in errors)
    names = [name.removeprefix(PREFIX) for name in parsed.model_fields_set]
    values = {stream.fields[name]: getattr(parsed, PREFIX + name) for name in names if creating or name != "id"}
    return Draft(index, creating, None if creating else parsed.f_id, values), {}, False  # type: ignore[attr-defined]


def _nested_message(item: Field) -> str:
    kind = "a list of ids" if item.kind is Kind.MANY else "the id"
    return (
        f"Write {kind} of {item.target.removesuffix('Binding')}; nested objects are not written through {item.name!r}."
    )
