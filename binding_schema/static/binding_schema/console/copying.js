// "Copy as": the request as a program, shown below the buttons and copied.

import { announce, copy, el } from "./dom.js";
import { NAMES, snippet } from "./snippets.js";

export class Copying {
  node;
  #code = el("code", {});
  #shown;
  #said = el("p", { class: "note", role: "status" });
  #language = "";
  #frame;
  #place;

  /** `frame()` is the frame to send, or raises; `place()` the addresses for snippets.js. */
  constructor(frame, place) {
    this.#frame = frame;
    this.#place = place;
    const buttons = Object.entries(NAMES).map(([language, name]) =>
      el("button", { type: "button", class: "quiet small", "data-copy": language, onclick: () => this.#copy(language) }, name),
    );
    this.#shown = el("pre", { hidden: true, tabindex: "0", "aria-label": "The request as a program" }, this.#code);
    this.node = el(
      "div",
      { class: "copying" },
      el("div", { class: "buttons", role: "group", "aria-label": "Copy the request as" }, el("span", {}, "Copy as"), buttons),
      this.#said,
      this.#shown,
    );
  }

  /** The request has changed: so does the program that is shown. */
  refresh() {
    if (!this.#language) return;
    try {
      this.#code.textContent = snippet(this.#language, this.#frame(), this.#place());
      this.#said.textContent = "";
    } catch (problem) {
      this.#said.textContent = `There is no request to copy yet: ${problem.message}`;
    }
  }

  async #copy(language) {
    this.#language = language;
    this.node.querySelectorAll("[data-copy]").forEach((button) => {
      button.setAttribute("aria-pressed", String(button.dataset.copy === language));
    });
    this.refresh();
    if (this.#said.textContent) return;
    this.#shown.hidden = false;
    const done = await copy(this.#code.textContent, this.#code);
    this.#said.textContent = done ? `Copied as ${NAMES[language]}.` : "Selected: copy it with Ctrl+C or ⌘C.";
    announce(this.#said.textContent);
  }
}
