"""Requests of the flat protocol as GraphQL operations, and GraphQL's answers as flat ones, so that one suite tests both.

What is asked for is every field of a row, nested ones too. Names, enums, ids and errors are turned back; a field that a user
may not read is null over GraphQL and left out elsewhere, so its null is left out here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLList, GraphQLNonNull, get_named_type

from binding_schema.compile import current
from binding_schema.compile.ir import ResultKind, Shape, Stream
from binding_schema.testing import Reply
from binding_schema.transports.graphql.names import camel, constant, pascal, plural
from tests.graphql_schema import schema

#: stream -> fields that only some users may read, and are never null for those: staff reads a cost that is null, too.
HIDDEN = {"helpdesk.Ticket": {"cost"}, "auth.User": {"email"}}
COMPLAINT = re.compile(r"Variable '\$(\w+)' has invalid value(?: at ([^:\s]+))?: (.*)", re.DOTALL)
UNKNOWN = re.compile(r"unknown field '(\w+)'")
MISSING = re.compile(r"required field '(\w+)'")


class Unsayable(NotImplementedError):
    """GraphQL has no words for it: the test is one for frames_only.py."""


class Told(dict[str, Any]):
    """Errors that GraphQL's own validation found. It comes before the library's, so it may name fewer fields; and a field that
    is read-only is not in an input, so it calls it unknown."""

    def __eq__(self, other: object) -> bool:
        assert isinstance(other, dict)
        return bool(self) and all(name in other and _same(codes, other[name]) for name, codes in self.items())

    __hash__ = None  # type: ignore[assignment]


def _same(told: Any, expected: Any) -> bool:
    if isinstance(told, dict):
        return bool(Told(told) == expected)
    return told == [{"read_only": "unknown"}.get(code, code) for code in expected]


@dataclass
class Operation:
    """``document`` with ``variables``; ``answer`` makes the reply of what comes back."""

    event: str
    data: dict[str, Any]
    is_staff: bool
    document: str = ""
    variables: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        name, _, self.verb = self.event.rpartition(".")
        self.stream: Stream = current.schema().streams[name]
        self.name = self.stream.graphql_name
        self.one = self.name[:1].lower() + self.name[1:]
        self.many = "ids" in self.data or "rows" in self.data
        self.action = self.stream.actions.get(self.verb)
        self.is_mutation = self.verb in ("create", "update", "save", "delete") or bool(
            self.action and not self.action.read
        )
        if self.verb == "retrieve" and self.many:
            self._retrieve_many()
        else:
            self.document = self._document(self._field(), self._arguments())

    # What is asked --------------------------------------------------------------------------------------------------

    def _field(self) -> str:
        if self.action is not None:
            return f"{self.one}{pascal(self.verb)}"
        if self.verb == "search":
            return f"{plural(self.one)}Connection" if "after" in self.data else plural(self.one)
        if self.verb in ("retrieve", "list"):
            return {"retrieve": self.one, "list": f"{self.one}List"}[self.verb]
        if not self.is_mutation:
            raise Unsayable(self.event)
        return f"{self.verb}{plural(self.name) if self.many else self.name}"

    def _arguments(self) -> dict[str, Any]:
        data = dict(self.data)
        if self.verb in ("create", "update", "save") and "rows" not in data:
            key = {"id": data.pop("id")} if self.verb == "update" and "id" in data else {}
            return {**key, "input": data}
        if self.verb == "search" and "after" in data:
            size, after = data.pop("limit", None), data.pop("after")
            backward = isinstance(after, str) and after.startswith("<")
            place = {"before": after[1:]} if backward else {"after": after}
            return {**place, **({} if size is None else {"last" if backward else "first": size}), **data}
        data.pop("count", None)
        return data

    def _document(self, name: str, arguments: dict[str, Any]) -> str:
        root = schema._schema.mutation_type if self.is_mutation else schema._schema.query_type
        taken = root.fields[name].args
        declared, passed = [], []
        for key, value in arguments.items():
            kind = taken[camel(key)].type if camel(key) in taken else "JSON"
            declared.append(f"${camel(key)}: {kind}")
            passed.append(f"{camel(key)}: ${camel(key)}")
            self.variables[camel(key)] = encoded(value, kind, key)
        kind = "mutation" if self.is_mutation else "query"
        head = f"{kind}({', '.join(declared)})" if declared else kind
        call = f"{name}({', '.join(passed)})" if passed else name
        return f"{head} {{ it: {call} {self._selection(root.fields[name].type)} }}"

    def _selection(self, kind: Any) -> str:
        rows, named = selection(self.stream.shape), get_named_type(kind)
        if self.verb == "retrieve":
            return rows
        if self.verb == "list":
            return f"{{ count truncated rows {rows} }}"
        if self.verb == "search" and "after" in self.data:
            return f"{{ edges {{ node {rows} }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }}"
        if self.verb == "search":
            return f"{{ page limit {'count' if self.data.get('count', True) else ''} rows {rows} }}"
        if not hasattr(named, "fields"):
            return ""
        if not self.is_mutation:
            return rows if named.name == self.name else f"{{ {' '.join(named.fields)} }}"
        found = ["success", "errors { row field code message }"]
        found += [name for name in ("id", "ids") if name in named.fields]
        if self.action is not None:
            found += [f"{name} {rows}" for name in ("object", "objects") if name in named.fields]
            found += ["result"] if "result" in named.fields else []
        return f"{{ {' '.join(found)} }}"

    def _retrieve_many(self) -> None:
        """A field for each: GraphQL's way to ask for several objects."""
        keys = self.data["ids"]
        if not isinstance(keys, list) or len(keys) > 30 or self.data.keys() != {"ids"}:
            raise Unsayable(self.data)
        self.variables = {f"id{number}": key for number, key in enumerate(keys)}
        declared = ", ".join(f"${name}: ID!" for name in self.variables)
        rows = selection(self.stream.shape)
        asked = " ".join(f"{name}: {self.one}(id: ${name}) {rows}" for name in self.variables)
        self.document = f"query({declared}) {{ {asked} }}"

    # What comes back ------------------------------------------------------------------------------------------------

    def answer(self, found: dict[str, Any]) -> Reply:
        errors = found.get("errors") or []
        if self.verb == "retrieve" and self.many and {item["extensions"]["code"] for item in errors} <= {"not_found"}:
            rows = [self.row(item) for item in found["data"].values() if item is not None]
            missing = [key for name, key in self.variables.items() if found["data"][name] is None]
            return Reply(self.event, {"rows": rows, **({"missing": missing} if missing else {})})
        if errors:
            return self._refusal(errors)
        return (
            self._payload(found["data"]["it"])
            if self.is_mutation
            else Reply(self.event, self._read(found["data"]["it"]))
        )

    def _read(self, found: Any) -> dict[str, Any]:
        if self.verb == "retrieve":
            return self.row(found)
        if self.action is not None:
            return found if isinstance(found, dict) else {"result": found}
        if "edges" not in found:
            return {"count": None, **found, "rows": [self.row(item) for item in found["rows"]]}
        info = found["pageInfo"]
        return {
            "limit": self.data.get("limit"),
            "rows": [self.row(item["node"]) for item in found["edges"]],
            "next": info["endCursor"] if info["hasNextPage"] and found["edges"] else None,
            "previous": f"<{info['startCursor']}" if info["hasPreviousPage"] and found["edges"] else None,
        }

    def _payload(self, found: dict[str, Any]) -> Reply:
        if not found["success"]:
            errors: dict[str, Any] = {}
            for item in found["errors"]:
                place = errors if item["row"] is None else errors.setdefault(str(item["row"]), {})
                told = {"code": item["code"], "message": item["message"]}
                place.setdefault(self._python(item["field"]), []).append(told)
            return self._failure(errors, "See `errors`.")
        if self.action is not None and self.action.result_kind is ResultKind.OBJECT:
            return Reply(self.event, self.row(found["object"]))
        if self.action is not None and self.action.result_kind is ResultKind.VALUE:
            return Reply(
                self.event, found["result"] if isinstance(found["result"], dict) else {"result": found["result"]}
            )
        keys = {"ids": [key_of(item) for item in found["ids"]]} if "ids" in found else {}
        return Reply(self.event, {"success": True, **({"id": key_of(found["id"])} if "id" in found else keys)})

    def _failure(self, errors: dict[str, Any], message: str) -> Reply:
        """Over GraphQL all that is wrong with a write's data is an error of its payload; the flat protocol refuses what names
        no row, or what no write could do, before it begins."""
        codes = {item["code"] for items in errors.values() if isinstance(items, list) for item in items}
        refuses = bool(codes & {"read_only", "unknown"}) or self.verb == "delete"
        refuses |= self.verb in ("update", "save") and "id" in errors and "unique" not in codes
        if self.action is not None:
            refuses = errors.keys() <= {"id", *(name for name in self.action.params.model_json_schema()["properties"])}
        if refuses and "__all__" not in errors:
            return self._error("invalid_data", message, errors)
        return Reply(self.event, {"success": False, "errors": errors})

    def _refusal(self, errors: list[dict[str, Any]]) -> Reply:
        """An error of the operation: ours, or GraphQL's own complaint about the variables."""
        first = errors[0]
        extensions, is_ours = first["extensions"], first.get("path") is not None
        if extensions["code"] != "invalid_data" or is_ours:
            ours = {self._python(name): items for name, items in extensions.get("errors", {}).items()}
            return self._error(extensions["code"], first["message"], ours)
        told, message = Told(), first["message"]
        for item in errors:
            name, code, index = self._complaint(item["message"])
            if name == "filters":
                return self._error("invalid_filter", message, {})
            place = told if index is None else told.setdefault(index, Told())
            place.setdefault(name, []).append({"code": code, "message": item["message"]})
        if self.verb in ("create", "update", "save"):
            return self._failure(told, message)
        return self._error("invalid_data", message, told)

    def _complaint(self, message: str) -> tuple[str, str, str | None]:
        """(the field, the flat protocol's code, the number of the row if there are many) of a complaint of GraphQL's."""
        found = COMPLAINT.fullmatch(message)
        if found is None:
            unknown = re.match(r"Unknown argument '(\w+)'", message) or re.match(
                r"Argument '[\w.]+\((\w+):\)'", message
            )
            assert unknown is not None, message
            return self._python(unknown[1]), "unknown" if message.startswith("Unknown") else "required", None
        name, path, why = found[1], found[2] or "", found[3]
        field = UNKNOWN.search(why) or MISSING.search(why)
        if name in ("filters", "order"):
            return name, "invalid_order", None
        parts = [part for part in re.split(r"[.\[\]]+", path) if part]
        index = parts[0] if name == "rows" and parts else None
        named = [part for part in parts if not part.isdigit()]
        place = self._python(field[1] if field else named[0] if named else name)
        codes = {"unknown field": "unknown", "required field": "required", "to be provided": "required"}
        codes |= {"does not exist in": "invalid_choice"}
        if place != "id" and re.match(r"ID cannot represent value: [\[{]", why):
            return place, "nested", index
        return place, next((code for words, code in codes.items() if words in why), "invalid"), index

    def _error(self, code: str, message: str, errors: dict[str, Any]) -> Reply:
        data = {"code": code, "message": message, "event": self.event}
        return Reply("error", {**data, "errors": errors} if errors else data)

    def _python(self, shown: str) -> str:
        names = [*self.stream.fields, *(self.action.params.model_json_schema()["properties"] if self.action else ())]
        return next(
            (name for name in names if camel(name) == shown), re.sub(r"(?<=[a-z])([A-Z])", r"_\1", shown).lower()
        )

    def row(self, found: dict[str, Any]) -> dict[str, Any]:
        return decoded(found, self.stream.shape, self.is_staff)


def selection(shape: Shape) -> str:
    if not shape.fields:
        return ""  # a stream without a model has no rows
    kind = schema._schema.type_map[current.schema().by_key[shape.key].graphql_name]
    fields = (
        camel(item.name) + (selection(item.shape) if item.shape else whole(kind.fields[camel(item.name)].type))
        for item in shape.fields
    )
    return f" {{ {' '.join(fields)} }}"


def whole(kind: Any) -> str:
    """Everything of an object that a value holds, without a stream of its own."""
    fields = getattr(get_named_type(kind), "fields", {})
    return f" {{ {' '.join(name + whole(item.type) for name, item in fields.items())} }}" if fields else ""


def encoded(value: Any, kind: Any, name: str) -> Any:
    """A flat value as a variable of a GraphQL type."""
    kind = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    if isinstance(kind, GraphQLList):
        items = [value] if name == "order" and isinstance(value, str) else value
        return [encoded(item, kind.of_type, name) for item in items] if isinstance(items, list) else items
    if isinstance(kind, GraphQLInputObjectType) and isinstance(value, dict):
        found: dict[str, Any] = {}
        for key, item in value.items():
            shown = f"{camel(key)}In" if isinstance(item, list) and kind.name.endswith("Filters") else camel(key)
            shown = shown if shown in kind.fields else camel(key)
            found[shown] = encoded(item, kind.fields[shown].type, key) if shown in kind.fields else item
        return found
    if isinstance(kind, GraphQLEnumType):
        if name == "order":
            return constant(value) if re.fullmatch(r"-?\w+", value) else value
        names = {repr(getattr(item.value, "value", item.value)): shown for shown, item in kind.values.items()}
        return names.get(repr(value), str(value) if type(value) is int else value)
    return value


def decoded(found: dict[str, Any], shape: Shape, is_staff: bool) -> dict[str, Any]:
    stream = current.schema().by_key[shape.key]
    hidden = HIDDEN.get(stream.name, set()) if not is_staff else set()
    kinds = schema._schema.type_map[stream.graphql_name].fields
    row: dict[str, Any] = {}
    for item in shape.fields:
        value, kind = found[camel(item.name)], get_named_type(kinds[camel(item.name)].type)
        if value is None and item.name in hidden:
            continue
        if item.shape is not None and value is not None:
            many = [decoded(part, item.shape, is_staff) for part in (value if isinstance(value, list) else [value])]
            value = many if isinstance(value, list) else many[0]
        elif kind.name == "ID":
            value = [key_of(part) for part in value] if isinstance(value, list) else key_of(value)
        elif isinstance(kind, GraphQLEnumType) and value is not None:
            value = getattr(kind.values[value].value, "value", kind.values[value].value)
        row[item.name] = value
    return row


def key_of(text: Any) -> Any:
    return int(text) if isinstance(text, str) and re.fullmatch(r"-?\d+", text) else text
