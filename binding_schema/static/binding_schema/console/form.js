// A form for the data of one verb. A field is sent when it has a value, or when its box says so.

import { el, newId } from "./dom.js";
import { make } from "./inputs.js";
import { FilterTerms, orderTerms } from "./terms.js";
import { inputOf, limits, typeName } from "./types.js";

export class Form {
  node = el("div", { class: "form" });
  #rows = [];
  #changed;

  /** `fields` as verbs.js gives them; `ids` is the id of a datalist with keys to propose. */
  constructor(fields, schema, ids, changed) {
    this.#changed = changed;
    for (const field of fields) {
      const row = this.#row(field, schema, ids);
      this.#rows.push(row);
      this.node.append(row.node);
    }
    if (!fields.length) this.node.append(el("p", { class: "note" }, "It takes no data."));
  }

  #row(field, schema, ids) {
    const id = newId("field");
    const kind = field.special === "key" ? { kind: "key", list: ids } : inputOf(field.schema, field.defs);
    const input = this.#input(field, schema, kind, id);
    const row = { name: field.name, input, sent: null, none: null, error: el("p", { class: "error", id: `${id}-error` }) };
    const label = field.schema.title && field.schema.title.toLowerCase() !== field.name ? field.schema.title : "";
    if (field.placeholder) input.node.setAttribute("placeholder", field.placeholder);
    if (field.initial !== undefined) input.set(field.initial);
    const isTerms = field.special === "filters" || field.special === "order";
    if (!isTerms) row.sent = this.#box(`Send ${field.name}`, "send");
    if (kind.nullable && !isTerms) row.none = this.#box(`${field.name} is null`, "null");
    if (row.sent && field.initial !== undefined) row.sent.input.checked = true;
    const typed = () => {
      if (row.sent) row.sent.input.checked = !input.isEmpty();
      if (row.none && !input.isEmpty()) row.none.input.checked = false;
      this.#tell(row, "");
      this.#changed();
    };
    input.node.addEventListener("input", typed);
    row.none?.input.addEventListener("change", () => (row.sent.input.checked = row.none.input.checked || !input.isEmpty()));
    const help = el("p", { class: "note", id: `${id}-help` }, helpOf(field));
    input.node.setAttribute("aria-describedby", `${id}-help ${id}-error`);
    if (isTerms || input.node.getAttribute("role") === "group") input.node.setAttribute("aria-label", field.name);
    const name = [el("code", {}, field.name), label && el("span", { class: "title" }, label)];
    const head = el(
      "div",
      { class: "head" },
      isTerms || kind.kind === "choices" ? el("span", { class: "name" }, name) : el("label", { for: id, class: "name" }, name),
      field.required && el("span", { class: "badge" }, field.required),
      el("span", { class: "boxes" }, row.none?.node, row.sent?.node),
    );
    row.node = el("div", { class: "field", "data-field": field.name }, head, input.node, help, row.error);
    return row;
  }

  #input(field, schema, kind, id) {
    if (field.special === "filters") return new FilterTerms(schema, this.#changed);
    if (field.special === "order") return orderTerms(schema.orders, this.#changed);
    return make(kind, id);
  }

  #box(label, word) {
    const input = el("input", { type: "checkbox", "aria-label": label, onchange: () => this.#changed() });
    return { input, node: el("label", { class: "box" }, input, word) };
  }

  /** The data to send. Raises an Error when a field has none that fits; the field says why. */
  value() {
    const data = {};
    for (const row of this.#rows) {
      if (!(row.sent ? row.sent.input.checked : !row.input.isEmpty())) continue;
      try {
        data[row.name] = row.none?.input.checked ? null : row.input.get();
      } catch (problem) {
        this.#tell(row, problem.message);
        throw new Error(`${row.name}: ${problem.message}`);
      }
    }
    return data;
  }

  /** Shows `data`; returns the names that the form has no place for. With `send` off the boxes stay as they are. */
  fill(data, send = true) {
    for (const row of this.#rows) {
      const isThere = row.name in data;
      if (!isThere && !send) continue;
      row.input.set(isThere ? data[row.name] : undefined);
      if (row.none) row.none.input.checked = isThere && data[row.name] === null;
      if (row.sent && send) row.sent.input.checked = isThere;
      if (row.sent && !send && row.none) row.none.input.checked = false;
    }
    const rows = new Map(this.#rows.map((row) => [row.name, row]));
    return Object.entries(data)
      .filter(([name, value]) => !rows.has(name) || rows.get(name).input.fits?.(value) === false)
      .map(([name]) => name);
  }

  /** The errors of a refused write, `{field: [{code, message}]}`. Returns those that belong to no field. */
  showErrors(errors) {
    const left = [];
    this.#rows.forEach((row) => this.#tell(row, ""));
    for (const [name, found] of Object.entries(errors ?? {})) {
      const text = [found].flat().map((one) => one?.message ?? JSON.stringify(one)).join(" ");
      const row = this.#rows.find((one) => one.name === name);
      if (row) this.#tell(row, text);
      else left.push(name === "__all__" ? text : `${name}: ${text}`);
    }
    this.#rows.find((row) => row.error.textContent)?.input.node.focus();
    return left;
  }

  #tell(row, text) {
    row.error.textContent = text;
    if (text) row.input.node.setAttribute("aria-invalid", "true");
    else row.input.node.removeAttribute("aria-invalid");
  }
}

function helpOf({ schema, defs, special }) {
  if (special === "filters") return "All must hold. As JSON it takes “or”, “and” and “not” too.";
  if (special === "order") return "";
  const sentence = [typeName(schema, defs), limits(schema, defs)].filter(Boolean).join(", ");
  return [el("span", { class: "type" }, sentence), schema.description && ` · ${schema.description}`];
}
