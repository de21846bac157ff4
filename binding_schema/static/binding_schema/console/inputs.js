// One input for each kind of value. Each is {node, get, set, isEmpty}: `get` raises an Error that says what is wrong.

import { el } from "./dom.js";

const blank = (label) => el("option", { value: "" }, label);

function text(props, read = (value) => value, name = "input") {
  const node = el(name, { autocomplete: "off", autocapitalize: "off", spellcheck: "false", ...props });
  return {
    node,
    get: () => read(node.value),
    set: (value) => {
      node.value = value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
    },
    isEmpty: () => node.value === "",
  };
}

/** Digits that a number of JavaScript cannot hold travel as text, which the server takes too. */
export function integer(value) {
  const found = value.trim();
  if (!/^[+-]?\d+$/.test(found)) throw new Error("a whole number is needed");
  return Number.isSafeInteger(Number(found)) ? Number(found) : found.replace("+", "");
}

function number(value) {
  if (value.trim() === "" || !Number.isFinite(Number(value))) throw new Error("a number is needed");
  return Number(value);
}

function json(value) {
  try {
    return JSON.parse(value);
  } catch (problem) {
    throw new Error(`this is not JSON: ${problem.message}`);
  }
}

/** A key: a number where it is one, else text (UUIDs, composite keys). */
function key(value) {
  return /^-?\d+$/.test(value.trim()) ? integer(value) : value;
}

function choice(options, id) {
  const node = el("select", { id }, blank("—"), options.map(({ label }, index) => el("option", { value: String(index) }, label)));
  return {
    node,
    get: () => (node.value === "" ? "" : options[Number(node.value)].value),
    set: (value) => {
      const index = options.findIndex((option) => option.value === value);
      node.value = index < 0 ? "" : String(index);
    },
    isEmpty: () => node.value === "",
  };
}

function several(options, id) {
  const boxes = options.map((option) => ({ ...option, box: el("input", { type: "checkbox" }) }));
  const node = el("div", { id, class: "checks", role: "group" }, boxes.map(({ box, label }) => el("label", {}, box, label)));
  return {
    node,
    get: () => boxes.filter(({ box }) => box.checked).map(({ value }) => value),
    set: (values) => boxes.forEach(({ box, value }) => (box.checked = [values].flat().includes(value))),
    isEmpty: () => !boxes.some(({ box }) => box.checked),
  };
}

function list(item, id) {
  const read = reader(item.kind);
  const made = text({ id, placeholder: "1, 2, 3".slice(0, item.kind === "integer" ? 7 : 0) || "a, b, c" }, (value) =>
    value.split(",").map((part) => part.trim()).filter(Boolean).map(read),
  );
  const set = made.set;
  return { ...made, set: (value) => set(Array.isArray(value) ? value.join(", ") : value) };
}

function reader(kind) {
  return { integer, number, key }[kind] ?? ((value) => value);
}

const BOOLEANS = [
  { value: true, label: "true" },
  { value: false, label: "false" },
];

const MAKERS = {
  choice: (input, id) => choice(input.choices, id),
  choices: (input, id) => several(input.choices, id),
  boolean: (_, id) => choice(BOOLEANS, id),
  list: (input, id) => list(input.item, id),
  long: (_, id) => text({ id, rows: "2" }, undefined, "textarea"),
  json: (_, id) => text({ id, rows: "2", placeholder: "JSON" }, json, "textarea"),
  date: (_, id) => text({ id, type: "date" }),
  integer: (_, id) => text({ id, inputmode: "numeric" }, integer),
  number: (_, id) => text({ id, inputmode: "decimal" }, number),
  key: (input, id) => text({ id, list: input.list }, key),
  text: (_, id) => text({ id }),
};

/** The input for {kind, choices?, item?, list?} of types.js. */
export const make = (input, id) => (MAKERS[input.kind] ?? MAKERS.text)(input, id);
