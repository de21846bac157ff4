// One live pane: the state of a subscription in words, its counts, and its rows as a table.

import { clock, el, newId } from "./dom.js";
import { Held } from "./held.js";
import { short, tree } from "./json.js";

const SHOWN_ROWS = 100;

export class Pane {
  state = "asked";
  #told = el("p", { class: "state" });
  #counts = el("p", { class: "counts" });
  #body = el("div", { class: "rows", tabindex: "0" });
  #end;
  #opened = new Set();
  #before = 0;

  /** `does` is {unsubscribe, resume, close}; `name` the {stream, hash} of the frame. */
  constructor(frame, name, does) {
    this.frame = frame;
    this.name = name;
    this.held = new Held(frame.data ?? {});
    const title = newId("pane");
    this.#body.setAttribute("aria-labelledby", title);
    this.#body.setAttribute("role", "region");
    const button = (text, act, more) => el("button", { type: "button", class: "quiet small", onclick: act, ...more }, text);
    this.unsubscribe = button("Unsubscribe", does.unsubscribe);
    this.again = button("Subscribe again", does.resume, { hidden: true });
    this.#end = button("✕", does.close, { hidden: true, "aria-label": "Close the pane" });
    const { snapshot: _, ...asked } = frame.data ?? {};
    this.node = el(
      "section",
      { class: "pane", "aria-labelledby": title, "data-pane": name.hash },
      el(
        "div",
        { class: "heading" },
        el("h3", { id: title }, name.stream, el("span", { class: "hash" }, name.hash && ` #${name.hash}`)),
        el("span", { class: "buttons" }, this.unsubscribe, this.again, this.#end),
      ),
      el("p", { class: "asked", title: JSON.stringify(asked) }, Object.keys(asked).length ? JSON.stringify(asked) : "everything"),
      this.#told,
      this.#counts,
      this.#body,
    );
    this.#draw();
  }

  get isObject() {
    return this.frame.data?.id !== undefined;
  }

  asked(isResume) {
    this.#before = this.held.frames;
    this.#say("asked", isResume ? `Resuming from ${this.held.seq.replace(/^0+/, "")}…` : "Subscribing…");
  }

  answered(frame, isRefused, isResume) {
    if (isRefused) {
      this.#say("ended", `Refused: ${frame.data.message ?? JSON.stringify(frame.data.errors)}`);
      return;
    }
    this.held.answered(frame);
    this.resumedAt = isResume ? new Date() : null;
    this.#say("live", "Live");
  }

  heard(frame, verb) {
    const isOver = this.held.heard(frame, verb, this.isObject);
    if (isOver) this.ended(verb === "delete" ? "Ended: the object is gone" : "Ended: no right to see it any more");
    this.#draw();
  }

  event(frame, verb) {
    this.held.event(frame, verb);
    this.#draw();
  }

  disconnected() {
    if (this.state !== "ended") this.#say("disconnected", "Disconnected: resumes with the connection");
  }

  ended(text) {
    this.#say("ended", text);
  }

  #say(state, text) {
    this.state = state;
    this.node.dataset.state = state;
    this.#told.textContent = text;
    this.unsubscribe.hidden = state === "ended";
    this.again.hidden = state !== "ended";
    this.#end.hidden = state !== "ended";
    this.#draw();
  }

  #draw() {
    const { rows, frames, events, last, seq } = this.held;
    const fact = (name, value) => el("span", {}, el("b", {}, value), ` ${name}`);
    const facts = [fact(rows.size === 1 ? "row" : "rows", String(rows.size)), fact(frames === 1 ? "frame" : "frames", String(frames))];
    if (events) facts.push(fact(events === 1 ? "event" : "events", String(events)));
    if (last) facts.push(fact(`at ${clock(last.at)}${last.id === undefined ? "" : `, ${last.id}`}`, last.cause));
    if (this.resumedAt) {
      const count = frames - this.#before;
      facts.push(el("span", { class: "resumed" }, `resumed at ${clock(this.resumedAt)}, ${count} ${count === 1 ? "frame" : "frames"} since`));
    }
    if (seq) facts.push(el("span", { class: "seq", title: `resume point ${seq}` }, `seq ${seq.replace(/^0+(?=.)/, "")}`));
    this.#counts.replaceChildren(...facts);
    this.#body.replaceChildren(last?.data ? tree(last.data) : "", this.#table());
    this.held.touched = null;
  }

  #table() {
    const rows = this.held.sorted();
    if (!rows.length) return el("p", { class: "note" }, "No rows.");
    const names = Object.keys(rows[0]);
    const head = el("tr", {}, names.map((name) => el("th", { scope: "col" }, name)));
    const shown = rows.slice(0, SHOWN_ROWS).flatMap((row) => this.#row(row, names));
    const more = rows.length > SHOWN_ROWS && el("p", { class: "note" }, `and ${rows.length - SHOWN_ROWS} more`);
    return el("div", {}, el("table", {}, el("thead", {}, head), el("tbody", {}, shown)), more);
  }

  #row(row, names) {
    const isOpen = this.#opened.has(row.id);
    const toggle = () => {
      if (!this.#opened.delete(row.id)) this.#opened.add(row.id);
      this.#draw();
      this.#body.querySelector(`[data-row="${CSS.escape(row.id)}"] button`)?.focus();
    };
    const cells = names.map((name) => {
      if (name !== "id") return el("td", {}, short(row[name]).slice(0, 120));
      const button = el("button", { type: "button", class: "link", "aria-expanded": String(isOpen), onclick: toggle }, short(row.id));
      return el("th", { scope: "row" }, button);
    });
    const class_ = this.held.touched === row.id ? "touched" : "";
    const line = el("tr", { class: class_, "data-row": row.id }, cells);
    return isOpen ? [line, el("tr", {}, el("td", { colspan: names.length }, tree(row)))] : [line];
  }
}
