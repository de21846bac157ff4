// The dialog of one ticket: its fields as they are now, a form to change them, and one to close it.

import { Comments } from "./comments.js";
import { aged, element, labels, part } from "./dom.js";
import { clearErrors, fields, fillSelect, sendForm, values } from "./forms.js";
import { Subscription } from "./store.js";

const EVENT = "helpdesk.Ticket";
const GONE = {
  delete: "This ticket was deleted.",
  leave: "You cannot see this ticket: it is with another team, or there is none of this number.",
};

/** What a form's field shows of a row, as the field's text. */
const SHOWN = {
  title: (row) => row.title,
  team: (row) => String(row.team?.id ?? ""),
  priority: (row) => String(row.priority),
  status: (row) => row.status,
};

export class TicketDialog extends EventTarget {
  #base = {};
  #row = null;
  #subscription = null;

  constructor(dialog, connection, choices) {
    super();
    Object.assign(this, { dialog, connection, choices, form: part(dialog, "edit"), closing: part(dialog, "close-form") });
    this.comments = new Comments(part(dialog, "comments"), connection);
    fillSelect(this.form.elements.priority, Object.entries(choices.priorities));
    fillSelect(this.form.elements.status, Object.entries(choices.statuses));
    sendForm(this.form, () => this.#save());
    sendForm(this.closing, ({ reason }) => this.#act(`${EVENT}.close`, { reason }, "Closed."));
    part(dialog, "take").addEventListener("click", () => this.#assign(choices.me.id));
    part(dialog, "drop").addEventListener("click", () => this.#assign(null));
    part(dialog, "dismiss").addEventListener("click", () => dialog.close());
    // Also after Escape, and the back gesture of a phone.
    dialog.addEventListener("close", () => this.#closed());
  }

  open(id) {
    if (this.dialog.open) this.dialog.close();
    this.id = id;
    this.#row = null;
    this.#base = {};
    for (const form of [this.form, this.closing]) {
      form.reset();
      clearErrors(form);
    }
    this.#say("");
    this.dialog.dataset.state = "loading";
    part(this.dialog, "title").textContent = `Ticket #${id}`;
    part(this.dialog, "gone").textContent = "";
    this.#subscription = new Subscription(this.connection, EVENT, `ticket-${id}`, { id });
    this.#subscription.addEventListener("change", ({ detail }) => this.#changed(detail));
    this.#subscription.start();
    this.comments.open(id);
    this.dialog.showModal();
    window.history.replaceState(null, "", `#ticket-${id}`);
  }

  showTeams(teams) {
    fillSelect(this.form.elements.team, teams.map(({ id, name }) => [id, name]));
    if (this.#row) this.#fill(this.#row);
  }

  #closed() {
    this.#subscription?.end();
    this.#subscription = null;
    this.comments.close();
    window.history.replaceState(null, "", `${window.location.pathname}${window.location.search}`);
    this.dispatchEvent(new CustomEvent("closed", { detail: this.id }));
  }

  // What the server says --------------------------------------------------------------------------------------------------

  #changed({ kind, cause, own }) {
    const row = this.#subscription.rows.get(this.id);
    if (kind === "gone") {
      this.dialog.dataset.state = "gone";
      part(this.dialog, "gone").textContent = GONE[cause] ?? GONE.leave;
      return;
    }
    if (!row) return;
    const isNews = this.#row !== null && kind === "row" && !own;
    this.#row = row;
    this.dialog.dataset.state = "shown";
    this.#facts(row);
    this.#fill(row);
    if (isNews) this.#say("Someone else has just changed this ticket. You see it as it is now.");
  }

  #facts(row) {
    part(this.dialog, "title").textContent = `#${row.id} ${row.title}`;
    part(this.dialog, "body").textContent = row.body || "No description.";
    const fact = (name, ...shown) => element("div", {}, element("dt", {}, name), element("dd", {}, ...shown));
    part(this.dialog, "facts").replaceChildren(
      fact("Assignee", row.assignee?.username ?? "nobody"),
      fact("Created", aged(row.created_at, " ago")),
      fact("Changed", aged(row.updated_at, " ago")),
      fact("Due", row.due_on ?? "no date"),
      ...("cost" in row ? [fact("Cost", row.cost === null ? "none" : `€ ${row.cost}`)] : []),
      ...(row.labels.length ? [fact("Labels", labels(row.labels))] : []),
    );
    const isMine = row.assignee?.id === this.choices.me.id;
    part(this.dialog, "take").hidden = isMine;
    part(this.dialog, "drop").hidden = !row.assignee;
    this.closing.hidden = row.status === "closed";
    // Closing takes a reason, so it has a form of its own.
    const closed = [...this.form.elements.status.options].find(({ value }) => value === "closed");
    closed.disabled = row.status !== "closed";
  }

  /** Fields that were not touched follow the server; one that was keeps what was typed, and says what the server has. */
  #fill(row) {
    for (const field of fields(this.form)) {
      const now = SHOWN[field.name](row);
      const before = this.#base[field.name];
      const isTouched = before !== undefined && field.value !== before && field.value !== now;
      if (!isTouched) field.value = now;
      const note = part(this.form, `note-${field.name}`);
      note.textContent = isTouched && now !== before ? `Meanwhile changed to: ${this.#named(field, now)}` : "";
      this.#base[field.name] = now;
    }
  }

  #named(field, value) {
    return [...(field.options ?? [])].find((option) => option.value === value)?.text ?? value;
  }

  // What the user asks for ------------------------------------------------------------------------------------------------

  async #save() {
    const all = values(this.form);
    const changed = Object.entries(all).filter(([name, value]) => String(value) !== this.#base[name]);
    if (!changed.length) {
      this.#say("There is nothing to save: no field was changed.");
      return;
    }
    await this.#act(`${EVENT}.update`, Object.fromEntries(changed), "Saved.");
  }

  async #assign(assignee) {
    try {
      await this.#act(`${EVENT}.update`, { assignee }, assignee === null ? "Nobody works on it now." : "It is yours now.");
      // The button that was pressed is hidden once the change has come: the focus must not be lost with it.
      part(this.dialog, "title").focus();
    } catch (error) {
      this.#say(error.message);
    }
  }

  async #act(event, data, done) {
    const id = this.id;
    this.#say(""); // the same words a second time would not be read out
    await this.connection.write(event, { id, ...data });
    if (id !== this.id) return;
    if (event.endsWith(".close")) {
      this.closing.reset();
      part(this.dialog, "title").focus();
    }
    this.#say(done);
  }

  #say(text) {
    part(this.dialog, "message").textContent = text;
  }
}
