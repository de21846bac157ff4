// What the `schema` verb says of a stream, as tables.

import { el } from "./dom.js";
import { choices, limits, plain, typeName } from "./types.js";

const section = (title, count, ...content) =>
  el("details", { class: "reference", open: title === "Fields" }, el("summary", {}, title, el("span", { class: "badge" }, String(count))), content);

const table = (label, heads, rows) =>
  el(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
    el(
      "table",
      {},
      el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", {}, rows.map(([first, ...cells]) => el("tr", {}, el("th", { scope: "row" }, first), cells.map((cell) => el("td", {}, cell))))),
    ),
  );

/** "read-only", "write-only", "required", ... of a field. */
function marks(name, { fields, create, update }) {
  const isRead = name in fields.properties;
  const isWritten = name !== "id" && (name in (create?.properties ?? {}) || name in (update?.properties ?? {}));
  const found = [];
  if (isRead && !isWritten) found.push("read-only");
  if (!isRead) found.push("write-only");
  if (create?.required?.includes(name)) found.push("required");
  if (isWritten && !(name in (update?.properties ?? {}))) found.push("on create only");
  return found.map((word) => el("span", { class: `badge ${word.replaceAll(" ", "-")}` }, word));
}

function nested(property, defs) {
  const { schema } = plain(property, defs);
  const inner = schema.type === "array" ? plain(schema.items ?? {}, defs).schema : schema;
  const names = Object.keys(inner.properties ?? {});
  return names.length > 0 && el("span", { class: "note" }, ` {${names.join(", ")}}`);
}

function fieldRow(name, schema) {
  const read = schema.fields.properties[name];
  const written = schema.create?.properties[name] ?? schema.update?.properties[name];
  const property = read ?? written;
  const defs = (read ? schema.fields : schema.create ?? schema.update).$defs;
  const found = choices(plain(property, defs).schema);
  const told = [
    property.description,
    found && el("span", { class: "choices" }, found.map(({ value, label }) => el("span", {}, el("code", {}, JSON.stringify(value)), ` ${label}`))),
    written && limits(written, (schema.create ?? schema.update).$defs),
    property.deprecated && el("span", { class: "badge" }, "deprecated"),
  ];
  return [
    el("code", {}, name),
    property.title ?? "",
    [typeName(property, defs), nested(property, defs)],
    marks(name, schema),
    told.filter(Boolean).map((part) => el("div", {}, part)),
  ];
}

function fields(schema) {
  const names = new Set(
    [schema.fields, schema.create, schema.update].flatMap((part) => Object.keys(part?.properties ?? {})),
  );
  const rows = [...names].map((name) => fieldRow(name, schema));
  return section("Fields", names.size, table("Fields", ["Field", "Label", "Type", "Access", "About"], rows));
}

function filters(schema) {
  const rows = Object.entries(schema.filters).map(([key, filter]) => {
    const found = choices(filter.items ?? filter);
    return [el("code", {}, key), typeName(filter), found ? found.map(({ value }) => JSON.stringify(value)).join(" ") : ""];
  });
  return section("Filters", rows.length, table("Filters", ["Filter", "Type", "Values"], rows));
}

function actions(schema) {
  const rows = Object.entries(schema.actions).map(([name, action]) => [
    el("code", {}, name),
    [action.object ? "on an object" : "on the stream", action.read && ", only reads"],
    Object.entries(action.params?.properties ?? {})
      .filter(([key]) => key !== "id")
      .map(([key, property]) => el("div", {}, el("code", {}, key), ` ${typeName(property, action.params.$defs)}`)),
    action.help,
  ]);
  return section("Actions", rows.length, table("Actions", ["Action", "Kind", "Parameters", "About"], rows));
}

function events(schema) {
  const rows = Object.entries(schema.events).map(([name, event]) => [
    el("code", {}, `${schema.stream}.${name}`),
    Object.entries(event.data.properties ?? {}).map(([key, property]) =>
      el("div", {}, el("code", {}, key), ` ${typeName(property, event.data.$defs)}`),
    ),
    event.help,
  ]);
  return section("Events", rows.length, table("Events", ["Event", "Data", "About"], rows));
}

/** All that there is to know of the stream. */
export function reference(schema) {
  const parts = [el("h2", {}, "Reference")];
  if (schema.fields) {
    parts.push(fields(schema));
    if (Object.keys(schema.filters).length) parts.push(filters(schema));
    const orders = schema.orders.map((name) => el("li", {}, el("code", {}, name)));
    const search = schema.search ? "“query” searches its text." : "It has no text search.";
    parts.push(section("Orders", orders.length, el("ul", { class: "names" }, orders), el("p", { class: "note" }, "With - in front: descending. ", search)));
  }
  if (Object.keys(schema.actions).length) parts.push(actions(schema));
  if (Object.keys(schema.events ?? {}).length) parts.push(events(schema));
  if (schema.fields) {
    const sizes = `Pages of ${schema.page_size} rows, at most ${schema.max_page_size}; lists of at most ${schema.list_limit}.`;
    parts.push(el("p", { class: "note" }, sizes));
  }
  return el("section", { class: "about", "aria-label": "Reference" }, parts);
}
