"""What Pydantic, Django and the databases complain of, in the words of the protocol."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.core.exceptions import ValidationError as ModelError
from django.db import IntegrityError
from django.db.models import UniqueConstraint
from pydantic import ValidationError as TypeFault

from ..compile.ir import Stream
from ..errors import InvalidData
from ..types import ALL, ErrorItem, FieldErrors, error_item

#: Pydantic's kinds of error -> the codes that Django's own fields use.
CODES = {
    "missing": "required",
    "extra_forbidden": "unknown",
    "string_too_long": "max_length",
    "string_too_short": "min_length",
    "literal_error": "invalid_choice",
    "too_long": "max_length",
}


def field_errors(error: TypeFault, known: Iterable[str] = ()) -> tuple[FieldErrors, bool]:
    """(errors by field, whether the request's form itself is wrong). ``known``: fields that are there but not writable."""
    found: FieldErrors = {}
    wrong_form = False
    readonly = frozenset(known)
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        name = str(item["loc"][0]) if item["loc"] else ALL
        code, message = CODES.get(item["type"], "invalid"), _sentence(item["msg"])
        if item["type"] == "extra_forbidden":
            wrong_form = True
            code = "read_only" if name in readonly else "unknown"
            message = "This field is read-only." if name in readonly else "There is no such field."
        if item["type"] == "missing":
            message = "This field is required."
        found.setdefault(name[:100], []).append(error_item(code, message))
    return found, wrong_form


def invalid_data(error: TypeFault, known: Iterable[str] = ()) -> InvalidData:
    errors, _ = field_errors(error, known)
    first = next(iter(errors))
    return InvalidData(
        f"{first}: {errors[first][0]['message']}" if first != ALL else errors[first][0]["message"], errors=errors
    )


def _sentence(text: str) -> str:
    text = text.removeprefix("Value error, ")
    return f"{text[:1].upper()}{text[1:]}."


def model_errors(stream: Stream, error: ModelError) -> FieldErrors:
    """Django's ValidationError, with the binding's field names. Complaints about fields it does not have go to all."""
    if not hasattr(error, "error_dict"):
        return {ALL: [_item(part) for part in error.error_list]}
    found: FieldErrors = {}
    for name, parts in error.error_dict.items():
        known = name in stream.fields or name in stream.by_attribute
        key = ALL if name == NON_FIELD_ERRORS or not known else stream.by_attribute.get(name, name)
        found.setdefault(key, []).extend(_item(part) for part in parts)
    return found


def _item(error: ModelError) -> ErrorItem:
    message = error.message % error.params if error.params else error.message
    return error_item(str(error.code or "invalid"), str(message))


# Database constraints -------------------------------------------------------------------------------------------------------

_SQLITE_COLUMNS = re.compile(r"(UNIQUE|NOT NULL) constraint failed: (.+)$")
_SQLITE_NAME = re.compile(r"(?:CHECK constraint failed|UNIQUE constraint failed: index) '?([\w.]+)'?")


def constraint_errors(stream: Stream, error: IntegrityError) -> FieldErrors:
    """A violated constraint as field errors. Nothing of the database's own message is passed on."""
    cause = error.__cause__
    diag = getattr(cause, "diag", None)
    if diag is not None:
        return _postgresql(stream, diag, str(getattr(cause, "sqlstate", "")))
    text = str(error)
    match = _SQLITE_COLUMNS.search(text)
    if match is not None and "index" not in match[2].split(" ")[0]:
        columns = [part.strip().rsplit(".", 1)[-1] for part in match[2].split(",")]
        return _columns(stream, columns, "unique" if match[1] == "UNIQUE" else "required")
    match = _SQLITE_NAME.search(text)
    if match is not None:
        return _named(stream, match[1])
    if "FOREIGN KEY" in text:
        return {ALL: [error_item("invalid_reference", "It refers to an object that does not exist.")]}
    return _conflict()


def _postgresql(stream: Stream, diag: Any, state: str) -> FieldErrors:
    if state == "23502" and diag.column_name:
        return _columns(stream, [diag.column_name], "required")
    if state == "23503":
        return {ALL: [error_item("invalid_reference", "It refers to an object that does not exist.")]}
    if diag.constraint_name:
        named = _named(stream, diag.constraint_name)
        if named != _conflict():
            return named
        columns = re.search(r"\((.+?)\)=", diag.message_detail or "")
        if state == "23505" and columns is not None:
            return _columns(stream, [part.strip(' "') for part in columns[1].split(",")], "unique")
    return _conflict()


def _conflict() -> FieldErrors:
    return {ALL: [error_item("constraint", "A rule of the database forbids this.")]}


def _columns(stream: Stream, columns: list[str], code: str) -> FieldErrors:
    assert stream.model is not None
    by_column = {item.column: item.name for item in stream.model._meta.concrete_fields}
    names = [by_column.get(column, "") for column in columns]
    shown = [stream.by_attribute[name] for name in names if name in stream.by_attribute]
    if code == "required":
        message = "This field is required."
        return {shown[0]: [error_item(code, message)]} if shown else {ALL: [error_item(code, "A value is missing.")]}
    if len(columns) == 1 and shown:
        return {shown[0]: [error_item("unique", "This value is taken already.")]}
    fields = ", ".join(shown)
    message = f"Another object has this combination of {fields}." if fields else "Such an object exists already."
    return {ALL: [error_item("unique_together", message)]}


def _named(stream: Stream, name: str) -> FieldErrors:
    assert stream.model is not None
    for constraint in stream.model._meta.total_unique_constraints + list(stream.model._meta.constraints):
        if constraint.name != name:
            continue
        if isinstance(constraint, UniqueConstraint) and constraint.fields and not constraint.violation_error_code:
            columns = [str(getattr(stream.model._meta.get_field(item), "column", "")) for item in constraint.fields]
            return _columns(stream, columns, "unique")
        code = constraint.violation_error_code or "constraint"
        return {ALL: [error_item(code, str(constraint.get_violation_error_message()))]}
    return _conflict()
