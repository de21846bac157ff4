// One column of the board: a live list, and the cards that show it.

import { Card } from "./card.js";
import { part } from "./dom.js";
import { Subscription } from "./store.js";

const FIRST_LIMIT = 50;
const MORE = 50;
const MOST = 500;

/** Events: "drawn" after each drawing, "changed" with a change's detail (store.js), "problem". */
export class Column extends EventTarget {
  limit = FIRST_LIMIT;
  #cards = new Map();
  #marked = new Set();
  #drawing = false;

  constructor(root, connection, choices) {
    super();
    this.root = root;
    this.status = root.dataset.status;
    this.heading = root.querySelector("h2");
    this.list = part(root, "cards");
    this.choices = choices;
    this.filter = {};
    this.rows = new Subscription(connection, "helpdesk.Ticket", `board-${this.status}`, this.#query());
    this.rows.addEventListener("change", ({ detail }) => this.#changed(detail));
    this.rows.addEventListener("problem", ({ detail }) => this.dispatchEvent(new CustomEvent("problem", { detail })));
    part(root, "more").addEventListener("click", () => this.#showMore());
    this.list.addEventListener("click", ({ target }) => {
      const id = target.closest("[data-ticket]")?.dataset.ticket;
      if (id) this.dispatchEvent(new CustomEvent("open", { detail: Number(id) }));
    });
  }

  get buttons() {
    return [...this.list.querySelectorAll(".ticket-title")];
  }

  /** `filter`: {filters, query} as the protocol has them, without the status. */
  ask(filter) {
    this.filter = filter;
    this.limit = FIRST_LIMIT;
    this.#ask();
  }

  card(id) {
    return this.#cards.get(id);
  }

  #ask() {
    this.list.setAttribute("aria-busy", "true");
    this.rows.change(this.#query());
  }

  #query() {
    const { filters = {}, query } = this.filter;
    const asked = { filters: { ...filters, status: this.status }, order: ["-updated_at", "-id"], limit: this.limit };
    return query ? { ...asked, query } : asked;
  }

  #showMore() {
    this.limit = Math.min(this.limit + MORE, MOST);
    this.#ask();
  }

  #changed(detail) {
    if (detail.kind === "row" && !detail.own) this.#marked.add(detail.id);
    this.dispatchEvent(new CustomEvent("changed", { detail }));
    // Many frames come at once: they are drawn together.
    if (this.#drawing) return;
    this.#drawing = true;
    setTimeout(() => this.#draw(), 0);
  }

  #draw() {
    this.#drawing = false;
    const rows = [...this.rows.rows.values()].sort(
      (one, other) => Date.parse(other.updated_at) - Date.parse(one.updated_at) || other.id - one.id,
    );
    const focus = this.#keepFocus();
    for (const [id, card] of this.#cards) {
      if (this.rows.rows.has(id)) continue;
      card.element.remove();
      this.#cards.delete(id);
    }
    rows.forEach((row, index) => this.#place(row, index));
    focus();
    this.#roam();
    this.#count(rows.length);
    for (const id of this.#marked) this.#cards.get(id)?.mark();
    this.#marked.clear();
    this.list.setAttribute("aria-busy", String(!this.rows.isCurrent));
    this.dispatchEvent(new Event("drawn"));
  }

  #place(row, index) {
    if (!this.#cards.has(row.id)) this.#cards.set(row.id, new Card(this.choices));
    const card = this.#cards.get(row.id);
    card.show(row);
    // Only what is not in its place is moved: a moved element would lose the focus and the reader's place.
    if (this.list.children[index] !== card.element) this.list.insertBefore(card.element, this.list.children[index] ?? null);
  }

  /** The focus stays on its card; where that leaves, it goes to the one that takes its place. */
  #keepFocus() {
    const buttons = this.buttons;
    const index = buttons.indexOf(document.activeElement);
    if (index < 0) return () => {};
    return () => {
      const button = buttons[index];
      const next = button.isConnected ? button : (this.buttons[Math.min(index, this.buttons.length - 1)] ?? this.heading);
      if (document.activeElement !== next) next.focus({ preventScroll: true });
    };
  }

  /** One card of the column is reached with Tab, the others with the arrow keys. */
  #roam() {
    const buttons = this.buttons;
    if (buttons.length && !buttons.some((button) => button.tabIndex === 0)) buttons[0].tabIndex = 0;
  }

  #count(shown) {
    const isFull = shown >= this.limit;
    part(this.root, "count").textContent = isFull ? `${shown}+` : String(shown);
    part(this.root, "empty").hidden = shown > 0;
    part(this.root, "more").hidden = !isFull || this.limit >= MOST;
  }
}
