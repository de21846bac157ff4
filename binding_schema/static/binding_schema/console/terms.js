// Filters and orders: rows of choices that one adds and takes away.

import { el, newId } from "./dom.js";
import { make } from "./inputs.js";
import { choices, inputOf, plain, typeName } from "./types.js";

/** The choices of a filter have no labels of their own; those of its field have. */
function inputOfFilter(key, schema) {
  const input = inputOf(schema.filters[key]);
  const labels = choices(plain(schema.fields.properties[key.split("__")[0]] ?? {}).schema) ?? [];
  const labelled = input.choices?.map((one) => labels.find(({ value }) => value === one.value) ?? one);
  return labelled ? { ...input, choices: labelled } : input;
}

/** {node, get, set, isEmpty} for `filters`. `changed()` is called when a term comes or goes. */
export function filterTerms(schema, changed) {
  const keys = Object.keys(schema.filters);
  const list = el("div", { class: "terms" });
  let terms = [];
  const add = (key, value) => {
    const input = make(inputOfFilter(key, schema), newId("filter"));
    input.node.setAttribute("aria-label", `Filter ${key}`);
    if (value !== undefined) input.set(value);
    const term = { key, input };
    const row = el(
      "div",
      { class: "term" },
      el("code", { title: typeName(schema.filters[key]) }, key),
      input.node,
      el("button", { type: "button", class: "quiet small", "aria-label": `Remove the filter ${key}`, onclick: () => remove(term, row) }, "✕"),
    );
    terms.push(term);
    list.append(row);
    return input.node;
  };
  const remove = (term, row) => {
    terms = terms.filter((one) => one !== term);
    row.remove();
    more.focus();
    changed();
  };
  const chosen = () => {
    const key = more.value;
    more.value = "";
    if (key) add(key).focus();
    changed();
  };
  const more = el("select", { "aria-label": "Add a filter", onchange: chosen }, el("option", { value: "" }, "Add a filter…"));
  more.append(...keys.map((key) => el("option", { value: key }, key)));
  return {
    node: el("div", { class: "several" }, list, more),
    get: () => Object.fromEntries(terms.filter(({ input }) => !input.isEmpty()).map(({ key, input }) => [key, valueOf(key, input)])),
    set: (values) => {
      terms = [];
      list.replaceChildren();
      Object.entries(values ?? {}).forEach(([key, value]) => keys.includes(key) && add(key, value));
    },
    isEmpty: () => terms.every(({ input }) => input.isEmpty()),
    fits: (values) => Object.keys(values ?? {}).every((key) => keys.includes(key)),
  };
}

function valueOf(key, input) {
  try {
    return input.get();
  } catch (problem) {
    throw new Error(`${key}: ${problem.message}`);
  }
}

/** {node, get, set, isEmpty} for `order`: a choice for each level; the last one is empty. */
export function orderTerms(orders, changed) {
  const list = el("div", { class: "several" });
  const filled = () => [...list.children].filter((select) => select.value);
  const settle = () => {
    [...list.children].forEach((select, index, all) => !select.value && index < all.length - 1 && select.remove());
    if (filled().length === list.children.length) add("");
  };
  const add = (value) => {
    const label = list.children.length ? "Then by" : "Order by";
    const options = orders.flatMap((name) => [
      el("option", { value: name }, `${name} (ascending)`),
      el("option", { value: `-${name}` }, `-${name} (descending)`),
    ]);
    const heard = () => {
      settle();
      changed();
    };
    const select = el("select", { "aria-label": label, onchange: heard }, el("option", { value: "" }, `${label}…`), options);
    select.value = value;
    list.append(select);
  };
  add("");
  return {
    node: list,
    get: () => {
      const values = filled().map((select) => select.value);
      return values.length === 1 ? values[0] : values;
    },
    set: (value) => {
      list.replaceChildren();
      [value ?? []].flat().forEach((one) => add(one));
      settle();
    },
    isEmpty: () => filled().length === 0,
  };
}
