"""The resource routes of one stream."""

from __future__ import annotations

from typing import Final

from ..types import Json
from . import common, frames
from .components import Components, either
from .http import operation
from .parameters import LAST_EVENT, ONCE, key_of, of_params, of_verb
from .site import Site
from .streams import Operation, StreamDoc

#: Verb -> (what follows the stream's name in the path, method).
ROUTES: Final = {
    "search": ("", "get"),
    "create": ("", "post"),
    "retrieve": ("{id}/", "get"),
    "update": ("{id}/", "patch"),
    "delete": ("{id}/", "delete"),
    "list": ("list/", "get"),
    "schema": ("schema/", "get"),
}


def paths_of(name: str, item: StreamDoc, components: Components, site: Site) -> dict[str, Json]:
    return Paths(name, item, components, site).all()


class Paths:
    def __init__(self, name: str, item: StreamDoc, components: Components, site: Site) -> None:
        self.name = name
        self.item = item
        self.components = components
        self.site = site
        self.found: dict[str, Json] = {}

    def all(self) -> dict[str, Json]:
        for verb, (place, method) in ROUTES.items():
            if verb in self.item.verbs:
                self._add(place, method, self._verb(verb))
        if "update" in self.item.verbs:
            put = {**self._verb("update"), "operationId": f"{self.name}.update.put"}
            self._add("{id}/", "put", {**put, "description": "The same as PATCH: what is left out stays as it is."})
        for action in self.item.actions.values():
            self._action(action)
        if "subscribe" in self.item.verbs:
            self._add("events/", "get", self._events())
        return self.found

    def _add(self, place: str, method: str, made: Json) -> None:
        path = self.found.setdefault(f"/{self.name}/{place}", {})
        if "{id}" in place:
            path["parameters"] = [key_of(self.item, self.components)]
        path[method] = made

    def _verb(self, verb: str) -> Json:
        found = self.item.verbs[verb]
        parameters, body = [], None
        if verb in ("list", "search"):
            parameters = of_verb(self.item, verb, self.components)
        elif verb in ("create", "update"):
            body = self.item.create if verb == "create" else self.item.update
        if found.once:
            parameters.append(ONCE)
        return operation(
            f"{self.name}.{verb}", _SUMMARY.get(verb, found.help), self._answer(verb), tag=self.name,
            parameters=parameters, body=body, write=not found.is_read, site=self.site,
        )  # fmt: skip

    def _answer(self, verb: str) -> Json:
        """The frame that answers a resource route, which asks for one object at a time."""
        found, key = self.item.verbs[verb], self.item.id
        if verb == "retrieve":
            return frames.plain_answer(self.name, verb, self.item.row)
        if verb in ("create", "update", "delete"):
            return frames.plain_answer(self.name, verb, either(common.written(key), common.FAILED))
        return frames.plain_answer(self.name, verb, found.answer)

    def _action(self, action: Operation) -> None:
        place = f"{{id}}/{action.name}/" if action.on_object else f"{action.name}/"
        answer = frames.plain_answer(self.name, action.name, either(action.answer, common.FAILED))
        first, _, rest = action.help.partition("\n")
        summary, more = first or action.name, rest.strip()
        made = operation(
            f"{self.name}.{action.name}", summary, answer, tag=self.name, description=more, write=True,
            parameters=[ONCE] if action.once else [], body=action.params, site=self.site,
        )  # fmt: skip
        self._add(place, "post", made)
        asked = of_params(action.params, self.components) if action.is_read and action.params is not None else None
        if asked is not None:
            name = f"{self.name}.{action.name}.get"
            made = operation(name, summary, answer, tag=self.name, description=more, parameters=asked, site=self.site)
            self._add(place, "get", made)

    def _events(self) -> Json:
        """`subscribe` as Server-Sent Events, whose data are frames."""
        parameters = [*of_verb(self.item, "subscribe", self.components), LAST_EVENT]
        told = frames.any_of({"subscribe": self._subscribed(), **self.item.live})
        content = {"text/event-stream": {"schema": {"type": "string", "x-frame": told}}}
        text = (
            "Server-Sent Events: the first is the answer, each `data:` is a frame, `id:` its `meta.seq`. It needs ASGI."
        )
        return operation(
            f"{self.name}.events", common.HELP["subscribe"], {"description": text, "content": content}, tag=self.name,
            parameters=parameters, kept=False, site=self.site,
        )  # fmt: skip

    def _subscribed(self) -> Json:
        return frames.answer(self.name, "subscribe", self.item.verbs["subscribe"].answer)


_SUMMARY: Final = {"retrieve": "One object.", "delete": "Delete an object."}
