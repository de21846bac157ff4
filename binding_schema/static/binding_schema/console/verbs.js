// The verbs of a stream as forms: what each takes, from what the `schema` verb says of the stream for this user.

const HELP = {
  search: "A page of rows.",
  list: "All rows at once, without pages.",
  retrieve: "One object, or several by their ids.",
  schema: "What you may read and write of the stream, as JSON Schema.",
  create: "A new object.",
  update: "Changes the fields that are sent, and no others.",
  save: "Updates with an id, creates without. JSON takes `rows`: many at once, all or nothing.",
  delete: "Deletes one object, or several by their ids.",
  subscribe: "Opens a live pane: what changes is told, as far as you may see it.",
};
const READS = ["search", "list", "retrieve", "schema"];
const WRITES = ["create", "update", "save", "delete"];

const field = (name, schema, more = {}) => ({ name, schema, ...more });

/** [{title, verbs: [{name, kind, help, fields, object?}]}]; a field is {name, schema, defs?, required?, special?}. */
export function groups(schema, live) {
  const may = new Set(schema.verbs);
  const made = (name, kind) => ({ name, kind, help: HELP[name], fields: FIELDS[name](schema) });
  const actions = Object.entries(schema.actions).map(([name, action]) => ({
    name,
    kind: action.read ? "read" : "write",
    help: action.help,
    object: action.object,
    fields: properties(action.params),
  }));
  const subscribes = live && (!schema.fields || may.has("retrieve") || may.has("list"));
  return [
    { title: "Read", verbs: READS.filter((name) => may.has(name)).map((name) => made(name, "read")) },
    { title: "Write", verbs: WRITES.filter((name) => may.has(name)).map((name) => made(name, "write")) },
    { title: "Actions", verbs: actions },
    { title: "Live", verbs: subscribes ? [made("subscribe", "live")] : [] },
  ].filter((group) => group.verbs.length);
}

function properties(part, needed = part?.required ?? [], word = "required") {
  const fields = Object.entries(part?.properties ?? {}).map(([name, schema]) => {
    const special = name === "id" ? "key" : undefined;
    return field(name, schema, { defs: part.$defs, required: needed.includes(name) && word, special });
  });
  // The key says what all the rest is about.
  return fields.sort((a, b) => Number(b.name === "id") - Number(a.name === "id"));
}

const key = (schema) => field("id", schema.fields?.properties.id ?? {}, { special: "key" });
const keys = (schema) =>
  field("ids", { type: "array", items: { ...schema.fields?.properties.id }, title: "ids", description: "Several, instead of one." });

function rows(schema) {
  const found = [];
  if (Object.keys(schema.filters ?? {}).length) found.push(field("filters", {}, { special: "filters" }));
  if (schema.orders?.length) found.push(field("order", {}, { special: "order" }));
  const words = "Words that stand in the stream's search fields.";
  if (schema.search) found.push(field("query", { type: "string", title: "query", maxLength: 200, description: words }));
  return found;
}

const paging = (schema) => [
  field("page", { type: "integer", title: "page" }, { placeholder: "1" }),
  field("limit", { type: "integer", title: "limit", maximum: schema.max_page_size }, { placeholder: String(schema.page_size) }),
  field("count", { type: "boolean", title: "count", description: "false saves the query for the number of rows." }),
  field("after", {
    anyOf: [{ type: "string", maxLength: 300 }, { type: "null" }],
    title: "after",
    description: "A cursor instead of a page: null for the first, then “next” of the answer.",
  }),
];

const subscription = (schema) => [
  ...rows(schema),
  field("limit", { type: "integer", title: "limit", description: `Rows at most; ${schema.list_limit} without it.` }),
  field("id", schema.fields.properties.id, { special: "key" }),
  field("snapshot", { type: "boolean", title: "snapshot", description: "Whether the rows come with the answer." }, { initial: true }),
];

const FIELDS = {
  search: (schema) => [...rows(schema), ...paging(schema)],
  list: rows,
  retrieve: (schema) => [key(schema), keys(schema)],
  schema: () => [],
  create: (schema) => properties(schema.create),
  update: (schema) => properties(schema.update),
  save: (schema) => properties(schema.update, schema.create?.required ?? [], "required without id"),
  delete: (schema) => [key(schema), keys(schema)],
  subscribe: (schema) => (schema.fields ? subscription(schema) : []),
};
