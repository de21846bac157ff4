"""The root fields of one stream: each is a request of the flat protocol, and its answer as typed objects."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import strawberry
from graphql import GraphQLError

from ...compile.ir import Action, ResultKind, Stream
from ...conf import settings
from ...types import Selection
from .building import object_type, plain
from .door import ask, door
from .inputs import Inputs, data_of, merged, opened
from .names import camel, pascal, place, plural
from .objects import FieldError, PageInfo, field_errors
from .root import Params, field, optional, params_of
from .rows import loads, row, rows_of
from .selection import asks_for, nodes_at, refuse_deeper, selected
from .shapes import Parameters, Results, holds_objects, unwrapped
from .typing_of import Types

#: Where no rows are asked for, but have to be found.
ONLY_KEYS: Selection = (("id", None),)
#: The member of a mutation's payload that has an action's result.
RESULTS = {ResultKind.OBJECT: "object", ResultKind.ROWS: "objects", ResultKind.VALUE: "result"}


class StreamFields:
    """``queries`` and ``mutations``: python name -> strawberry field."""

    def __init__(self, stream: Stream, name: str, kind: type[Any] | None, types: Types) -> None:
        self.stream = stream
        self.name = name
        self.kind: Any = kind
        self.types = types
        self.owner = place(stream)
        self.one = camel(name[:1].lower() + name[1:])
        self.many = plural(self.one)
        self.queries: dict[str, Any] = {}
        self.mutations: dict[str, Any] = {}
        self.inputs = Inputs(stream, name, types) if stream.types is not None else None
        if self.inputs is not None:
            self._reads(self.inputs)
            self._writes(self.inputs)
        for action in stream.actions.values():
            self._action(action)

    def type(self, name: str, fields: Mapping[str, Any], description: str = "") -> Any:
        return object_type(self.types.names.claim(name, self.owner), fields, description)

    # Queries ------------------------------------------------------------------------------------------------------------

    def listing(self, inputs: Inputs) -> dict[str, tuple[Any, Any]]:
        """The arguments that lists have in common."""
        found: dict[str, tuple[Any, Any]] = {}
        if inputs.filters is not None:
            found["filters"] = optional(inputs.filters)
        found["order"] = optional(list[inputs.order])  # type: ignore[name-defined]
        if self.stream.search:
            found["query"] = optional(str)
        return found

    def _reads(self, inputs: Inputs) -> None:
        kind, verbs = self.kind, self.stream.verbs
        many: Any = list[kind]  # type: ignore[valid-type]
        rows = plain(many, "rows")
        numbers = {name: plain(int, name) for name in ("page", "limit", "count")}
        page = self.type(f"{self.name}Page", {**numbers, "rows": rows})
        whole = {"count": plain(int, "count"), "truncated": plain(bool, "truncated"), "rows": rows}
        if "retrieve" in verbs:
            self._query(self.one, {"id": (strawberry.ID, ...)}, kind | None, self._retrieve)
        if "search" in verbs:
            self._query(
                self.many,
                {**self.listing(inputs), "page": optional(int), "limit": optional(int)},
                page,
                self._search,
                self.stream.page_size,
            )
            step = {
                name: optional(kind) for name, kind in (("first", int), ("after", str), ("last", int), ("before", str))
            }
            self._query(
                f"{self.many}Connection",
                {**step, **self.listing(inputs)},
                self._connection_type(),
                self._connection,
                self.stream.page_size,
            )
        if "list" in verbs:
            kind = self.type(f"{self.name}List", whole)
            self._query(f"{self.one}List", self.listing(inputs), kind, self._list, self.stream.list_limit)

    def _connection_type(self) -> Any:
        """By Relay's specification."""
        edge = self.type(f"{self.name}Edge", {"cursor": plain(str, "cursor"), "node": plain(self.kind, "node")})
        kind: Any = list[edge]  # type: ignore[valid-type]
        members = {
            "edges": plain(kind, "edges"),
            "page_info": plain(PageInfo, "page_info"),
            "total_count": plain(int, "total_count"),
        }
        return self.type(f"{self.name}Connection", members)

    def _query(self, name: str, params: Params, returns: Any, handler: Any, rows: int | None = None) -> None:
        self.queries[name] = field(name, params, returns, handler, rows=rows)

    def _selection(self, info: Any, *path: str) -> Selection | None:
        raw = info._raw_info
        refuse_deeper(self.stream.shape, door().schema.by_key, raw, nodes_at(raw, path))
        return selected(raw, self.stream.shape, *path)

    async def _retrieve(self, info: Any, arguments: dict[str, Any]) -> Any:
        selection = self._selection(info)
        return row(loads((await ask(info, self.stream.name, "retrieve", arguments, selection)).data), selection)

    async def _search(self, info: Any, arguments: dict[str, Any]) -> Any:
        selection = self._selection(info, "rows")
        data = {**data_of_all(arguments), "count": asks_for(info._raw_info, "count")}
        found = loads((await ask(info, self.stream.name, "search", data, selection or ONLY_KEYS)).data)
        return self._with_rows(found, selection)

    async def _list(self, info: Any, arguments: dict[str, Any]) -> Any:
        selection = self._selection(info, "rows")
        found = loads((await ask(info, self.stream.name, "list", data_of_all(arguments), selection or ONLY_KEYS)).data)
        return self._with_rows(found, selection)

    @staticmethod
    def _with_rows(found: dict[str, Any], selection: Selection | None) -> Any:
        found["rows"] = [row(item, selection) for item in found["rows"]]
        return row(found, None)

    async def _connection(self, info: Any, arguments: dict[str, Any]) -> Any:
        selection = self._selection(info, "edges", "node")
        data = {**data_of_all(arguments), "count": asks_for(info._raw_info, "totalCount")}
        wanted = selection or ONLY_KEYS
        found = loads((await ask(info, self.stream.name, "search:connection", data, wanted)).data)
        for edge in found["edges"]:
            edge["node"] = row(edge["node"], wanted)
        page_info = {
            "has_next_page": found["pageInfo"]["hasNextPage"], "has_previous_page": found["pageInfo"]["hasPreviousPage"],
            "start_cursor": found["pageInfo"]["startCursor"], "end_cursor": found["pageInfo"]["endCursor"],
        }  # fmt: skip
        answer = {
            "edges": [row(edge, None) for edge in found["edges"]],
            "page_info": row(page_info, None),
            "total_count": found.get("totalCount"),
        }
        return row(answer, None)

    # Mutations ----------------------------------------------------------------------------------------------------------

    def _writes(self, inputs: Inputs) -> None:
        verbs, name = self.stream.verbs, self.name
        head = {"success": plain(bool, "success"), "errors": plain(list[FieldError], "errors")}
        one = {**head, "id": plain(strawberry.ID | None, "id"), "object": plain(self.kind | None, "object")}
        many: Any = list[self.kind] | None  # type: ignore[name-defined]
        some = {**head, "ids": plain(list[strawberry.ID], "ids"), "objects": plain(many, "objects")}
        payload, payloads = self.type(f"{name}Payload", one), self.type(f"{name}BulkPayload", some)
        gone = self.type(f"{name}DeletePayload", {**head, "id": plain(strawberry.ID | None, "id")})
        all_gone = self.type(f"{name}BulkDeletePayload", {**head, "ids": plain(list[strawberry.ID], "ids")})
        if "create" in verbs and inputs.create is not None:
            self._mutation(f"create{name}", {"input": (inputs.create, ...)}, payload, self._written("create"))
        if "update" in verbs and inputs.update is not None:
            params: Params = {"id": (strawberry.ID, ...), "input": (inputs.update, ...)}
            self._mutation(f"update{name}", params, payload, self._written("update"))
        if "save" in verbs and inputs.save is not None:
            self._mutation(f"save{name}", {"input": (inputs.save, ...)}, payload, self._written("save"))
            rows: Params = {"rows": (list[inputs.save], ...)}  # type: ignore[name-defined]
            self._mutation(f"save{plural(name)}", rows, payloads, self._written("save"))
        if "delete" in verbs:
            self._mutation(f"delete{name}", {"id": (strawberry.ID, ...)}, gone, self._written("delete"))
            ids: Params = {"ids": (list[strawberry.ID], ...)}
            self._mutation(f"delete{plural(name)}", ids, all_gone, self._written("delete"))

    def _mutation(self, name: str, params: Params, returns: Any, handler: Any, description: str = "") -> None:
        """It may be null: where one of several fails, what the others did is told all the same."""
        self.mutations[name] = field(name, params, returns | None, handler, description)

    def _written(self, verb: str) -> Any:
        async def handle(info: Any, arguments: dict[str, Any]) -> Any:
            data = data_of_all(arguments)
            data.update(data.pop("input", {}))
            try:
                result = await ask(info, self.stream.name, verb, data)
            except GraphQLError as error:
                return self._refused(error)
            return self._payload(info, loads(result.data), result.ok)

        return handle

    def _refused(self, error: GraphQLError) -> Any:
        """Wrong values of an input are typed errors too; all else stays an error of the operation."""
        extensions = error.extensions or {}
        if extensions.get("code") != "invalid_data" or not extensions.get("errors"):
            raise error
        return row({"success": False, "errors": field_errors(extensions["errors"]), "ids": [], "objects": []}, None)

    def _payload(self, info: Any, found: dict[str, Any], ok: bool) -> Any:
        answer: dict[str, Any] = {
            "success": ok, "id": found.get("id"), "ids": found.get("ids", []), "object": None, "objects": None,
            "errors": field_errors(found.get("errors", {})) if not ok else [],
        }  # fmt: skip
        if ok and answer["id"] is not None and asks_for(info._raw_info, "object"):
            answer["object"] = self._read_again(info, "object", [answer["id"]])
        if ok and asks_for(info._raw_info, "objects"):
            answer["objects"] = self._read_again(info, "objects", answer["ids"])
        return row(answer, None)

    def _read_again(self, info: Any, name: str, keys: list[Any]) -> asyncio.Task[Any]:
        """What was written, as its writer may see it now. A failure is that field's own: the write has been done."""
        selection = self._selection(info, name)

        async def read() -> Any:
            shown: list[Any] = []
            for start in range(0, len(keys), settings().MAX_IDS):
                data = {"ids": keys[start : start + settings().MAX_IDS]}
                shown += loads((await ask(info, self.stream.name, "retrieve", data, selection)).data)["rows"]
            objects = [row(item, selection) for item in shown]
            return objects if name == "objects" else next(iter(objects), None)

        return asyncio.ensure_future(read())

    # Actions ------------------------------------------------------------------------------------------------------------

    def _action(self, action: Action) -> None:
        name = f"{self.one}{pascal(action.name)}"
        make = Parameters(self.types, pascal(name), "Input", self.owner)
        params = params_of(opened(action, action.params.model_json_schema(by_alias=True)), self.types, make)
        value = self._result_of(action, pascal(name))
        if action.read:
            self.queries[name] = field(
                name, params, bool if value is None else value, self._called(action, value), action.help
            )
            return
        members = {"success": plain(bool, "success"), "errors": plain(list[FieldError], "errors")}
        if value is not None:
            key = RESULTS[action.result_kind]
            members[key] = plain(value | None, key)
        payload = self.type(f"{pascal(name)}Payload", members)
        self._mutation(name, params, payload, self._called(action, value), action.help)

    def _result_of(self, action: Action, name: str) -> Any:
        """The annotation of an action's result; None where it has none."""
        if action.result_kind is ResultKind.OBJECT:
            return self.kind | None
        if action.result_kind is ResultKind.ROWS:
            return list[self.kind]  # type: ignore[name-defined]
        if action.result_kind is ResultKind.NOTHING:
            return None
        schema = action.result.json_schema(mode="serialization")
        make = Results(self.types, name, "Result", self.owner)
        return self.types.of_schema(schema, schema.get("$defs", {}), "", make)

    def _called(self, action: Action, kind: Any) -> Any:
        schema = action.result.json_schema(mode="serialization") if action.result_kind is ResultKind.VALUE else {}
        key = RESULTS.get(action.result_kind, "")

        async def handle(info: Any, arguments: dict[str, Any]) -> Any:
            selection = None
            if key in ("object", "objects"):
                selection = self._selection(info, *(() if action.read else (key,))) or ONLY_KEYS
            try:
                data = merged(action, data_of_all(arguments))
                result = await ask(info, self.stream.name, action.name, data, selection)
            except GraphQLError as error:
                if action.read:
                    raise
                return self._refused(error)
            found = loads(result.data)
            if not result.ok and action.read:
                extensions = {"code": "invalid_data", "errors": found["errors"]}
                raise GraphQLError("The action failed.", extensions=extensions)
            if not result.ok:
                return row({"success": False, "errors": field_errors(found["errors"])}, None)
            value = _shown(action, found, selection)
            if action.result_kind is ResultKind.VALUE:
                value = unwrapped(found, schema)
                value = rows_of(value) if holds_objects(kind) else value
            return value if action.read else row({"success": True, "errors": [], key: value}, None)

        return handle


def _shown(action: Action, found: dict[str, Any], selection: Selection | None) -> Any:
    if action.result_kind is ResultKind.ROWS:
        return [row(item, selection) for item in found["rows"]]
    if action.result_kind is ResultKind.OBJECT:
        # What an action took out of its user's sight is answered by its key alone.
        return row(found, selection) if "success" not in found else None
    return True


def data_of_all(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: data_of(value) for name, value in arguments.items()}
