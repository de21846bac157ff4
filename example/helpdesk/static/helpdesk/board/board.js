// The board: three columns, the filters above them, and the keys that lead from card to card.

import { Column } from "./column.js";
import { debounced, part } from "./dom.js";
import { fillSelect } from "./forms.js";

/** Events: "open" with a ticket's id, "changed" with a change that a column was told. */
export class Board extends EventTarget {
  constructor(root, connection, choices) {
    super();
    this.root = root;
    this.choices = choices;
    this.form = part(root, "filters");
    this.columns = [...root.querySelectorAll("[data-status]")].map((each) => new Column(each, connection, choices));
    this.#restore();
    for (const column of this.columns) this.#listen(column);
    this.#listenToFilters();
    part(root, "columns").addEventListener("keydown", (event) => this.#walk(event));
    this.#switch(this.columns[0]);
  }

  start() {
    for (const column of this.columns) {
      column.ask(this.#filter());
      column.rows.start();
    }
  }

  showTeams(teams) {
    const wanted = new URLSearchParams(window.location.search).get("team") ?? "";
    fillSelect(this.form.elements.team, [["", "All"], ...teams.map(({ id, name }) => [id, name])]);
    if (teams.some(({ id }) => String(id) === wanted)) this.form.elements.team.value = wanted;
  }

  /** Where the focus goes back to: the ticket's card, or what is nearest to where it was. */
  focus(id) {
    const card = this.columns.map((column) => column.card(id)).find(Boolean);
    const shown = this.columns.find((column) => column.root.classList.contains("chosen"));
    if (card) this.#goTo(card.button);
    else (shown.buttons[0] ?? shown.heading).focus();
  }

  #listen(column) {
    column.addEventListener("open", ({ detail }) => this.dispatchEvent(new CustomEvent("open", { detail })));
    column.addEventListener("changed", ({ detail }) => this.dispatchEvent(new CustomEvent("changed", { detail })));
    column.addEventListener("problem", ({ detail }) => this.dispatchEvent(new CustomEvent("problem", { detail })));
    const tab = part(this.root, `show-${column.status}`);
    tab.addEventListener("click", () => this.#switch(column));
    column.addEventListener("drawn", () => {
      part(tab, "count").textContent = part(column.root, "count").textContent;
    });
  }

  /** On a narrow screen one column is shown at a time. */
  #switch(chosen) {
    for (const column of this.columns) {
      column.root.classList.toggle("chosen", column === chosen);
      part(this.root, `show-${column.status}`).setAttribute("aria-pressed", String(column === chosen));
    }
  }

  // Filters -------------------------------------------------------------------------------------------------------------

  #filter() {
    const { query, team, priority, assignee } = Object.fromEntries(new FormData(this.form));
    const filters = {};
    // What the address asks for holds until the teams are known, too.
    const wanted = team || (this.form.elements.team.length > 1 ? "" : new URLSearchParams(location.search).get("team"));
    if (/^\d+$/.test(wanted ?? "")) filters.team = Number(wanted);
    if (priority) filters.priority__gte = Number(priority);
    if (assignee === "me") filters.assignee = this.choices.me.id;
    if (assignee === "nobody") filters.assignee__isnull = true;
    return query.trim() ? { filters, query: query.trim() } : { filters };
  }

  #listenToFilters() {
    const apply = () => {
      this.#remember();
      for (const column of this.columns) column.ask(this.#filter());
    };
    const soon = debounced(apply, 250);
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", ({ target }) => (target.type === "search" ? soon() : apply()));
    this.form.addEventListener("reset", () => setTimeout(apply, 0)); // the fields are empty only after the event
  }

  /** The filters stand in the address, so that a reload and a bookmark keep them. */
  #remember() {
    const chosen = [...new FormData(this.form)].filter(([, value]) => value);
    const query = new URLSearchParams(chosen).toString();
    part(this.form, "reset").hidden = !query;
    window.history.replaceState(null, "", `${window.location.pathname}${query && `?${query}`}${window.location.hash}`);
  }

  #restore() {
    for (const [name, value] of new URLSearchParams(window.location.search)) {
      const field = this.form.elements[name];
      if (field) field.value = value;
      // A select has no value that it has no option for.
      if (field && field.value === "" && field.options) field.selectedIndex = 0;
    }
    part(this.form, "reset").hidden = !window.location.search;
  }

  // Keys ----------------------------------------------------------------------------------------------------------------

  #walk(event) {
    const at = this.columns.findIndex((column) => column.list.contains(event.target));
    if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const buttons = this.columns[at].buttons;
    const index = buttons.indexOf(event.target);
    const steps = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: buttons.length - 1 };
    const sideways = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    let next = buttons[steps[event.key]];
    if (sideways) {
      // Past an empty column to the next one.
      const rest = sideways > 0 ? this.columns.slice(at + 1) : this.columns.slice(0, at).reverse();
      const cards = rest.find((column) => column.buttons.length)?.buttons ?? [];
      next = cards[Math.min(index, cards.length - 1)];
    }
    if (!next) return;
    event.preventDefault();
    this.#goTo(next);
  }

  #goTo(button) {
    const column = this.columns.find(({ list }) => list.contains(button));
    this.#switch(column);
    for (const other of column.buttons) other.tabIndex = other === button ? 0 : -1;
    button.focus();
    button.closest(".ticket").scrollIntoView({ block: "nearest" });
  }
}
