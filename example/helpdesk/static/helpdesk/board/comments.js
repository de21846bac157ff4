// The comments of the ticket that is open: a live list of its own, and a form to add one.

import { aged, element, part } from "./dom.js";
import { clearErrors, sendForm } from "./forms.js";
import { Subscription } from "./store.js";

const EVENT = "helpdesk.Comment";
const NEWEST = 100;

export class Comments {
  #subscription = null;
  #items = new Map();

  constructor(root, connection) {
    Object.assign(this, { root, connection, list: part(root, "thread"), form: part(root, "comment-form") });
    sendForm(this.form, async (values) => {
      await connection.write(`${EVENT}.create`, { ticket_id: this.ticket, ...values });
      this.form.reset();
    });
  }

  open(ticket) {
    this.ticket = ticket;
    this.#items.clear();
    this.list.replaceChildren();
    this.form.reset();
    clearErrors(this.form);
    const query = { filters: { ticket }, order: ["-created_at", "-id"], limit: NEWEST };
    this.#subscription = new Subscription(this.connection, EVENT, `ticket-${ticket}`, query);
    this.#subscription.addEventListener("change", ({ detail }) => this.#draw(detail));
    this.#subscription.start();
  }

  close() {
    this.#subscription?.end();
    this.#subscription = null;
  }

  #draw({ kind, id, own }) {
    const rows = [...this.#subscription.rows.values()];
    rows.sort((one, other) => Date.parse(one.created_at) - Date.parse(other.created_at) || one.id - other.id);
    for (const [known, { item }] of this.#items) {
      if (this.#subscription.rows.has(known)) continue;
      item.remove();
      this.#items.delete(known);
    }
    rows.forEach((row, index) => {
      const item = this.#item(row);
      if (this.list.children[index] !== item) this.list.insertBefore(item, this.list.children[index] ?? null);
    });
    part(this.root, "count").textContent = rows.length < NEWEST ? String(rows.length) : `${rows.length}+`;
    part(this.root, "empty").hidden = rows.length > 0;
    if (kind === "row" && !own) this.#items.get(id)?.item.classList.add("fresh");
  }

  #item(row) {
    const known = this.#items.get(row.id);
    if (known?.row === row) return known.item;
    const item = known?.item ?? element("li", { className: "comment" });
    item.replaceChildren(
      element(
        "p",
        { className: "small" },
        element("strong", {}, row.author?.username ?? "someone"),
        " · ",
        aged(row.created_at, " ago"),
        row.internal ? element("span", { className: "internal" }, "internal") : null,
      ),
      element("p", { className: "text" }, row.body),
    );
    this.#items.set(row.id, { row, item });
    return item;
  }
}
