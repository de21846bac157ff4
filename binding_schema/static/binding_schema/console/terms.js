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

/** An input for `filters`, like those of inputs.js. `changed()` is called when a term comes or goes. */
export class FilterTerms {
  node;
  #schema;
  #changed;
  #terms = [];
  #list = el("div", { class: "terms" });
  #more;

  constructor(schema, changed) {
    this.#schema = schema;
    this.#changed = changed;
    const keys = Object.keys(schema.filters).map((key) => el("option", { value: key }, key));
    this.#more = el("select", { "aria-label": "Add a filter", onchange: () => this.#chosen() }, el("option", { value: "" }, "Add a filter…"), keys);
    this.node = el("div", { class: "several" }, this.#list, this.#more);
  }

  get() {
    const given = this.#terms.filter(({ input }) => !input.isEmpty());
    return Object.fromEntries(given.map(({ key, input }) => [key, valueOf(key, input)]));
  }

  set(values) {
    this.#terms = [];
    this.#list.replaceChildren();
    Object.entries(values ?? {}).forEach(([key, value]) => key in this.#schema.filters && this.#add(key, value));
  }

  isEmpty() {
    return this.#terms.every(({ input }) => input.isEmpty());
  }

  /** Whether all of `values` can be shown: `or`, `and` and `not` cannot. */
  fits(values) {
    return Object.keys(values ?? {}).every((key) => key in this.#schema.filters);
  }

  #chosen() {
    const key = this.#more.value;
    this.#more.value = "";
    if (key) this.#add(key).focus();
    this.#changed();
  }

  #add(key, value) {
    const input = make(inputOfFilter(key, this.#schema), newId("filter"));
    input.node.setAttribute("aria-label", `Filter ${key}`);
    if (value !== undefined) input.set(value);
    const term = { key, input };
    const gone = () => {
      this.#terms = this.#terms.filter((one) => one !== term);
      row.remove();
      this.#more.focus();
      this.#changed();
    };
    const row = el(
      "div",
      { class: "term" },
      el("code", { title: typeName(this.#schema.filters[key]) }, key),
      input.node,
      el("button", { type: "button", class: "quiet small", "aria-label": `Remove the filter ${key}`, onclick: gone }, "✕"),
    );
    this.#terms.push(term);
    this.#list.append(row);
    return input.node;
  }
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
