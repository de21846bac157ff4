// One ticket on the board.

import { aged, element, labels } from "./dom.js";

// Long enough to be found by an eye that was elsewhere.
const FRESH = 4_000;

export class Card {
  #fresh = 0;

  constructor(choices) {
    this.choices = choices;
    this.button = element("button", { type: "button", className: "ticket-title", tabIndex: -1 });
    this.body = element("div", { className: "ticket-body" });
    this.element = element("li", { className: "ticket" }, element("h3", {}, this.button), this.body);
  }

  show(row) {
    if (row === this.row) return;
    this.row = row;
    this.element.dataset.ticket = row.id;
    this.element.dataset.priority = row.priority;
    this.button.textContent = row.title;
    const priority = element("span", { className: "priority" }, this.choices.priorities[row.priority]);
    const assignee = element("span", { className: row.assignee ? "person" : "person nobody" });
    assignee.textContent = row.assignee?.username ?? "unassigned";
    this.body.replaceChildren(
      element("p", { className: "facts" }, priority, element("span", {}, row.team?.name ?? "another team"), assignee),
      ...(row.labels.length ? [labels(row.labels)] : []),
      element("p", { className: "small" }, `#${row.id} · `, aged(row.created_at, " old")),
    );
  }

  /** Someone else changed it: mark it for a moment. */
  mark() {
    clearTimeout(this.#fresh);
    this.element.classList.remove("fresh");
    void this.element.offsetWidth; // the animation starts again only after a layout without the class
    this.element.classList.add("fresh");
    this.#fresh = setTimeout(() => this.element.classList.remove("fresh"), FRESH);
  }
}
