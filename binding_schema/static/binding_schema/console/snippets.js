// A request as a program that can be run. No token or cookie goes in: a program takes its token from TOKEN.

import { pretty } from "./json.js";
import { parts } from "./session.js";

const HINT = "manage.py binding_schema token <user>";
const quoted = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
const bare = (frame) => ({ event: frame.event, ...(frame.data && { data: frame.data }), ...(frame.meta && { meta: frame.meta }) });

/** JavaScript for a browser's console, or for Node. `frame` is a frame or a batch. */
function websocket({ frame, ws }) {
  const isOpen = [frame].flat().some((one) => parts(one.event).verb === "subscribe");
  const count = Array.isArray(frame) ? frame.length : 1;
  const heard = isOpen
    ? "socket.onmessage = ({ data }) => console.log(data);"
    : `let left = ${count};
socket.onmessage = ({ data }) => {
  if (left > 0) console.log(data);
  left -= 1;
  if (left === 0) socket.close();
};`;
  return `// A browser sends its session's cookie. Elsewhere a token does: ${HINT}
const token = globalThis.process?.env.TOKEN;
const socket = new WebSocket(${JSON.stringify(ws)}, token ? ["binding-schema", \`bearer.\${token}\`] : []);
socket.onopen = () => socket.send(JSON.stringify(${pretty(frame)}));
${heard}
socket.onclose = ({ code, reason }) => console.log("closed", code, reason);
`;
}

/** Query parameters of the events route, which takes flat filters only; null for what it cannot say. */
function eventsQuery(data) {
  const { filters = {}, order, have, ...rest } = data;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) {
    if (["and", "or", "not"].includes(name) || value === null || (typeof value === "object" && !Array.isArray(value))) return null;
    [value].flat().forEach((one) => query.append(name, String(one)));
  }
  if (order) query.set("order", [order].flat().join(","));
  if (have) query.set("have", have.join(","));
  Object.entries(rest).forEach(([name, value]) => query.set(name, String(value)));
  return query.toString();
}

function curl({ frame, http }) {
  const head = `# TOKEN=$(${HINT})\ncurl -sS -H "Authorization: Bearer $TOKEN"`;
  const one = Array.isArray(frame) ? {} : frame;
  const { stream, verb } = parts(one.event);
  if (verb === "subscribe") {
    const query = eventsQuery(one.data ?? {});
    if (query === null) return "# Filters with `and`, `or`, `not` or null do not fit into the address of an event stream.\n# Use WebSocket.\n";
    return `${head} -N \\\n  ${quoted(`${http}${stream}/events/${query && `?${query}`}`)}\n`;
  }
  return `${head} \\\n  -H "Content-Type: application/json" \\\n  -d ${quoted(pretty(frame))} \\\n  ${quoted(http)}\n`;
}

const BUILT_IN = {
  retrieve: ({ id, ids }) => (ids ? ["retrieveMany", ids] : ["retrieve", id]),
  delete: ({ id, ids }) => (ids ? ["deleteMany", ids] : ["delete", id]),
  update: ({ id, ...fields }) => ["update", id, fields],
  save: (data) => (data.rows ? ["saveMany", data.rows] : ["save", data]),
  schema: () => ["schema"],
};

/** [method, ...arguments] of the client for a verb; an action on an object takes its id first. */
function call(verb, data, isObject) {
  if (verb in BUILT_IN) return BUILT_IN[verb](data);
  const { id, ...rest } = data;
  return isObject ? [verb, id, rest] : [verb, data];
}

function typescript({ frame, ws, http, isObject }) {
  const frames = [frame].flat();
  const head = `import { connect } from "@binding-schema/client";
// manage.py binding_schema export --format typescript --out schema.ts
import { schema } from "./schema";

const TOKEN = ""; // ${HINT}; a browser that is logged in needs none
const api = connect({ schema, url: ${JSON.stringify(ws)}, http: ${JSON.stringify(http)}, auth: { token: TOKEN } });
`;
  const calls = frames.map((one) => {
    const { stream, verb } = parts(one.event);
    const data = one.data ?? {};
    const key = one.meta?.idempotency_key;
    if (verb === "subscribe") {
      const { snapshot: _, since: __, have: ___, ...params } = data;
      return `api.${stream}.subscribe(${pretty(params)}, {
  onRows: (rows) => console.log(rows),
  onChange: (row, { cause }) => console.log(cause, row),
  onDelete: (id, { cause }) => console.log(cause, id),
});`;
    }
    const [method, ...given] = call(verb, data, isObject);
    const options = key ? [`{ idempotencyKey: ${JSON.stringify(key)} }`] : [];
    return `console.log(await api.${stream}.${method}(${[...given.map(pretty), ...options].join(", ")}));`;
  });
  const isOpen = frames.some((one) => parts(one.event).verb === "subscribe");
  return `${head}${calls.join("\n")}\n${isOpen ? "" : "api.close();\n"}`;
}

/** A JSON value as Python writes it. */
function python_(value, depth = 0) {
  if (value === null) return "None";
  if (value === true || value === false) return value ? "True" : "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const pad = "    ".repeat(depth + 1);
  const items = Array.isArray(value)
    ? value.map((item) => python_(item, depth + 1))
    : Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${python_(item, depth + 1)}`);
  const [begin, end] = Array.isArray(value) ? "[]" : "{}";
  const line = `${begin}${items.join(", ")}${end}`;
  if (line.length < 90 && !line.includes("\n")) return line;
  return `${begin}\n${items.map((item) => `${pad}${item},\n`).join("")}${"    ".repeat(depth)}${end}`;
}

function python({ frame, ws, http }) {
  const isOpen = [frame].flat().some((one) => parts(one.event).verb === "subscribe");
  const token = `TOKEN = os.environ["TOKEN"]  # ${HINT}\n`;
  if (isOpen) {
    return `import json
import os

from websockets.sync.client import connect  # pip install websockets

${token}
frame = ${python_(frame)}
with connect(${JSON.stringify(ws)}, additional_headers={"Authorization": f"Bearer {TOKEN}"}) as socket:
    socket.send(json.dumps(frame))
    for message in socket:
        print(message, flush=True)
`;
  }
  return `import json
import os
import urllib.error
import urllib.request

${token}
frame = ${python_(frame)}
headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
request = urllib.request.Request(${JSON.stringify(http)}, json.dumps(frame).encode(), headers)
try:
    answer = urllib.request.urlopen(request)
except urllib.error.HTTPError as error:
    answer = error  # an error frame, with its status
print(json.dumps(json.load(answer), indent=2, ensure_ascii=False))
`;
}

const LANGUAGES = { websocket, curl, typescript, python };

export const NAMES = { websocket: "WebSocket", curl: "curl", typescript: "TypeScript", python: "Python" };

/** `place` is {ws, http, isObject}: the whole addresses, and whether the verb is an action on an object. */
export function snippet(language, frame, place) {
  const frames = Array.isArray(frame) ? frame.map(bare) : bare(frame);
  return LANGUAGES[language]({ ...place, frame: frames });
}
