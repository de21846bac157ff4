// The dialog that makes a ticket.

import { part } from "./dom.js";
import { clearErrors, fillSelect, sendForm } from "./forms.js";

export class NewTicketDialog extends EventTarget {
  constructor(dialog, connection, choices) {
    super();
    this.dialog = dialog;
    this.form = part(dialog, "new-form");
    fillSelect(this.form.elements.priority, Object.entries(choices.priorities));
    this.normal = String(choices.priority);
    sendForm(this.form, async (values) => {
      const { id } = await connection.write("helpdesk.Ticket.create", values);
      this.dialog.close();
      this.dispatchEvent(new CustomEvent("created", { detail: id }));
    });
    dialog.querySelectorAll("[data-role=dismiss]").forEach((button) => {
      button.addEventListener("click", () => this.dialog.close());
    });
  }

  open() {
    this.form.reset();
    clearErrors(this.form);
    this.form.elements.priority.value = this.normal;
    this.dialog.showModal();
    this.form.elements.title.focus();
  }

  showTeams(teams) {
    fillSelect(this.form.elements.team, teams.map(({ id, name }) => [id, name]));
    part(this.dialog, "no-team").hidden = teams.length > 0;
  }
}
